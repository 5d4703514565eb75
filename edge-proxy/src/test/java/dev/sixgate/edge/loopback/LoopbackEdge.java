package dev.sixgate.edge.loopback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.balancer.Balancer;
import dev.sixgate.edge.balancer.Call;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Candidate;
import dev.sixgate.edge.http.ConnectionContext;
import dev.sixgate.edge.http.DrainBegins;
import dev.sixgate.edge.http.TlsFacts;
import dev.sixgate.edge.http.TrustedProxies;
import dev.sixgate.edge.router.Route;
import dev.sixgate.edge.router.Router;
import dev.sixgate.edge.servicemap.AddressRange;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.BackendPolicy;
import dev.sixgate.edge.servicemap.BackendProtocol;
import dev.sixgate.edge.servicemap.Handler;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.RateLimit;
import dev.sixgate.edge.servicemap.RequestPolicy;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.servicemap.TcpOptions;
import dev.sixgate.edge.servicemap.TlsOptions;
import dev.sixgate.edge.upstream.DirectConnector;
import dev.sixgate.edge.upstream.Serving;
import dev.sixgate.edge.upstream.UpstreamConnector;
import dev.sixgate.edge.upstream.UpstreamPool;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One event loop that accepts on an ephemeral port and serves app "app" on host "app.example" and "127.0.0.1". */
public final class LoopbackEdge implements AutoCloseable {
    /** How a client protocol is put on a connection. */
    public interface Protocol {
        void install(ChannelPipeline pipeline, Serving serving, ConnectionContext connection);
    }

    public final BlockingQueue<RequestRecord> records = new LinkedBlockingQueue<>();

    /** How leases ended: {@code b0 succeeded}. */
    public final List<String> leases = new CopyOnWriteArrayList<>();

    public final ChannelGroup connections;
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final UpstreamPool pool = new UpstreamPool(8, Duration.ofSeconds(30));
    private final Channel listener;
    private final App app;
    private final PortBinding port;
    private volatile boolean draining;

