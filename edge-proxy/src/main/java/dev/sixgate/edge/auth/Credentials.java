package dev.sixgate.edge.auth;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** What stands in Authorization (RFC 9110 §11.4). */
public final class Credentials {
    /** Far above any name and password. */
    private static final int MAX_BASIC = 1024;

    private Credentials() {}

    /** A name and a password (RFC 7617 §2). */
    public record Basic(String user, String password) {
        /** Without the password. */
        @Override
        public String toString() {
            return "Basic[" + user + "]";
        }
    }

    /** @return null for another scheme, and for what is malformed */
    public static @Nullable Basic basic(@Nullable String authorization) {
        String encoded = behind("Basic", authorization);
        if (encoded == null || encoded.length() > MAX_BASIC) return null;
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Base64.getDecoder().decode(encoded)))
                    .toString();
        } catch (IllegalArgumentException | CharacterCodingException e) {
            return null;
        }
        int colon = text.indexOf(':');
        for (int i = 0; i < text.length(); i++) if (Character.isISOControl(text.charAt(i))) return null;
        return colon < 0 ? null : new Basic(text.substring(0, colon), text.substring(colon + 1));
    }

    /** The token of RFC 6750 §2.1, as it came; null for another scheme. */
    public static @Nullable String bearer(@Nullable String authorization) {
        return behind("Bearer", authorization);
    }

    private static @Nullable String behind(String scheme, @Nullable String authorization) {
        int length = scheme.length();
        if (authorization == null
                || authorization.length() <= length
                || authorization.charAt(length) != ' '
                || !authorization.regionMatches(true, 0, scheme, 0, length)) return null;
        return authorization.substring(length).strip();
    }
}
