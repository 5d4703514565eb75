package dev.sixgate.edge.servicemap;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * @param alpn in our order of preference, of {@code h3}, {@code h2} and {@code http/1.1}
 * @param versions of {@code TLSv1.2} and {@code TLSv1.3}
 * @param clientAuth null: clients are not asked who they are
 */
public record TlsOptions(
        List<String> alpn, List<String> versions, @Nullable ClientAuth clientAuth) {
    /** Spoken over UDP; the others over TCP. */
    public static final String H3 = "h3";

    public static final TlsOptions DEFAULT = new TlsOptions(List.of("h2", "http/1.1"), List.of("TLSv1.2", "TLSv1.3"));

    /** Without a certificate of the client. */
    public TlsOptions(List<String> alpn, List<String> versions) {
        this(alpn, versions, null);
    }

    /** What may be agreed on over TCP. */
    public List<String> alpnOverTcp() {
        return alpn.contains(H3)
                ? alpn.stream().filter(word -> !word.equals(H3)).toList()
                : alpn;
    }
}
