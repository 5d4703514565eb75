package dev.sixgate.edge.source;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A named part of the configuration, in the operator's JSON.
 *
 * @param name how operators are told of it, such as {@code apps.d/shop.json}; one of a kind among all sources of an edge
 * @param version equal exactly when the content is
 * @param json UTF-8; not to be changed; null: it is there and cannot be read
 * @param trouble why it cannot be read, a sentence without the name; null: it can
 * @param origin the source, in words
 * @param folder where relative paths in it start
 */
public record Document(
        String name,
        String version,
        byte @Nullable [] json,
        @Nullable String trouble,
        String origin,
        Path folder) {
    /** Larger ones are refused unread. */
    public static final int MAX_BYTES = 4 << 20;

    /** Of one source. */
    public static final int MAX_COUNT = 10_000;

    public static Document of(String name, byte[] json, String origin, Path folder) {
        return new Document(name, digest(json), json, null, origin, folder);
    }

    public static Document unreadable(String name, String trouble, String origin, Path folder) {
        return new Document(name, digest(trouble.getBytes(StandardCharsets.UTF_8)), null, trouble, origin, folder);
    }

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes), 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
