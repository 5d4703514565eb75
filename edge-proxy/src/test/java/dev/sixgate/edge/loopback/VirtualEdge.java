package dev.sixgate.edge.loopback;

import dev.sixgate.edge.balancer.Balancer;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.http.ConnectionContext;
import dev.sixgate.edge.http.TlsFacts;
import dev.sixgate.edge.router.Route;
import dev.sixgate.edge.router.Router;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.Handler;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.servicemap.TcpOptions;
import dev.sixgate.edge.servicemap.TlsOptions;
import dev.sixgate.edge.upstream.Serving;
import dev.sixgate.edge.upstream.UpstreamConnector;
import dev.sixgate.edge.upstream.UpstreamPool;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One client connection and its backends without sockets, on a clock that stands still until a test moves it. */
public final class VirtualEdge implements AutoCloseable {
    public final EmbeddedChannel client = new EmbeddedChannel();

    /** Connections to the backend in the order they were opened; empty while nothing reached it. */
    public final List<EmbeddedChannel> upstreams = new ArrayList<>();

    public final List<RequestRecord> records = new ArrayList<>();
    private final UpstreamPool pool = new UpstreamPool();

    /** A service "app.example" with one backend that accepts every connection at once. */
    public VirtualEdge(LoopbackEdge.Protocol protocol, HttpOptions options) {
        this(protocol, options, null, 0);
    }

    public VirtualEdge(
            LoopbackEdge.Protocol protocol, HttpOptions options, @Nullable TlsFacts tls, int forceHttpsPort) {
        client.freezeTime();
        Backend backend = new Backend("b0", "static", InetAddress.getLoopbackAddress(), 8080, "", true);
        PortBinding port = new PortBinding(
                80, List.of(Handler.HTTP), TlsOptions.DEFAULT, options, TcpOptions.DEFAULT, forceHttpsPort);
        Service service = new Service("http", List.of("app.example"), 8080, List.of(port));
        Route route =
                new Route(new App("app", List.of(backend), List.of(service)), service, port, "app.example", List.of());
        Router router = (asked, host) -> new Router.Decision(host.equals("app.example") ? route : null, List.of());
        Balancer balancer = (call, now) -> call.tried.isEmpty() ? new Silent(backend) : Balancer.None.ALL_TRIED;
        protocol.install(
                client.pipeline(),
                new Serving(router, balancer, new Embedded(), pool, records::add),
                new ConnectionContext(
                        new InetSocketAddress("192.0.2.1", 1234),
                        new InetSocketAddress("192.0.2.2", 80),
                        80,
                        tls,
                        options,
                        () -> false));
        client.pipeline().fireChannelActive();
    }

    public VirtualEdge send(String bytes) {
        client.writeInbound(Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1));
        return this;
    }

    /** What the client got since the last call. */
    public String received() {
        return drain(client);
    }

    /** What the latest backend connection got since the last call. */
    public String backendReceived() {
        return upstreams.isEmpty() ? "" : drain(upstreams.getLast());
    }

    public VirtualEdge backendSends(String bytes) {
        upstreams.getLast().writeInbound(Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1));
        return this;
    }

    public void pass(Duration time) {
        client.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        client.runScheduledPendingTasks();
    }

    private static String drain(EmbeddedChannel channel) {
        channel.runPendingTasks();
        StringBuilder text = new StringBuilder();
        for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            text.append(out.toString(StandardCharsets.ISO_8859_1));
            out.release();
        }
        return text.toString();
    }

    @Override
    public void close() {
        client.finishAndReleaseAll();
        for (EmbeddedChannel upstream : upstreams) upstream.finishAndReleaseAll();
        pool.close();
    }

    private final class Embedded implements UpstreamConnector {
        @Override
        public ChannelFuture connect(
                EventLoop loop, Backend backend, int port, Duration timeout, ChannelHandler handler) {
            EmbeddedChannel upstream = new EmbeddedChannel(handler);
            upstreams.add(upstream);
            return upstream.newSucceededFuture();
        }

        @Override
        public void describe(Channel channel, RequestRecord record) {}
    }

    private record Silent(Backend backend) implements Balancer.Lease {
        @Override
        public void succeeded(long nowNanos) {}

        @Override
        public void failed(long nowNanos) {}

        @Override
        public void abandoned() {}
    }
}
