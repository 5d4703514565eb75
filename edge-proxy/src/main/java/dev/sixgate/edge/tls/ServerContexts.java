package dev.sixgate.edge.tls;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.edge.servicemap.ClientAuth;
import dev.sixgate.edge.servicemap.TlsOptions;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLException;

/**
 * One server context per certificate and options, made when first asked for. BoringSSL where its library loads, the JDK's
 * TLS otherwise.
 */
final class ServerContexts {
    /** Certificates in use at a time; those of unused names are made anew when asked for. */
    static final int MAX_CONTEXTS = 4096;

    /** Forward secrecy and AEAD only (RFC 9325 §4.2). TLS 1.3 suites are listed first and are all of them. */
    private static final List<String> CIPHERS = List.of(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    /** Hybrid post-quantum first. */
    private static final String[] GROUPS = {"X25519MLKEM768", "X25519", "P-256", "P-384"};

    static final SslProvider PROVIDER = OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;

    // Weak keys compare by identity, which spares hashing a chain per handshake and lets go of swapped certificates.
    private final Cache<KeyAndChain, Map<TlsOptions, SslContext>> contexts =
            Caffeine.newBuilder().weakKeys().maximumSize(MAX_CONTEXTS).build();

    SslContext get(KeyAndChain certificate, TlsOptions options) throws SSLException {
        Map<TlsOptions, SslContext> known = contexts.get(certificate, _ -> new ConcurrentHashMap<>());
        SslContext context = known.get(options);
        if (context == null) {
            context = create(certificate, options);
            known.put(options, context);
        }
        return context;
    }

    private static SslContext create(KeyAndChain certificate, TlsOptions options) throws SSLException {
        SslContextBuilder builder = SslContextBuilder.forServer(certificate.key(), certificate.chain())
                .sslProvider(PROVIDER)
                .protocols(options.versions())
                .ciphers(CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        options.alpnOverTcp()));
        ClientAuth auth = options.clientAuth();
        if (auth != null)
            builder.clientAuth(mode(auth)).trustManager(auth.issuers().toArray(X509Certificate[]::new));
        if (PROVIDER == SslProvider.OPENSSL) builder.option(OpenSslContextOption.GROUPS, GROUPS);
        return builder.build();
    }

    static io.netty.handler.ssl.ClientAuth mode(ClientAuth auth) {
        return auth.required() ? io.netty.handler.ssl.ClientAuth.REQUIRE : io.netty.handler.ssl.ClientAuth.OPTIONAL;
    }
}
