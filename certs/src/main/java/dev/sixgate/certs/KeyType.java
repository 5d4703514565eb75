package dev.sixgate.certs;

import java.security.PublicKey;
import java.util.Locale;

/** Kinds of keys that certificates are made for, the one to prefer first: what it costs us to sign decides. */
public enum KeyType {
    ECDSA,
    ED25519,
    RSA;

    /** All that is not an elliptic curve is RSA, for other kinds are refused when they are read. */
    public static KeyType of(PublicKey key) {
        return switch (key.getAlgorithm().toUpperCase(Locale.ROOT)) {
            case "EC", "ECDSA" -> ECDSA;
            case "ED25519", "EDDSA" -> ED25519;
            default -> RSA;
        };
    }
}
