package dev.sixgate.edge.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.ca.DevelopmentCa;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.http1.Http1Server;
import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawClient;
import dev.sixgate.edge.loopback.ScriptedBackend;
import dev.sixgate.edge.servicemap.BackendProtocol;
import dev.sixgate.edge.servicemap.BackendTls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS to a backend of Netty's own: the name in its certificate, who issued it, the protocol agreed on, and our certificate. */
@Timeout(60)
class BackendTlsTest {
    @TempDir
    Path directory;

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private KeyAndChain server;
    private KeyAndChain client;
    private X509Certificate root;

    @BeforeEach
    void issue() throws Exception {
        DevelopmentCa ca = DevelopmentCa.openOrCreate(directory, InstantSource.system());
        root = ca.root();
        server = ca.issue(List.of("app.internal"));
        X509Bundle own = new CertificateBuilder()
                .subject("CN=edge.internal")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        client = new KeyAndChain(own.getKeyPair().getPrivate(), List.of(own.getCertificate()));
    }

    @AfterEach
    void stop() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void requests_go_through_tls_in_the_protocol_of_the_service(boolean http2) throws Exception {
        int port = backend(http2 ? "h2" : "http/1.1", ClientAuth.NONE);
        try (LoopbackEdge edge = edge(port, http2, tls("app.internal", List.of(root), null));
                RawClient from = edge.client()) {
            for (int i = 0; i < 3; i++) {
                assertThat(from.get("/").readResponse())
                        .startsWith("HTTP/1.1 200 ")
                        .containsIgnoringCase("x-protocol: " + (http2 ? "h2" : "http/1.1"))
                        .containsIgnoringCase("x-client: none");
                RequestRecord record = edge.record();
                assertThat(record.reason).isNull();
                assertThat(record.connectionReused).isEqualTo(i > 0);
            }
        }
    }

    @Test
    void our_certificate_is_shown_when_it_is_asked_for() throws Exception {
        int port = backend("h2", ClientAuth.REQUIRE);
        try (LoopbackEdge edge = edge(port, true, tls("app.internal", List.of(root), client));
                RawClient from = edge.client()) {
            assertThat(from.get("/").readResponse())
                    .startsWith("HTTP/1.1 200 ")
                    .containsIgnoringCase("x-client: " + client.leaf().getSerialNumber());
        }
    }

    @Test
    void another_name_in_the_certificate_is_refused() throws Exception {
        refused(edge(backend("h2", ClientAuth.NONE), true, tls("other.internal", List.of(root), null)));
    }

    @Test
    void an_unknown_issuer_is_refused() throws Exception {
        refused(edge(backend("h2", ClientAuth.NONE), true, tls("app.internal", List.of(), null)));
    }

    @Test
    void a_backend_that_does_not_speak_h2_is_refused_where_h2_was_asked_for() throws Exception {
        refused(edge(backend("http/1.1", ClientAuth.NONE), true, tls("app.internal", List.of(root), null)));
    }

    @Test
    void a_backend_without_tls_is_refused() throws Exception {
        try (ScriptedBackend plain = new ScriptedBackend(ScriptedBackend.Connection::readByte)) {
            refused(edge(plain.port(), false, tls("app.internal", List.of(root), null)));
        }
    }

    private static void refused(LoopbackEdge with) throws Exception {
        try (LoopbackEdge edge = with;
                RawClient from = edge.client()) {
            assertThat(from.get("/").readResponse())
                    .startsWith("HTTP/1.1 502 ")
                    .contains("sixgate-reason: backend_tls\r\n");
            RequestRecord record = edge.record();
            assertThat(record.reason).isEqualTo(Reason.BACKEND_TLS);
            assertThat(record.detail).contains("127.0.0.1:");
        }
    }

    private static BackendTls tls(String name, List<X509Certificate> trust, KeyAndChain own) {
        return own == null
                ? new BackendTls(name, trust, null, List.of())
                : new BackendTls(name, trust, own.key(), own.chain());
    }

    private static LoopbackEdge edge(int port, boolean http2, BackendTls tls) {
        return new LoopbackEdge.Options()
                .backends(port)
                .protocol(new BackendProtocol(http2, tls))
                .start(Http1Server::install);
    }

    private int backend(String alpn, ClientAuth auth) throws Exception {
        SslContext context = SslContextBuilder.forServer(server.key(), server.chain())
                .clientAuth(auth)
                .trustManager(client.leaf())
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        ApplicationProtocolConfig.Protocol.ALPN,
                        ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                        alpn))
                .build();
        Channel listener = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(context.newHandler(channel.alloc()))
                                .addLast(new Negotiated());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    private static String clientOf(Channel channel) {
        try {
            SslHandler tls = channel.pipeline().get(SslHandler.class);
            return ((X509Certificate) tls.engine().getSession().getPeerCertificates()[0])
                    .getSerialNumber()
                    .toString();
        } catch (javax.net.ssl.SSLPeerUnverifiedException e) {
            return "none";
        }
    }

    private static final class Negotiated extends ApplicationProtocolNegotiationHandler {
        Negotiated() {
            super(ApplicationProtocolNames.HTTP_1_1);
        }

        @Override
        protected void configurePipeline(ChannelHandlerContext context, String protocol) {
            if (protocol.equals(ApplicationProtocolNames.HTTP_2))
                context.pipeline()
                        .addLast(Http2FrameCodecBuilder.forServer().build())
                        .addLast(new Http2MultiplexHandler(new Http2Answer()));
            else
                context.pipeline().addLast(new HttpServerCodec(), new HttpObjectAggregator(1 << 20), new Http1Answer());
        }
    }

    @io.netty.channel.ChannelHandler.Sharable
    private static final class Http2Answer extends SimpleChannelInboundHandler<Http2HeadersFrame> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, Http2HeadersFrame frame) {
            context.writeAndFlush(new DefaultHttp2HeadersFrame(
                    new DefaultHttp2Headers()
                            .status("200")
                            .add("x-protocol", "h2")
                            .add("x-client", clientOf(context.channel().parent())),
                    true));
        }
    }

    private static final class Http1Answer extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            DefaultFullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
            response.headers().set("x-protocol", "http/1.1").set("x-client", clientOf(context.channel()));
            HttpUtil.setContentLength(response, 0);
            context.writeAndFlush(response);
        }
    }
}
