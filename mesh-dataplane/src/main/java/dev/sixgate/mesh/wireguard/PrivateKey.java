package dev.sixgate.mesh.wireguard;

import dev.sixgate.mesh.crypto.Blake2s;
import dev.sixgate.mesh.crypto.X25519;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.random.RandomGenerator;

/** A Curve25519 private key, clamped (RFC 7748 §5). Its text form is given only on request, never by {@code toString}. */
public final class PrivateKey {
    private final byte[] bytes;

    private PrivateKey(byte[] bytes) {
        bytes[0] &= (byte) 248;
        bytes[31] = (byte) (bytes[31] & 127 | 64);
        this.bytes = bytes;
    }

    public static PrivateKey of(byte[] bytes) {
        if (bytes.length != PublicKey.BYTES)
            throw new IllegalArgumentException("a WireGuard key has 32 bytes, found " + bytes.length);
        return new PrivateKey(bytes.clone());
    }

    /** @throws IllegalArgumentException when {@code text} is not the base64 of 32 bytes */
    public static PrivateKey parse(String text) {
        return new PrivateKey(PublicKey.decode(text));
    }

    /** @param random a cryptographic source, such as {@code SecureRandom}; a seeded one in simulation only */
    public static PrivateKey generate(RandomGenerator random) {
        byte[] bytes = new byte[PublicKey.BYTES];
        random.nextBytes(bytes);
        return new PrivateKey(bytes);
    }

    /**
     * A further key of the same owner, as good as independent of this one: the keyed BLAKE2s hash (RFC 7693) of a label and
     * the index under this key. The same index always gives the same key, so that only the first is ever stored.
     *
     * @param index from 1
     */
    public PrivateKey derive(int index) {
        if (index < 1) throw new IllegalArgumentException("derived keys are counted from 1, found " + index);
        return new PrivateKey(
                Blake2s.keyedHash(bytes, ("sixgate identity " + index).getBytes(StandardCharsets.US_ASCII)));
    }

    public PublicKey publicKey() {
        return PublicKey.of(X25519.publicKey(bytes));
    }

    public byte[] toBytes() {
        return bytes.clone();
    }

    /** The secret itself, as {@code wg genkey} prints it. For key files only. */
    public String toBase64() {
        return Base64.getEncoder().encodeToString(bytes);
    }

    @Override
    public String toString() {
        return "PrivateKey[redacted]";
    }
}
