package dev.sixgate.certs.acme;

import dev.sixgate.certs.KeyAndChain;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What to answer a CA that validates, while an order is under way. Written by the issuer, read by event loops. Any thread. */
public final class ChallengeAnswers {
    /** Where http-01 is asked (RFC 8555 §8.3). */
    public static final String HTTP_PATH = "/.well-known/acme-challenge/";
    /** The application protocol that asks for tls-alpn-01 (RFC 8737 §6.2). */
    public static final String TLS_PROTOCOL = "acme-tls/1";

    private final Map<String, String> byToken = new ConcurrentHashMap<>();
    private final Map<String, KeyAndChain> byName = new ConcurrentHashMap<>();
    /** Of other edges too. */
    private volatile Map<String, String> sharedByToken = Map.of();

    private volatile Map<String, KeyAndChain> sharedByName = Map.of();

    /** The key authorization for a path, or null: this is nobody's challenge. */
    public @Nullable String http(String path) {
        if (byToken.isEmpty() && sharedByToken.isEmpty() || !path.startsWith(HTTP_PATH)) return null;
        String token = path.substring(HTTP_PATH.length());
        String own = byToken.get(token);
        return own != null ? own : sharedByToken.get(token);
    }

    /** The certificate that answers tls-alpn-01 for a name, or null. */
    public @Nullable KeyAndChain tls(@Nullable String sni) {
        if (sni == null || byName.isEmpty() && sharedByName.isEmpty()) return null;
        String name = sni.toLowerCase(Locale.ROOT);
        KeyAndChain own = byName.get(name);
        return own != null ? own : sharedByName.get(name);
    }

    void putHttp(String token, String keyAuthorization) {
        byToken.put(token, keyAuthorization);
    }

    void putTls(String name, KeyAndChain certificate) {
        byName.put(name, certificate);
    }

    void replaceShared(Map<String, String> http, Map<String, KeyAndChain> tls) {
        if (!http.equals(sharedByToken)) sharedByToken = Map.copyOf(http);
        if (!tls.equals(sharedByName)) sharedByName = Map.copyOf(tls);
    }

    void removeHttp(String token) {
        byToken.remove(token);
    }

    void removeTls(String name) {
        byName.remove(name);
    }
}
