package dev.sixgate.edge.tls;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sixgate.certs.CertificateStore;
import dev.sixgate.certs.KeyAndChain;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;

/** TLS inside QUIC (RFC 9001): the certificate by SNI from the store as it stands at that moment, ALPN h3, no early data. */
public final class QuicTls {
    private final CertificateStore store;
    // By identity, as in ServerContexts: swapped certificates take their contexts with them.
    private final Cache<KeyAndChain, QuicSslContext> contexts = Caffeine.newBuilder()
            .weakKeys()
            .maximumSize(ServerContexts.MAX_CONTEXTS)
            .build();

    public QuicTls(CertificateStore store) {
        this.store = store;
    }

    /** Whether this machine has the library; without it h3 is not offered. */
    public static boolean isAvailable() {
        return Quic.isAvailable();
    }

    /** What a listener is built with. */
    public QuicSslContext context() {
        return QuicSslContextBuilder.buildForServerWithSni(this::forName);
    }

    /** Null ends the handshake. */
    private @Nullable QuicSslContext forName(@Nullable String sni) {
        KeyAndChain certificate = store.find(sni);
        return certificate == null ? null : contexts.get(certificate, QuicTls::create);
    }

    private static QuicSslContext create(KeyAndChain certificate) {
        return QuicSslContextBuilder.forServer(
                        certificate.key(), null, certificate.chain().toArray(X509Certificate[]::new))
                .applicationProtocols(Http3.supportedApplicationProtocols())
                .build();
    }
}
