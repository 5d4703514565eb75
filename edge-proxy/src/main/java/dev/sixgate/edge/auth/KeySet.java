package dev.sixgate.edge.auth;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.OctetSequenceJsonWebKey;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.keys.HmacKey;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/** The keys that tokens may be signed by (RFC 7517 §5). Immutable; equal to itself only. */
public final class KeySet {
    public static final int MAX_BYTES = 64 << 10;
    public static final int MAX_KEYS = 32;

    /** Tried for a token that names none. */
    private static final int MAX_TRIED = 4;

    private static final Pattern PEM =
            Pattern.compile("-----BEGIN (PUBLIC KEY|CERTIFICATE)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");

    private final List<JsonWebKey> keys;

    private KeySet(List<JsonWebKey> keys) {
        this.keys = keys;
    }

    /** @return null when it is no JWK set, or one of more than {@link #MAX_KEYS} keys; kinds that are not known are left out */
    public static @Nullable KeySet parse(String jwks) {
        try {
            List<JsonWebKey> keys = new JsonWebKeySet(jwks).getJsonWebKeys();
            if (keys.size() > MAX_KEYS) return null;
            return new KeySet(keys.stream()
                    .filter(key -> key.getUse() == null || key.getUse().equals("sig"))
                    .toList());
        } catch (JoseException | RuntimeException e) {
            return null;
        }
    }

    /** A JWK set, or public keys and certificates in PEM, as a JWK set; null when it is neither. */
    public static @Nullable String jwks(byte[] file) {
        String text = new String(file, StandardCharsets.UTF_8);
        if (!text.contains("-----BEGIN ")) return parse(text) == null ? null : text;
        List<JsonWebKey> keys = new ArrayList<>();
        for (Matcher block = PEM.matcher(text); block.find(); ) {
            try {
                byte[] der = Base64.getMimeDecoder().decode(block.group(2));
                PublicKey key = block.group(1).equals("CERTIFICATE")
                        ? CertificateFactory.getInstance("X.509")
                                .generateCertificate(new ByteArrayInputStream(der))
                                .getPublicKey()
                        : publicKey(der);
                if (key == null) return null;
                keys.add(JsonWebKey.Factory.newJwk(key));
            } catch (GeneralSecurityException | JoseException | IllegalArgumentException e) {
                return null;
            }
        }
        return keys.isEmpty() ? null : new JsonWebKeySet(keys).toJson();
    }

    private static @Nullable PublicKey publicKey(byte[] der) throws GeneralSecurityException {
        for (String kind : List.of("RSA", "EC", "Ed25519")) {
            try {
                return KeyFactory.getInstance(kind).generatePublic(new X509EncodedKeySpec(der));
            } catch (java.security.spec.InvalidKeySpecException e) {
                // of another kind, perhaps
            }
        }
        return null;
    }

    /** A JWK set of one shared secret. */
    public static String ofSecret(byte[] secret) {
        return new JsonWebKeySet(new OctetSequenceJsonWebKey(new HmacKey(secret)))
                .toJson(JsonWebKey.OutputControlLevel.INCLUDE_SYMMETRIC);
    }

    /** Whether a token signed by {@code algorithm} could ever be checked. */
    public boolean fits(String algorithm) {
        for (JsonWebKey key : keys) if (fits(key, algorithm)) return true;
        return false;
    }

    /** Of the algorithm's kind alone: a public key is never taken for a shared secret. */
    private static boolean fits(JsonWebKey key, String algorithm) {
        if (key.getAlgorithm() != null && !key.getAlgorithm().equals(algorithm)) return false;
        String kind = switch (algorithm.substring(0, 2)) {
            case "HS" -> "oct";
            case "RS", "PS" -> "RSA";
            case "ES" -> "EC";
            case "Ed" -> "OKP";
            default -> "";
        };
        return key.getKeyType().equals(kind);
    }

    /** @param id as the token names it; null: it does not. @return a few at most */
    List<Key> candidates(@Nullable String id, String algorithm) {
        List<Key> found = new ArrayList<>(1);
        for (JsonWebKey key : keys)
            if (fits(key, algorithm)
                    && (id == null || key.getKeyId() == null || id.equals(key.getKeyId()))
                    && found.size() < MAX_TRIED)
                found.add(key instanceof PublicJsonWebKey pair ? pair.getPublicKey() : key.getKey());
        return found;
    }
}
