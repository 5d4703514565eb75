package dev.sixgate.edge.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The question and the answer by which an HTTP/1.1 server shows that it understood a WebSocket's opening (RFC 6455 §4.1 and
 * §4.2.2). Clients of HTTP/2 do not ask it, so the edge asks in their stead.
 */
final class WebSocketKey {
    static final String FIELD = "sec-websocket-key";
    static final String ANSWER_FIELD = "sec-websocket-accept";
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private WebSocketKey() {}

    /** It need not be secret: a cache that answers for a server must not guess it by accident. */
    static String next() {
        byte[] nonce = new byte[16];
        ThreadLocalRandom.current().nextBytes(nonce);
        return Base64.getEncoder().encodeToString(nonce);
    }

    static String answer(String key) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(StandardCharsets.ISO_8859_1));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-1", e);
        }
    }
}
