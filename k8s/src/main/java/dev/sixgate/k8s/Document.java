package dev.sixgate.k8s;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A named part of the configuration, in the operator's JSON.
 *
 * @param name such as {@code kubernetes/service/default/kuard}; one of a kind in a translation
 * @param version equal exactly when the content is
 * @param about the object that it comes from
 */
public record Document(String name, String version, String json, ObjectRef about) {
    public static Document of(String name, String json, ObjectRef about) {
        return new Document(name, digest(json), json, about);
    }

    /** In words, such as {@code Service default/kuard}. */
    public String origin() {
        return about.toString();
    }

    private static String digest(String json) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(json.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
