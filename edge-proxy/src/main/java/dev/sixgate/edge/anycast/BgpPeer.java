package dev.sixgate.edge.anycast;

import dev.sixgate.anycast.AnycastPlan;
import dev.sixgate.anycast.AnycastPlan.Family;
import dev.sixgate.anycast.AnycastPlan.Neighbor;
import dev.sixgate.anycast.SiteState;
import dev.sixgate.anycast.bgp.Announcement;
import dev.sixgate.anycast.bgp.BgpEvent;
import dev.sixgate.anycast.bgp.BgpSession;
import dev.sixgate.anycast.bgp.SessionSettings;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The socket, clock and timer of one {@link BgpSession}. On its loop only. */
final class BgpPeer {
    private static final Logger LOG = LoggerFactory.getLogger(BgpPeer.class);

    /** Without BFD silence has to be noticed by the hold timer; routers take the shorter of both. */
    static final int HOLD_SECONDS = 9;

    private static final long NO_ROUTE_RETRY_SECONDS = 2;

    private final EventLoop loop;
    private final AnycastPlan plan;
    private final Neighbor neighbor;
    private final AnycastSettings settings;

    private @Nullable BgpSession session;
    private @Nullable Channel channel;
    private @Nullable ScheduledFuture<?> timer;
    private SiteState site = SiteState.WITHDRAWN;
    private BgpSession.State seen = BgpSession.State.IDLE;
    private long seenSince = System.nanoTime();
    private String problem = "";
    private boolean closed;

    BgpPeer(EventLoop loop, AnycastSettings settings, Neighbor neighbor) {
        this.loop = loop;
        this.settings = settings;
        plan = settings.plan();
        this.neighbor = neighbor;
    }

    Neighbor neighbor() {
        return neighbor;
    }

    /** Whether a plan of other words wants the same session. */
    boolean serves(AnycastSettings other, Neighbor wanted) {
        return neighbor.equals(wanted)
                && plan.localAs() == other.plan().localAs()
                && plan.routerId().equals(other.plan().routerId())
                && plan.announceTo(neighbor).equals(other.plan().announceTo(wanted))
                && plan.prependTimes() == other.plan().prependTimes()
                && java.util.Objects.equals(settings.nextHopIpv4(), other.nextHopIpv4())
                && java.util.Objects.equals(settings.nextHopIpv6(), other.nextHopIpv6());
    }

    void announce(SiteState state) {
        site = state;
        if (session == null) begin();
        if (session == null) return;
        session.announce(Announcement.of(plan, neighbor, state));
        pump();
    }

    private void begin() {
        InetAddress local = neighbor.localAddress();
        try {
            if (local == null) local = routeTo(neighbor.address());
        } catch (IOException e) {
            problem(loggable("there is no route to the router: " + e.getMessage()));
            schedule(TimeUnit.SECONDS.toNanos(NO_ROUTE_RETRY_SECONDS));
            return;
        }
        Inet4Address four = local instanceof Inet4Address own ? own : settings.nextHopIpv4();
        Inet6Address six = local instanceof Inet6Address own ? own : settings.nextHopIpv6();
        session = new BgpSession(
                new SessionSettings(
                        plan.localAs(),
                        (Inet4Address) plan.routerId(),
                        neighbor.remoteAs(),
                        neighbor.holdSeconds() == 0 ? HOLD_SECONDS : neighbor.holdSeconds(),
                        neighbor.families().contains(Family.IPV4) ? four : null,
                        neighbor.families().contains(Family.IPV6) ? six : null),
                RandomGenerator.of("L64X128MixRandom"),
                System.nanoTime());
        session.announce(Announcement.of(plan, neighbor, site));
        schedule(0);
    }

    /** Our address on the way there; a datagram socket learns it without a packet. */
    private static InetAddress routeTo(InetAddress address) throws IOException {
        try (DatagramSocket probe = new DatagramSocket(null)) {
            probe.connect(new InetSocketAddress(address, Neighbor.BGP_PORT));
            InetAddress local = probe.getLocalAddress();
            if (local == null || local.isAnyLocalAddress()) throw new IOException("no local address leads there");
            return local;
        } catch (java.io.UncheckedIOException e) {
            throw new IOException(e.getCause().getMessage());
        }
    }

