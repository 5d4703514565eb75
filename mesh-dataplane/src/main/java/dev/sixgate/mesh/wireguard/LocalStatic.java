package dev.sixgate.mesh.wireguard;

/** Our static key, both halves as bytes: shared with handshake work on other threads, changed by nobody. */
record LocalStatic(byte[] privateKey, byte[] publicKey) {
    static LocalStatic of(PrivateKey key) {
        return new LocalStatic(key.toBytes(), key.publicKey().toBytes());
    }

    @Override
    public String toString() {
        return "LocalStatic[redacted]";
    }
}
