package dev.sixgate.edge.tls;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sixgate.certs.CertificateStore;
import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.edge.servicemap.ClientAuth;
import dev.sixgate.edge.servicemap.TlsOptions;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** TLS inside QUIC (RFC 9001): the certificate by SNI from the store as it stands at that moment, ALPN h3, no early data. */
public final class QuicTls {
    private final CertificateStore store;
    // By identity, as in ServerContexts: swapped certificates take their contexts with them.
    private final Cache<KeyAndChain, Map<Optional<ClientAuth>, QuicSslContext>> contexts = Caffeine.newBuilder()
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

    /**
     * What a listener is built with. Whether clients are asked for a certificate is fixed from then on, for BoringSSL takes that
     * from this context and not from the one that SNI finds: once the options say otherwise, handshakes fail, and clients come by TCP.
     *
     * @param options asked now, and at each handshake
     */
    public QuicSslContext context(Supplier<TlsOptions> options) {
        ClientAuth auth = options.get().clientAuth();
        QuicSslContextBuilder builder = QuicSslContextBuilder.forServer(new NoKeys(), null)
                .sni(sni -> forName(sni, auth, options.get()))
                .applicationProtocols(Http3.supportedApplicationProtocols());
        ask(builder, auth);
        return builder.build();
    }

    /** Null ends the handshake. */
    private @Nullable QuicSslContext forName(@Nullable String sni, @Nullable ClientAuth asked, TlsOptions options) {
        KeyAndChain certificate = store.find(sni);
        if (certificate == null || !Objects.equals(asked, options.clientAuth())) return null;
        return contexts.get(certificate, _ -> new ConcurrentHashMap<>())
                .computeIfAbsent(Optional.ofNullable(asked), auth -> create(certificate, auth.orElse(null)));
    }

    private static QuicSslContext create(KeyAndChain certificate, @Nullable ClientAuth auth) {
        QuicSslContextBuilder builder = QuicSslContextBuilder.forServer(
                        certificate.key(), null, certificate.chain().toArray(X509Certificate[]::new))
                .applicationProtocols(Http3.supportedApplicationProtocols());
        ask(builder, auth);
        return builder.build();
    }

    private static void ask(QuicSslContextBuilder builder, @Nullable ClientAuth auth) {
        if (auth != null)
            builder.clientAuth(ServerContexts.mode(auth))
                    .trustManager(auth.issuers().toArray(X509Certificate[]::new));
    }

    /** Of the context that every handshake leaves when its name is known. */
    private static final class NoKeys extends X509ExtendedKeyManager {
        @Override
        public String @Nullable [] getClientAliases(String type, Principal[] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            return null;
        }

        @Override
        public String @Nullable [] getServerAliases(String type, Principal[] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return null;
        }

        @Override
        public X509Certificate @Nullable [] getCertificateChain(String alias) {
            return null;
        }

        @Override
        public @Nullable PrivateKey getPrivateKey(String alias) {
            return null;
        }
    }
}
