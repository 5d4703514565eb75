package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.ca.DevelopmentCa;
import dev.sixgate.certs.pem.PemWriter;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.http3.DefaultHttp3Headers;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ClientConnectionHandler;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that prove who they are, and backends that are told; over HTTP/1.1 and HTTP/2. */
@Timeout(60)
class MutualTlsTest {
    @TempDir
    Path directory;

    private EdgeFromJson edge;
    private DevelopmentCa ca;
    private KeyAndChain good;

    @BeforeEach
    void certificates() throws Exception {
        ca = DevelopmentCa.openOrCreate(directory.resolve("ca"), InstantSource.system());
        PemWriter.write(ca.issue(List.of("localhost")), directory.resolve("edge.pem"), directory.resolve("edge.key"));
        good = client("CN=al\"ice, O=Example");
        Files.writeString(directory.resolve("clients.pem"), pem(good.leaf()));
        edge = new EdgeFromJson(directory);
    }

    @AfterEach
    void stop() {
        edge.close();
    }

    private void start(String mode) throws Exception {
        start(mode, "");
    }

    private void start(String mode, String options) throws Exception {
        int backend = edge.backend(exchange -> {
            byte[] body =
                    (exchange.getRequestHeaders().get("X-Forwarded-Client-Cert") + "").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        edge.start("""
            { "web": {
                "backends": [ { "name": "a", "address": "127.0.0.1", "insecure_direct": true } ],
                "services": [ { "name": "web", "internal_port": %d,
                  "tls_options": { "client_auth": { "mode": "%s", "ca": { "file": "clients.pem" } }%s },
                  "ports": [ { "port": %d, "handlers": ["tls", "http"] } ] } ] } },
            "certificates": { "files": [ { "certificate": "edge.pem", "private_key": { "file": "edge.key" } } ] }
            """.formatted(backend, mode, options, edge.port));
    }

    @Test
    void a_client_that_must_prove_itself_does_and_the_backend_reads_who_it_is() throws Exception {
        start("require");
        String expected = "[Hash="
                + HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256")
                                .digest(good.leaf().getEncoded()))
                + ";Subject=\"O=Example,CN=al%5C%22ice\";URI=\"spiffe://example/alice\";DNS=\"alice.example\"]";
        assertThat(ask(good, HttpClient.Version.HTTP_2)).isEqualTo(expected);
        assertThat(ask(good, HttpClient.Version.HTTP_1_1)).isEqualTo(expected);
        assertThatThrownBy(() -> ask(null, HttpClient.Version.HTTP_1_1)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> ask(client("CN=mallory"), HttpClient.Version.HTTP_1_1))
                .isInstanceOf(IOException.class);
    }

    @Test
    void a_client_that_may_stay_unknown_cannot_forge_and_a_wrong_certificate_is_refused() throws Exception {
        start("request");
        assertThat(ask(null, HttpClient.Version.HTTP_2)).isEqualTo("null");
        assertThat(ask(good, HttpClient.Version.HTTP_2)).startsWith("[Hash=");
        assertThatThrownBy(() -> ask(client("CN=mallory"), HttpClient.Version.HTTP_1_1))
                .isInstanceOf(IOException.class);
    }

    @Test
    void quic_asks_for_a_certificate_as_tcp_does() throws Exception {
        start("require", ", \"alpn\": [\"h3\", \"http/1.1\"]");
        assertThat(isServedOverQuic(good)).isTrue();
        assertThat(isServedOverQuic(null)).isFalse();
        assertThat(isServedOverQuic(client("CN=mallory"))).isFalse();
    }

    private static final class Answer extends Http3RequestStreamInboundHandler {
        private final CompletableFuture<Boolean> went;

        Answer(CompletableFuture<Boolean> went) {
            this.went = went;
        }

        @Override
        protected void channelRead(ChannelHandlerContext context, Http3HeadersFrame frame) {
            went.complete(true);
        }

        @Override
        protected void channelRead(ChannelHandlerContext context, Http3DataFrame frame) {
            frame.release();
        }

        @Override
        protected void channelInputClosed(ChannelHandlerContext context) {}
    }

    /** Whether a request is answered; the client alone takes the handshake for done before the edge has judged it. */
    private boolean isServedOverQuic(@Nullable KeyAndChain certificate) throws Exception {
        QuicSslContextBuilder builder = QuicSslContextBuilder.forClient()
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .applicationProtocols(Http3.supportedApplicationProtocols());
        if (certificate != null) builder.keyManager(certificate.key(), null, certificate.leaf());
        QuicSslContext tls = builder.build();
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            Channel socket = new Bootstrap()
                    .group(loop)
                    .channel(NioDatagramChannel.class)
                    .handler(Http3.newQuicClientCodecBuilder()
                            .sslEngineProvider(channel -> tls.newEngine(channel.alloc(), "localhost", edge.port))
                            .maxIdleTimeout(4, TimeUnit.SECONDS) // a refusal may be silent
                            .initialMaxData(1 << 20)
                            .initialMaxStreamDataBidirectionalLocal(1 << 16)
                            .initialMaxStreamDataUnidirectional(1 << 16)
                            .initialMaxStreamsUnidirectional(8)
                            .build())
                    .bind(InetAddress.getLoopbackAddress(), 0)
                    .sync()
                    .channel();
            CompletableFuture<Boolean> went = new CompletableFuture<>();
            QuicChannel connection = QuicChannel.newBootstrap(socket)
                    .handler(new Http3ClientConnectionHandler())
                    .remoteAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), edge.port))
                    .connect()
                    .get();
            connection.closeFuture().addListener(_ -> went.complete(false));
            DefaultHttp3Headers headers = new DefaultHttp3Headers();
            headers.method("GET").scheme("https").authority("localhost").path("/");
            Http3.newRequestStream(connection, new Answer(went)).addListener(opened -> {
                if (opened.isSuccess())
                    ((QuicStreamChannel) opened.getNow())
                            .writeAndFlush(new DefaultHttp3HeadersFrame(headers))
                            .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
            });
            try {
                return went.get(10, TimeUnit.SECONDS);
            } finally {
                connection.close().awaitUninterruptibly(5_000);
                socket.close().awaitUninterruptibly(5_000);
            }
        } finally {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5_000);
        }
    }

    /** With a forged field, always. */
    private String ask(@Nullable KeyAndChain certificate, HttpClient.Version version) throws Exception {
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("ca", ca.root());
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(trust);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(
                certificate == null ? null : new KeyManager[] {new Shown(certificate)},
                trusted.getTrustManagers(),
                null);
        try (HttpClient client =
                HttpClient.newBuilder().sslContext(tls).version(version).build()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("https://localhost:" + edge.port + "/"))
                    .header("X-Forwarded-Client-Cert", "Hash=forged")
                    .header("X_Forwarded_Client_Cert", "Hash=forged")
                    .build();
            return client.send(request, BodyHandlers.ofString()).body();
        }
    }

    /** Shows its certificate whether the server knows the issuer or not. */
    private static final class Shown extends X509ExtendedKeyManager {
        private final KeyAndChain certificate;

        Shown(KeyAndChain certificate) {
            this.certificate = certificate;
        }

        @Override
        public String[] getClientAliases(String type, Principal[] issuers) {
            return new String[] {"own"};
        }

        @Override
        public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            return "own";
        }

        @Override
        public String chooseEngineClientAlias(String[] types, Principal[] issuers, SSLEngine engine) {
            return "own";
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
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[] {certificate.leaf()};
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return certificate.key();
        }
    }

    /** Signed by itself, for clients only. */
    private static KeyAndChain client(String subject) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        KeyPair pair = generator.generateKeyPair();
        X500Name name = new X500Name(subject.replace("\"", "\\\""));
        Instant now = Instant.now();
        var holder = new JcaX509v3CertificateBuilder(
                        name,
                        BigInteger.ONE,
                        Date.from(now.minusSeconds(60)),
                        Date.from(now.plusSeconds(3600)),
                        name,
                        pair.getPublic())
                .addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth))
                .addExtension(Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName[] {
                    new GeneralName(GeneralName.uniformResourceIdentifier, "spiffe://example/alice"),
                    new GeneralName(GeneralName.dNSName, "alice.example")
                }))
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()));
        return new KeyAndChain(pair.getPrivate(), List.of(new JcaX509CertificateConverter().getCertificate(holder)));
    }

    private static String pem(X509Certificate certificate) throws Exception {
        return "-----BEGIN CERTIFICATE-----\n" + Base64.getMimeEncoder().encodeToString(certificate.getEncoded())
                + "\n-----END CERTIFICATE-----\n";
    }
}