    private LoopbackEdge(Protocol protocol, Options options) {
        connections = new DefaultChannelGroup(group.next());
        List<Backend> backends = new ArrayList<>();
        for (int backendPort : options.backendPorts)
            backends.add(new Backend(
                    "b" + backends.size(), "static", InetAddress.getLoopbackAddress(), backendPort, "", true));
        port = new PortBinding(
                80,
                List.of(Handler.HTTP),
                TlsOptions.DEFAULT,
                options.http,
                TcpOptions.DEFAULT,
                options.forceHttpsPort);
        Service service = new Service(
                "http",
                List.of("app.example"),
                8080,
                List.of(port),
                BackendPolicy.DEFAULT,
                List.of(),
                options.protocol,
                options.limits,
                RequestPolicy.DEFAULT);
        app = new App("app", backends, List.of(service));
        Route route = new Route(app, service, port, "http host app.example", List.of());
        Router router = (asked, host) -> host.equals("app.example") || host.equals("127.0.0.1")
                ? new Router.Decision(route, List.of())
                : new Router.Decision(null, List.of(new RequestRecord.RejectedRule("http host app.example", "host")));
        Serving serving = new Serving(router, new InOrder(), new Tracked(), pool, records::add);
        listener = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.ALLOCATOR, allocator)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connections.add(channel);
                        ConnectionContext connection = new ConnectionContext(
                                (InetSocketAddress) channel.remoteAddress(),
                                (InetSocketAddress) channel.localAddress(),
                                80,
                                options.tls,
                                options.http,
                                () -> draining,
                                options.trusted);
                        protocol.install(channel.pipeline(), serving, connection);
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
    }

    /** What a test changes. */
    public static final class Options {
        private HttpOptions http = HttpOptions.DEFAULT;
        private List<Integer> backendPorts = List.of();
        private @Nullable TlsFacts tls;
        private int forceHttpsPort;
        private BackendProtocol protocol = BackendProtocol.HTTP_1_1;

        private List<RateLimit> limits = List.of();

        public Options limits(RateLimit... with) {
            limits = List.of(with);
            return this;
        }

        /** How the backends are spoken to. */
        public Options protocol(BackendProtocol with) {
            protocol = with;
            return this;
        }

        private TrustedProxies trusted = TrustedProxies.NONE;

        /** Ranges of proxies in front of this edge. */
        public Options trusted(String... ranges) {
            trusted = new TrustedProxies(
                    Stream.of(ranges).map(AddressRange::parse).toList());
            return this;
        }

        public Options http(HttpOptions options) {
            http = options;
            return this;
        }

        public Options backends(Integer... ports) {
            backendPorts = List.of(ports);
            return this;
        }

        public Options tls(TlsFacts facts) {
            tls = facts;
            return this;
        }

        public Options forceHttps(int onPort) {
            forceHttpsPort = onPort;
            return this;
        }

        public LoopbackEdge start(Protocol protocol) {
            return new LoopbackEdge(protocol, this);
        }
    }

    public static Options with(ScriptedBackend... backends) {
        Integer[] ports = new Integer[backends.length];
        for (int i = 0; i < ports.length; i++) ports[i] = backends[i].port();
        return new Options().backends(ports);
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    public RawClient client() {
        return new RawClient(address());
    }

    /** The next finished record. */
    public RequestRecord record() throws InterruptedException {
        RequestRecord record = records.poll(10, TimeUnit.SECONDS);
        assertThat(record).as("a finished record").isNotNull();
        return record;
    }

    public void drain() {
        draining = true;
        connections.forEach(channel -> channel.pipeline().fireUserEventTriggered(DrainBegins.NOW));
    }

    /** Bytes in buffers that nobody released yet. */
    public long bytesHeld() {
        return allocator.metric().usedDirectMemory() + allocator.metric().usedHeapMemory();
    }

    /** Closes everything, and proves that no buffer was leaked. */
    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        connections.close().syncUninterruptibly();
        pool.close();
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
        assertThat(bytesHeld()).as("bytes in buffers that were never released").isZero();
    }

    /** The first backend that was not tried; notes how its leases end. */
    private final class InOrder implements Balancer {
        @Override
        public Choice pick(Call call, long nowNanos) {
            for (Backend backend : call.app.backends()) {
                boolean wanted = !call.tried.contains(backend.name());
                call.candidates().add(new Candidate(backend.name(), 0, false, wanted ? null : "failed before"));
                if (wanted) return new Noted(backend);
            }
            return call.tried.isEmpty() ? None.NO_BACKEND : None.ALL_TRIED;
        }
    }

    private final class Noted implements Balancer.Lease {
        private final Backend backend;
        private boolean ended;

        Noted(Backend backend) {
            this.backend = backend;
        }

        @Override
        public Backend backend() {
            return backend;
        }

        @Override
        public void succeeded(long nowNanos) {
            end("succeeded");
        }

        @Override
        public void failed(long nowNanos) {
            end("failed");
        }

        @Override
        public void abandoned() {
            end("abandoned");
        }

        private void end(String how) {
            leases.add(backend.name() + " " + how + (ended ? " AGAIN" : ""));
            ended = true;
        }
    }

    /** Kernel sockets that allocate from this edge's counted buffers. */
    private final class Tracked implements UpstreamConnector {
        private final DirectConnector direct = new DirectConnector();

        @Override
        public ChannelFuture connect(
                EventLoop loop, Backend backend, int toPort, Duration timeout, ChannelHandler handler) {
            return direct.connect(loop, backend, toPort, timeout, new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel channel) {
                    channel.config().setAllocator(allocator);
                    connections.add(channel);
                    channel.pipeline().addLast(handler);
                }
            });
        }

        @Override
        public void describe(Channel channel, RequestRecord record) {
            record.peer = "described";
        }
    }
}
