package dev.sixgate.edge.upstream;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sixgate.edge.servicemap.BackendProtocol;
import dev.sixgate.edge.servicemap.BackendTls;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLException;

/** One client context per service's TLS settings and protocol, made when first asked for. Any thread. */
final class BackendTlsContexts {
    static final String HTTP_2 = "h2";
    private static final String HTTP_1_1 = "http/1.1";
    private static final int MAX_CONTEXTS = 256;
    private static final SslProvider PROVIDER = OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;

    // Weak keys compare by identity: what a reload replaced is let go of.
    private final Cache<BackendTls, Map<Boolean, SslContext>> contexts =
            Caffeine.newBuilder().weakKeys().maximumSize(MAX_CONTEXTS).build();

    SslContext get(BackendTls tls, BackendProtocol protocol) throws SSLException {
        Map<Boolean, SslContext> known = contexts.get(tls, _ -> new ConcurrentHashMap<>());
        SslContext context = known.get(protocol.http2());
        if (context == null) {
            context = create(tls, protocol.http2());
            known.put(protocol.http2(), context);
        }
        return context;
    }

    private static SslContext create(BackendTls tls, boolean http2) throws SSLException {
        SslContextBuilder builder = SslContextBuilder.forClient()
                .sslProvider(PROVIDER)
                .protocols("TLSv1.3", "TLSv1.2")
                .endpointIdentificationAlgorithm("HTTPS")
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        List.of(http2 ? HTTP_2 : HTTP_1_1)));
        if (!tls.trust().isEmpty()) builder.trustManager(tls.trust());
        if (tls.key() != null) builder.keyManager(tls.key(), tls.chain().toArray(X509Certificate[]::new));
        return builder.build();
    }
}
