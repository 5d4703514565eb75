package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import dev.sixgate.certs.ca.DevelopmentCa;
import dev.sixgate.certs.pem.PemWriter;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.http3.DefaultHttp3DataFrame;
import io.netty.handler.codec.http3.DefaultHttp3Headers;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ClientConnectionHandler;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3Headers;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** HTTP/3 from a real QUIC client to a real backend. */
@Timeout(60)
class Http3TrafficTest {
    @TempDir
    Path directory;

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private EdgeFromJson edge;
    private Channel socket;
    private QuicChannel connection;

    @BeforeEach
    void start() throws Exception {
        edge = new EdgeFromJson(directory);
        DevelopmentCa ca = DevelopmentCa.openOrCreate(directory.resolve("ca"), InstantSource.system());
        PemWriter.write(ca.issue(List.of("shop.test")), directory.resolve("shop.pem"), directory.resolve("shop.key"));
        int backend = edge.backend(Http3TrafficTest::answer);
        edge.start("""
            { "shop": {
                "backends": [ { "name": "a", "address": "127.0.0.1", "insecure_direct": true } ],
                "services": [ { "name": "web", "hostnames": ["shop.test"], "internal_port": %d,
                  "http_options": { "max_request_body": "3MiB" },
                  "ports": [ { "port": %d, "handlers": ["tls", "http"], "tls_options": { "alpn": ["h3", "h2", "http/1.1"] } } ] } ] } },
            "certificates": { "files": [ { "certificate": "shop.pem", "private_key": { "file": "shop.key" } } ] }
            """.formatted(backend, edge.port));
        QuicSslContext tls = QuicSslContextBuilder.forClient()
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .applicationProtocols(Http3.supportedApplicationProtocols())
                .build();
        var codec = Http3.newQuicClientCodecBuilder()
                .sslEngineProvider(channel -> tls.newEngine(channel.alloc(), "shop.test", edge.port))
                .maxIdleTimeout(20, TimeUnit.SECONDS)
                .initialMaxData(10 << 20)
                .initialMaxStreamDataBidirectionalLocal(1 << 20)
                .build();
        socket = new Bootstrap()
                .group(loops)
                .channel(NioDatagramChannel.class)
                .handler(codec)
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel();
        connection = QuicChannel.newBootstrap(socket)
                .handler(new Http3ClientConnectionHandler())
                .remoteAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), edge.port))
                .connect()
                .get();
    }

    @AfterEach
    void stop() {
        if (connection != null) connection.close().awaitUninterruptibly(5_000);
        if (socket != null) socket.close().awaitUninterruptibly(5_000);
        edge.close();
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(10_000);
    }

    private static void answer(HttpExchange exchange) throws IOException {
        byte[] body;
        try (InputStream in = exchange.getRequestBody()) {
            body = in.readAllBytes();
        }
        if (exchange.getRequestURI().getPath().equals("/large")) {
            body = new byte[5 << 20];
            new Random(3).nextBytes(body);
        } else if (body.length == 0) {
            body = (exchange.getRequestMethod() + " " + exchange.getRequestURI() + " te="
                            + exchange.getRequestHeaders().getFirst("Transfer-Encoding") + " via="
                            + exchange.getRequestHeaders().getFirst("Via") + " proto="
                            + exchange.getRequestHeaders().getFirst("X-Forwarded-Proto"))
                    .getBytes(StandardCharsets.US_ASCII);
        }
        exchange.sendResponseHeaders(200, exchange.getRequestMethod().equals("HEAD") ? -1 : body.length);
        if (!exchange.getRequestMethod().equals("HEAD"))
            exchange.getResponseBody().write(body);
        exchange.close();
    }

    /** What came back. */
    private record Answer(String status, Http3Headers headers, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.US_ASCII);
        }
    }

    private CompletableFuture<Answer> ask(String method, String path, byte @Nullable [] body, String... fields)
            throws Exception {
        CompletableFuture<Answer> answered = new CompletableFuture<>();
        QuicStreamChannel stream =
                Http3.newRequestStream(connection, new Reader(answered)).sync().getNow();
        Http3Headers headers = new DefaultHttp3Headers();
        headers.method(method).scheme("https").authority("shop.test").path(path);
        for (int i = 0; i < fields.length; i += 2) headers.add(fields[i], fields[i + 1]);
        if (body == null)
            stream.writeAndFlush(new DefaultHttp3HeadersFrame(headers)).addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
        else {
            stream.write(new DefaultHttp3HeadersFrame(headers));
            stream.writeAndFlush(new DefaultHttp3DataFrame(Unpooled.wrappedBuffer(body)))
                    .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
        }
        return answered;
    }

    private static final class Reader extends Http3RequestStreamInboundHandler {
        private final CompletableFuture<Answer> answered;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private @Nullable Http3Headers headers;

        Reader(CompletableFuture<Answer> answered) {
            this.answered = answered;
        }

        @Override
        protected void channelRead(ChannelHandlerContext context, Http3HeadersFrame frame) {
            if (headers == null) headers = frame.headers();
        }

        @Override
        protected void channelRead(ChannelHandlerContext context, Http3DataFrame frame) {
            byte[] bytes = new byte[frame.content().readableBytes()];
            frame.content().readBytes(bytes);
            body.writeBytes(bytes);
            ReferenceCountUtil.release(frame);
        }

        @Override
        protected void channelInputClosed(ChannelHandlerContext context) {
            if (headers == null) answered.completeExceptionally(new IOException("the stream ended without an answer"));
            else answered.complete(new Answer(String.valueOf(headers.status()), headers, body.toByteArray()));
            context.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            answered.completeExceptionally(cause);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            answered.completeExceptionally(new IOException("the stream was reset"));
        }
    }

    @Test
    void a_request_is_served_and_reaches_the_backend_as_one_without_a_body() throws Exception {
        Answer answer = ask("GET", "/x?y=1", null).get();
        assertThat(answer.status()).isEqualTo("200");
        assertThat(answer.text()).isEqualTo("GET /x?y=1 te=null via=3.0 sixgate proto=https");
        assertThat(answer.headers().contains("sixgate-request-id")).isTrue();
    }

    @Test
    void many_requests_share_a_connection() throws Exception {
        List<CompletableFuture<Answer>> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) all.add(ask("GET", "/" + i, null));
        for (int i = 0; i < 100; i++) assertThat(all.get(i).get().text()).startsWith("GET /" + i + " ");
    }

    @Test
    void bodies_come_through_whole_in_both_directions() throws Exception {
        byte[] sent = new byte[2 << 20];
        new Random(2).nextBytes(sent);
        assertThat(Arrays.equals(ask("POST", "/echo", sent).get().body(), sent)).isTrue();
        byte[] expected = new byte[5 << 20];
        new Random(3).nextBytes(expected);
        assertThat(Arrays.equals(ask("GET", "/large", null).get().body(), expected))
                .isTrue();
    }

    @Test
    void an_answer_to_head_has_no_body() throws Exception {
        Answer answer = ask("HEAD", "/", null).get();
        assertThat(answer.status()).isEqualTo("200");
        assertThat(answer.body()).isEmpty();
    }

    @Test
    void limits_and_refusals_are_answered_and_the_connection_goes_on() throws Exception {
        Answer large = ask("POST", "/echo", new byte[16], "content-length", "" + (4 << 20))
                .get();
        assertThat(large.status()).isEqualTo("413");
        assertThat(large.headers().get("sixgate-reason")).hasToString("body_too_large");
        assertThat(ask("TRACE", "/", null).get().status()).isEqualTo("501");
        assertThat(ask("GET", "/after", null).get().status()).isEqualTo("200");
    }

    @Test
    void a_malformed_request_costs_its_stream_and_nothing_else() throws Exception {
        for (String[] fields : List.of(
                new String[] {"connection", "close"},
                new String[] {"transfer-encoding", "chunked"},
                new String[] {"host", "other.test"},
                new String[] {"content-length", "5, 5"}))
            assertThat(ask("GET", "/", null, fields)).failsWithin(Duration.ofSeconds(10));
        assertThat(ask("POST", "/", new byte[3], "content-length", "7")).failsWithin(Duration.ofSeconds(10));
        assertThat(ask("GET", "/after", null).get().status()).isEqualTo("200");
    }
}