    private void connect() {
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0) // the session's own
                .handler(new Bytes());
        if (Epoll.isAvailable()) {
            bootstrap.channel(EpollSocketChannel.class);
            String password = neighbor.password();
            if (password != null)
                bootstrap.option(
                        EpollChannelOption.TCP_MD5SIG,
                        Map.of(neighbor.address(), password.getBytes(StandardCharsets.US_ASCII)));
        } else if (neighbor.password() != null) {
            problem("a password takes epoll, which is not available here");
            onClosed(null);
            return;
        } else bootstrap.channel(NioSocketChannel.class);
        InetSocketAddress remote = new InetSocketAddress(neighbor.address(), neighbor.port());
        InetAddress local = neighbor.localAddress();
        ChannelFuture connecting =
                local == null ? bootstrap.connect(remote) : bootstrap.connect(remote, new InetSocketAddress(local, 0));
        Channel opening = connecting.channel();
        channel = opening;
        connecting.addListener((ChannelFutureListener) done -> {
            if (channel != opening) opening.close();
            else if (done.isSuccess()) {
                if (session != null) session.onConnected(System.nanoTime());
                pump();
            } else {
                problem(loggable(String.valueOf(done.cause().getMessage())));
                onClosed(opening);
            }
        });
    }

    private void onClosed(@Nullable Channel which) {
        if (channel != which) return;
        channel = null;
        if (session != null) session.onClosed(System.nanoTime());
        pump();
    }

    /** What the session has to say goes out, its events are heard, its timer is set. */
    private void pump() {
        BgpSession session = this.session;
        if (session == null) return;
        write(session, false);
        for (BgpEvent event = session.pollEvent(); event != null; event = session.pollEvent()) {
            switch (event) {
                case BgpEvent.Connect() -> connect();
                case BgpEvent.Established established -> {
                    problem = "";
                    LOG.info("BGP session with {} is established, for {}", name(), established.families());
                }
                case BgpEvent.Close(String why) -> {
                    if (!closed) problem(why);
                    write(session, true);
                    Channel gone = channel;
                    channel = null;
                    if (gone != null)
                        gone.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
                }
            }
            write(session, false);
        }
        if (session.state() != seen) {
            seen = session.state();
            seenSince = System.nanoTime();
        }
        long next = session.nextTimeout();
        if (next == BgpSession.NEVER) cancel();
        else schedule(next - System.nanoTime());
    }

    private void write(BgpSession session, boolean last) {
        Channel to = channel;
        if (to == null || !to.isActive()) return;
        boolean any = false;
        while (last || to.isWritable()) {
            ByteBuffer message = session.pollBytes();
            if (message == null) break;
            to.write(Unpooled.wrappedBuffer(message), to.voidPromise());
            any = true;
        }
        if (any) to.flush();
    }

    private void schedule(long nanos) {
        cancel();
        if (!loop.isShuttingDown()) timer = loop.schedule(this::onTimer, Math.max(0, nanos), TimeUnit.NANOSECONDS);
    }

    private void cancel() {
        if (timer != null) timer.cancel(false);
        timer = null;
    }

    private void onTimer() {
        timer = null;
        if (closed) return;
        if (session == null) {
            begin();
            return;
        }
        session.onTimeout(System.nanoTime());
        pump();
    }

    /** The routes end with the session. */
    void close() {
        closed = true;
        if (session != null) {
            session.shutdown("the edge stops", System.nanoTime());
            pump();
        }
        cancel();
    }

    NeighborStatus status() {
        String told = seen != BgpSession.State.ESTABLISHED || site == SiteState.WITHDRAWN
                ? "nothing"
                : plan.announceTo(neighbor).stream()
                        .map(Object::toString)
                        .collect(java.util.stream.Collectors.joining(", "));
        return new NeighborStatus(
                neighbor.address().getHostAddress(),
                neighbor.remoteAs(),
                seen.name().toLowerCase(java.util.Locale.ROOT),
                seenSince,
                told,
                problem);
    }

    private void problem(String sentence) {
        if (!sentence.equals(problem)) LOG.warn("BGP session with {}: {}", name(), sentence);
        problem = sentence;
    }

    private String name() {
        return neighbor.address().getHostAddress() + " (AS " + neighbor.remoteAs() + ")";
    }

    private static String loggable(String text) {
        return text.length() > 200 ? text.substring(0, 200) : text;
    }

    /** The bytes of one connection. */
    private final class Bytes extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object read) {
            ByteBuf bytes = (ByteBuf) read;
            try {
                if (channel != context.channel() || session == null) return;
                for (ByteBuffer part : bytes.nioBuffers()) session.onBytes(part, System.nanoTime());
            } finally {
                bytes.release();
            }
            pump();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            pump();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (channel == context.channel()) {
                problem("the router closed the connection");
                onClosed(context.channel());
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (channel == context.channel()) problem(loggable(String.valueOf(cause.getMessage())));
            context.close();
        }
    }
}
