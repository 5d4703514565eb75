package dev.sixgate.edge.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.edge.balancer.PolicyBalancer;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.http.ConnectionContext;
import dev.sixgate.edge.router.HostRouter;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.servicemap.TcpOptions;
import dev.sixgate.edge.upstream.Serving;
import dev.sixgate.edge.upstream.UpstreamPool;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Over real loopback sockets, because what is tested is how they end. */
@Timeout(20)
class TcpProxyTest {
    private static final int PORT = 9000;

    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    /** Counts exactly what is held at any moment. */
    private final UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(true);

    private final BlockingQueue<RequestRecord> records = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private ServerSocket origin;
    private final PolicyBalancer balancer = new PolicyBalancer("", new Random(1));

    @BeforeEach
    void listen() throws IOException {
        origin = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        open.add(origin);
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable closeable : open) closeable.close();
        assertThat(loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS))
                .isTrue();
        assertThat(memory.metric().usedDirectMemory() + memory.metric().usedHeapMemory())
                .as("bytes in buffers that nobody released")
                .isZero();
    }

    @Test
    void bytes_pass_both_ways_and_the_record_tells_it() throws Exception {
        Socket client = client(TcpOptions.DEFAULT, backend());
        client.getOutputStream().write("ping".getBytes());
        Socket served = accept();
        assertThat(served.getInputStream().readNBytes(4)).asString().isEqualTo("ping");
        served.getOutputStream().write("pong!".getBytes());
        assertThat(client.getInputStream().readNBytes(5)).asString().isEqualTo("pong!");
        client.close();
        assertThat(served.getInputStream().read()).isEqualTo(-1);
        served.close();
        RequestRecord record = record();
        assertThat(record.reason).isNull();
        assertThat(record.closedBy).isEqualTo(Side.CLIENT);
        assertThat(record.requestBytes).isEqualTo(4);
        assertThat(record.responseBytes).isEqualTo(5);
        assertThat(record.rule).isEqualTo("raw.echo any host");
        assertThat(record.backend).isEqualTo("b1");
        assertThat(record.attempts).isEqualTo(1);
        assertThat(record.connectNanos).isPositive();
        assertThat(record.firstByteNanos).isGreaterThan(record.startNanos);
        assertThat(record.endNanos).isGreaterThan(record.firstByteNanos);
    }

    @Test
    void a_client_that_ends_its_output_still_gets_the_whole_answer() throws Exception {
        Socket client = client(TcpOptions.DEFAULT, backend());
        client.getOutputStream().write("question".getBytes());
        client.shutdownOutput();
        Socket served = accept();
        assertThat(served.getInputStream().readAllBytes()).asString().isEqualTo("question");
        byte[] answer = bytes(3 << 20);
        served.getOutputStream().write(answer);
        served.close();
        assertThat(client.getInputStream().readAllBytes()).isEqualTo(answer);
        assertThat(record().closedBy).isEqualTo(Side.CLIENT);
    }

    @Test
    void a_backend_that_ends_its_output_still_gets_the_rest_of_the_request() throws Exception {
        Socket client = client(TcpOptions.DEFAULT, backend());
        Socket served = accept();
        served.shutdownOutput();
        assertThat(client.getInputStream().read()).isEqualTo(-1);
        byte[] rest = bytes(3 << 20);
        Thread.ofVirtual().start(() -> write(client, rest));
        assertThat(served.getInputStream().readNBytes(rest.length)).isEqualTo(rest);
        client.close();
        assertThat(served.getInputStream().read()).isEqualTo(-1);
        assertThat(record().closedBy).isEqualTo(Side.BACKEND);
    }

    @Test
    void a_reset_by_the_backend_reaches_the_client_as_a_reset() throws Exception {
        Socket client = client(TcpOptions.DEFAULT, backend());
        client.getOutputStream().write(1);
        Socket served = accept();
        assertThat(served.getInputStream().read()).isEqualTo(1);
        served.setSoLinger(true, 0);
        served.close();
        assertThatThrownBy(() -> client.getInputStream().read()).hasMessageContaining("reset");
        RequestRecord record = record();
        assertThat(record.reason).isEqualTo(Reason.BACKEND_RESET);
        assertThat(record.closedBy).isEqualTo(Side.BACKEND);
    }

    @Test
    void a_reset_by_the_client_reaches_the_backend_as_a_reset() throws Exception {
        Socket client = client(TcpOptions.DEFAULT, backend());
        client.getOutputStream().write(1);
        Socket served = accept();
        assertThat(served.getInputStream().read()).isEqualTo(1);
        client.setSoLinger(true, 0);
        client.close();
        assertThatThrownBy(() -> served.getInputStream().read()).hasMessageContaining("reset");
        RequestRecord record = record();
        assertThat(record.reason).isEqualTo(Reason.CLIENT_RESET);
        assertThat(record.closedBy).isEqualTo(Side.CLIENT);
    }

    @Test
    void a_client_that_stops_reading_stops_the_backend_and_loses_nothing() throws Exception {
        Socket client = client(TcpOptions.DEFAULT, backend());
        Socket served = accept();
        byte[] much = bytes(32 << 20);
        Thread writer = Thread.ofVirtual().start(() -> {
            write(served, much);
            close(served);
        });
        assertThat(client.getInputStream().readNBytes(1)).hasSize(1);
        // Nothing else is read: the kernel's buffers fill up, then the writer is stuck and the edge holds no more.
        assertThat(writer.join(Duration.ofMillis(200))).isFalse();
        assertThat(memory.metric().usedDirectMemory()).isLessThan(2 << 20);
        assertThat(client.getInputStream().readAllBytes()).hasSize(much.length - 1);
        client.close();
        assertThat(record().responseBytes).isEqualTo(much.length);
    }

    @Test
    void a_refused_backend_is_passed_over_for_the_next_and_marked() throws Exception {
        App app = Apps.app("raw", List.of(refusing("bad"), backend()), Apps.service("echo", List.of(), PORT));
        // Two uses, so that rotation begins with the bad one once.
        for (int i = 0; i < 2; i++) {
            Socket client = client(TcpOptions.DEFAULT, app);
            client.getOutputStream().write(7);
            Socket served = accept();
            assertThat(served.getInputStream().read()).isEqualTo(7);
            client.close();
            served.close();
        }
        List<RequestRecord> both = List.of(record(), record());
        assertThat(both).allMatch(r -> r.reason == null && "b1".equals(r.backend));
        assertThat(both).anyMatch(r -> r.attempts == 2);
        assertThat(balancer.status(app, System.nanoTime()).getFirst().failing()).isTrue();
    }

    @Test
    void when_every_backend_refuses_the_client_is_reset_and_told_why_in_the_record() throws Exception {
        assertThatThrownBy(() -> readUntilReset(client(TcpOptions.DEFAULT, refusing("bad"), refusing("worse"))))
                .hasMessageContaining("reset");
        RequestRecord record = record();
        assertThat(record.reason).isEqualTo(Reason.BACKEND_REFUSED);
        assertThat(record.closedBy).isEqualTo(Side.BACKEND);
        assertThat(record.attempts).isEqualTo(2);
        assertThat(record.detail).contains("127.0.0.1:");
    }

    @Test
    void an_app_without_backends_resets_with_its_own_reason() throws Exception {
        assertThatThrownBy(() -> readUntilReset(
                        client(TcpOptions.DEFAULT, Apps.app("raw", List.of(), Apps.service("echo", List.of(), PORT)))))
                .hasMessageContaining("reset");
        assertThat(record().reason).isEqualTo(Reason.NO_BACKEND);
    }

    @Test
    void a_port_without_a_service_resets_with_its_own_reason() throws Exception {
        assertThatThrownBy(() -> readUntilReset(
                        client(TcpOptions.DEFAULT, Apps.app("raw", List.of(), Apps.service("echo", List.of(), 1)))))
                .hasMessageContaining("reset");
        assertThat(record().reason).isEqualTo(Reason.NO_ROUTE);
    }

    @Test
    void a_silent_connection_ends_after_the_idle_time() throws Exception {
        Socket client = client(new TcpOptions(Duration.ofSeconds(5), Duration.ofMillis(100), Duration.ZERO), backend());
        Socket served = accept();
        assertThat(client.getInputStream().read()).isEqualTo(-1);
        assertThat(served.getInputStream().read()).isEqualTo(-1);
        RequestRecord record = record();
        assertThat(record.reason).isEqualTo(Reason.IDLE_TIMEOUT);
        assertThat(record.closedBy).isEqualTo(Side.EDGE);
    }

    @Test
    void a_busy_connection_ends_at_the_end_of_its_lifetime() throws Exception {
        Socket client = client(new TcpOptions(Duration.ofSeconds(5), Duration.ZERO, Duration.ofMillis(100)), backend());
        Socket served = accept();
        assertThat(client.getInputStream().read()).isEqualTo(-1);
        assertThat(served.getInputStream().read()).isEqualTo(-1);
        assertThat(record().reason).isEqualTo(Reason.MAX_LIFETIME);
    }

    @Test
    void load_is_counted_while_the_connection_lasts_and_never_after() throws Exception {
        App app = Apps.app("raw", List.of(backend()), Apps.service("echo", List.of(), PORT));
        Socket client = client(TcpOptions.DEFAULT, app);
        client.getOutputStream().write(1);
        Socket served = accept();
        served.getInputStream().read();
        assertThat(balancer.status(app, System.nanoTime()).getFirst().inFlight())
                .isEqualTo(1);
        client.close();
        served.close();
        record();
        assertThat(balancer.status(app, System.nanoTime()).getFirst().inFlight())
                .isZero();
    }

    private Socket client(TcpOptions options, Backend... backends) throws Exception {
        return client(options, Apps.app("raw", List.of(backends), Apps.service("echo", List.of(), PORT)));
    }

    private Socket client(TcpOptions options, App like) throws Exception {
        Service service = like.services().getFirst();
        PortBinding port = service.ports().getFirst();
        PortBinding binding =
                new PortBinding(port.port(), port.handlers(), port.tls(), port.http(), options, port.forceHttpsPort());
        App app =
                Apps.app(like.name(), like.backends(), new Service(service.name(), List.of(), 8080, List.of(binding)));
        Serving serving = new Serving(
                new HostRouter(List.of(app)),
                balancer,
                new LoopbackConnector(memory),
                new UpstreamPool(),
                records::add);
        Channel listener = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.ALLOCATOR, memory)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        ConnectionContext context = new ConnectionContext(
                                channel.remoteAddress(),
                                channel.localAddress(),
                                PORT,
                                null,
                                HttpOptions.DEFAULT,
                                () -> false);
                        TcpProxy.install(channel.pipeline(), serving, context, null);
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel();
        Socket client = new Socket();
        client.setSoTimeout(10_000);
        open.add(client);
        client.connect(listener.localAddress());
        return client;
    }

    private Backend backend() {
        return Apps.direct("b1", origin.getLocalPort());
    }

    /** A port that was free a moment ago: bound by us and not listening, so nobody else can take it. */
    private Backend refusing(String name) throws IOException {
        Socket bound = new Socket();
        bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        open.add(bound);
        return Apps.direct(name, bound.getLocalPort());
    }

    private Socket accept() throws IOException {
        origin.setSoTimeout(10_000);
        Socket served = origin.accept();
        served.setSoTimeout(10_000);
        open.add(served);
        return served;
    }

    private RequestRecord record() throws InterruptedException {
        RequestRecord record = records.poll(10, TimeUnit.SECONDS);
        assertThat(record).as("a finished record").isNotNull();
        return record;
    }

    private static void readUntilReset(Socket client) throws IOException {
        client.getInputStream().read();
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }

    private static void write(Socket socket, byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
