package dev.sixgate.mesh.wireguard;

import java.util.Arrays;
import java.util.Base64;

/** A Curve25519 public key: 32 bytes, printed as 44 characters of base64 as {@code wg} does. */
public final class PublicKey {
    public static final int BYTES = 32;
    private final byte[] bytes;

    private PublicKey(byte[] bytes) {
        this.bytes = bytes;
    }

    /** @throws IllegalArgumentException when there are not exactly 32 bytes */
    public static PublicKey of(byte[] bytes) {
        if (bytes.length != BYTES)
            throw new IllegalArgumentException("a WireGuard key has 32 bytes, found " + bytes.length);
        return new PublicKey(bytes.clone());
    }

    /** @throws IllegalArgumentException when {@code text} is not the base64 of 32 bytes */
    public static PublicKey parse(String text) {
        return of(decode(text));
    }

    static byte[] decode(String text) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("this is not base64; a WireGuard key is 44 characters ending in \"=\"");
        }
        if (bytes.length != BYTES)
            throw new IllegalArgumentException("decodes to " + bytes.length + " bytes, WireGuard keys have 32");
        return bytes;
    }

    public byte[] toBytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PublicKey key && Arrays.equals(bytes, key.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
