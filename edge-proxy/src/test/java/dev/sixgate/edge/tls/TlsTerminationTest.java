package dev.sixgate.edge.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.certs.CertificateStore;
import dev.sixgate.certs.CertificateStore.Entry;
import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.KeyType;
import dev.sixgate.certs.ca.DevelopmentCa;
import dev.sixgate.edge.http.TlsFacts;
import dev.sixgate.edge.servicemap.TlsOptions;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real client (the JDK's TLS) over loopback. */
class TlsTerminationTest {
    private sealed interface Seen {
        record Established(TlsFacts facts, @Nullable String alpn) implements Seen {}

        record Failed(@Nullable String sni, String why) implements Seen {}
    }

    @TempDir
    Path directory;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final CertificateStore store = new CertificateStore();
    private final BlockingQueue<Seen> seen = new ArrayBlockingQueue<>(16);
    private DevelopmentCa ca;
    private KeyAndChain first;
    private KeyAndChain wild;
    private Channel server;

    @BeforeEach
    void start() throws Exception {
        ca = DevelopmentCa.openOrCreate(directory, InstantSource.system());
        first = ca.issue(List.of("first.test"));
        wild = ca.issue(List.of("*.wild.test"));
        store.replace(List.of(new Entry(List.of(), first), new Entry(List.of(), wild)));
        listen(TlsOptions.DEFAULT);
    }

    @AfterEach
    void stop() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void sni_finds_the_certificate_and_alpn_the_protocol() throws Exception {
        try (SSLSocket client = connect("a.wild.test", "h2", "http/1.1")) {
            client.startHandshake();
            assertThat(leaf(client)).isEqualTo(wild.leaf());
            assertThat(client.getApplicationProtocol()).isEqualTo("h2");
            var established = (Seen.Established) next();
            assertThat(established.alpn()).isEqualTo("h2");
            assertThat(established.facts().sni()).isEqualTo("a.wild.test");
            assertThat(established.facts().version()).isEqualTo("TLSv1.3");
            assertThat(established.facts().handshakeNanos()).isPositive();
        }
    }

    @Test
    void bytes_behind_the_handshake_reach_the_handlers_installed_then() throws Exception {
        try (SSLSocket client = connect("first.test")) {
            client.getOutputStream().write("ping".getBytes(StandardCharsets.US_ASCII));
            assertThat(client.getInputStream().readNBytes(4)).asString().isEqualTo("ping");
        }
    }

    @Test
    void without_alpn_the_protocol_is_open_and_an_unknown_name_gets_the_default() throws Exception {
        try (SSLSocket client = connect("unknown.test")) {
            client.startHandshake();
            assertThat(leaf(client)).isEqualTo(first.leaf());
            assertThat(((Seen.Established) next()).alpn()).isNull();
        }
    }

    @Test
    void a_swap_reaches_the_next_handshake() throws Exception {
        KeyAndChain renewed = ca.issue(List.of("first.test"));
        try (SSLSocket before = connect("first.test")) {
            before.startHandshake();
            store.replace(List.of(new Entry(List.of(), renewed)));
            try (SSLSocket after = connect("first.test")) {
                after.startHandshake();
                assertThat(leaf(after)).isEqualTo(renewed.leaf());
            }
            before.getOutputStream().write("x".getBytes(StandardCharsets.US_ASCII));
            assertThat(before.getInputStream().read()).isEqualTo('x');
        }
    }

    @ParameterizedTest
    @CsvSource({
        "TLSv1.3, ecdsa_secp256r1_sha256, , ECDSA",
        "TLSv1.3, rsa_pss_rsae_sha256, , RSA",
        "TLSv1.3, rsa_pss_rsae_sha256 ecdsa_secp256r1_sha256, , ECDSA",
        "TLSv1.2, rsa_pkcs1_sha256 ecdsa_secp256r1_sha256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, RSA",
        "TLSv1.2, rsa_pkcs1_sha256 ecdsa_secp256r1_sha256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, ECDSA",
    })
    void of_two_keys_for_a_name_the_client_gets_the_one_that_it_can_check(
            String version, String schemes, @Nullable String suite, KeyType expected) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyAndChain rsa = ca.issue(List.of("first.test"), generator.generateKeyPair());
        store.replace(List.of(new Entry(List.of(), rsa), new Entry(List.of(), first)));
        List<X509Certificate> shown = new ArrayList<>();
        try (SSLSocket client = connect("first.test", new Witness(shown))) {
            SSLParameters parameters = client.getSSLParameters();
            parameters.setProtocols(new String[] {version});
            parameters.setSignatureSchemes(schemes.split(" "));
            if (suite != null) parameters.setCipherSuites(new String[] {suite});
            client.setSSLParameters(parameters);
            client.startHandshake();
        }
        assertThat(KeyType.of(shown.getFirst().getPublicKey())).isEqualTo(expected);
    }

    @Test
    void an_old_version_is_refused_with_an_alert() throws Exception {
        server.close().sync();
        listen(new TlsOptions(List.of("http/1.1"), List.of("TLSv1.3")));
        try (SSLSocket client = connect("first.test")) {
            client.setEnabledProtocols(new String[] {"TLSv1.2"});
            assertThatThrownBy(client::startHandshake).isInstanceOf(SSLException.class);
        }
        assertThat(next()).isInstanceOf(Seen.Failed.class);
    }

    @Test
    void plain_text_a_truncated_hello_and_silence_end_the_connection_with_a_sentence() throws Exception {
        try (Socket plain = new Socket()) {
            plain.connect(server.localAddress());
            plain.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(((Seen.Failed) next()).why()).isEqualTo("the client did not speak TLS");
        }
        try (Socket truncated = new Socket()) {
            truncated.connect(server.localAddress());
            truncated.getOutputStream().write(new byte[] {22, 3, 1, 2, 0, 1, 0, 1});
            truncated.shutdownOutput();
            assertThat(((Seen.Failed) next()).why()).contains("closed the connection during the handshake");
        }
    }

    @Test
    void a_client_that_leaves_without_a_byte_is_no_failed_handshake() throws Exception {
        InetSocketAddress address = (InetSocketAddress) server.localAddress();
        new Socket(address.getAddress(), address.getPort()).close();
        try (Socket plain = new Socket(address.getAddress(), address.getPort())) {
            plain.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(plain.getInputStream().readAllBytes()).isEmpty();
        }
        assertThat(((Seen.Failed) next()).why()).contains("did not speak TLS");
        assertThat(seen).isEmpty();
    }

    @Test
    void an_empty_store_refuses_and_says_so() throws Exception {
        store.replace(List.of());
        try (SSLSocket client = connect("first.test")) {
            assertThatThrownBy(client::startHandshake).isInstanceOf(IOException.class);
        }
        assertThat(((Seen.Failed) next()).why()).contains("there is no certificate");
    }

    private void listen(TlsOptions options) throws InterruptedException {
        var termination = new TlsTermination(store);
        server = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        termination.install(channel.pipeline(), options, new Recording());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel();
    }

    private final class Recording implements TlsTermination.Outcome {
        @Override
        public void established(ChannelPipeline pipeline, TlsFacts facts, @Nullable String alpn) {
            seen.add(new Seen.Established(facts, alpn));
            pipeline.addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    context.writeAndFlush(message);
                }

                @Override
                public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                    context.close();
                }
            });
        }

        @Override
        public void failed(ChannelPipeline pipeline, @Nullable String sni, String why) {
            seen.add(new Seen.Failed(sni, why));
        }
    }

    private Seen next() throws InterruptedException {
        Seen next = seen.poll(10, TimeUnit.SECONDS);
        assertThat(next).as("outcome of the handshake").isNotNull();
        return next;
    }

    private static X509Certificate leaf(SSLSocket client) throws SSLException {
        return (X509Certificate) client.getSession().getPeerCertificates()[0];
    }

    /** Believes anyone, and notes who it was. */
    private static final class Witness extends X509ExtendedTrustManager {
        private final List<X509Certificate> shown;

        Witness(List<X509Certificate> shown) {
            this.shown = shown;
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
            shown.addAll(List.of(chain));
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private SSLSocket connect(String sni, String... alpn) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("root", ca.root());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        return connect(sni, trust.getTrustManagers()[0], alpn);
    }

    private SSLSocket connect(String sni, TrustManager trust, String... alpn) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {trust}, null);
        var socket = (SSLSocket) context.getSocketFactory().createSocket();
        socket.setSoTimeout(10_000);
        socket.connect(new InetSocketAddress(
                InetAddress.getLoopbackAddress(), ((InetSocketAddress) server.localAddress()).getPort()));
        var parameters = socket.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(sni)));
        parameters.setApplicationProtocols(alpn);
        socket.setSSLParameters(parameters);
        return socket;
    }
}
