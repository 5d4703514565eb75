package dev.sixgate.edge.udp;

import dev.sixgate.edge.metrics.UdpMeters.Drop;
import dev.sixgate.edge.policy.RateLimiter;
import dev.sixgate.edge.router.Route;
import dev.sixgate.edge.servicemap.RateLimit;
import dev.sixgate.edge.servicemap.UdpOptions;
import dev.sixgate.edge.upstream.LoopClock;
import dev.sixgate.edge.upstream.Serving;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.concurrent.Ticker;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One public UDP socket: finds the session of each datagram, or begins one. On the socket's event loop. What cannot be passed on
 * is dropped and counted, as networks do.
 */
public final class UdpProxy extends ChannelInboundHandlerAdapter {
    /** Of one datagram; longer ones are dropped. */
    public static final int MAX_DATAGRAM_BYTES = 2048;

    /** Sessions looked at for one that may make room. */
    private static final int EVICTION_LOOKS = 16;

    private static final long SWEEP_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** While the edge shuts down a session that is idle for this long counts as over. */
    private static final long DRAINING_IDLE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final Logger LOG = LoggerFactory.getLogger(UdpProxy.class);

    private final UdpServer server;
    private final InetSocketAddress local;
    private final SessionTable sessions = new SessionTable();
    private Channel channel;
    private Ticker clock;
    private @Nullable ScheduledFuture<?> sweep;
    private boolean flushScheduled;
    private boolean retired;
    private boolean draining;

    /** @param local what the socket is bound to */
    @SuppressWarnings("NullAway.Init") // channel and clock are set when the handler is added
    public UdpProxy(UdpServer server, InetSocketAddress local) {
        this.server = server;
        this.local = local;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        channel = context.channel();
        clock = LoopClock.of(channel.eventLoop());
    }

    UdpServer server() {
        return server;
    }

    InetSocketAddress local() {
        return local;
    }

    Channel channel() {
        return channel;
    }

    Ticker clock() {
        return clock;
    }

    SessionTable sessions() {
        return sessions;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        DatagramPacket packet = (DatagramPacket) message;
        ByteBuf payload = packet.content();
        server.meters().received();
        if (payload.readableBytes() >= MAX_DATAGRAM_BYTES) drop(payload, Drop.TOO_LARGE); // perhaps cut off
        else take(packet.sender(), payload);
    }

    private void take(InetSocketAddress client, ByteBuf payload) {
        long now = clock.nanoTime();
        UdpSession session = sessions.find(client);
        if (session != null && session.isLost(now)) {
            session.lost();
            session = null;
        }
        if (session == null) session = begin(client, payload, now);
        if (session == null) return; // released
        if (mayPass(session.route(), client, now)) session.fromClient(payload, now);
        else drop(payload, Drop.RATE_LIMITED);
    }

    private boolean mayPass(Route route, InetSocketAddress client, long now) {
        List<RateLimit> limits = route.service().rateLimits();
        return limits.isEmpty()
                || server.serving()
                                .limiter()
                                .check(
                                        limits,
                                        new RateLimiter.Request(
                                                route.app().name(),
                                                route.service().name(),
                                                null,
                                                client.getAddress(),
                                                "",
                                                _ -> null),
                                        now)
                        == null;
    }

    /** Null, with the datagram dropped and counted, when none can begin. */
    private @Nullable UdpSession begin(InetSocketAddress client, ByteBuf payload, long now) {
        Serving serving = server.serving();
        Route route =
                retired ? null : serving.router().routeUdp(local.getPort()).route();
        UdpOptions options = route == null ? null : route.port().udp();
        Drop refused = null;
        if (route == null || options == null) refused = Drop.NO_ROUTE;
        else if (!server.admission().admit(client.getAddress())) refused = Drop.CLIENT_LIMIT;
        else if (!hasRoom(route, options)) {
            server.admission().ended(client.getAddress());
            refused = Drop.MAX_SESSIONS;
        }
        if (refused != null || route == null || options == null) {
            drop(payload, refused == null ? Drop.NO_ROUTE : refused);
            return null;
        }
        UdpSession session = new UdpSession(this, serving, route, options, client, now);
        sessions.add(session);
        server.meters().opened();
        if (sweep == null) sweepLater();
        session.begin();
        return session;
    }

    /** A flood of invented clients must not keep out those that talk: sessions that nobody answered make room. */
    private boolean hasRoom(Route route, UdpOptions options) {
        if (server.begin(route.app().name(), route.service(), options.maxSessions())) return true;
        UdpSession unanswered = sessions.oldest(session -> !session.isAnswered(), EVICTION_LOOKS);
        if (unanswered == null) return false;
        unanswered.evict();
        return server.begin(route.app().name(), route.service(), options.maxSessions());
    }

    void ended(UdpSession session) {
        sessions.remove(session);
        server.end(session.route().app().name(), session.route().service());
        server.admission().ended(session.client().getAddress());
        server.meters().closed();
        closeIfUnused();
    }

    void drop(ByteBuf payload, Drop why) {
        payload.release();
        server.meters().dropped(why);
    }

    /** To a client; takes {@code payload}. */
    void send(InetSocketAddress client, ByteBuf payload) {
        if (!channel.isWritable()) {
            drop(payload, Drop.CLIENT_FULL);
            return;
        }
        channel.write(new DatagramPacket(payload, client), channel.voidPromise());
        server.meters().sent();
        if (flushScheduled) return;
        flushScheduled = true; // once for all sessions that the mesh has something for now
        channel.eventLoop().execute(() -> {
            flushScheduled = false;
            channel.flush();
        });
    }

    private void sweepLater() {
        sweep = channel.eventLoop().schedule(this::sweep, SWEEP_NANOS, TimeUnit.NANOSECONDS);
    }

    private void sweep() {
        sweep = null;
        long now = clock.nanoTime();
        for (UdpSession each = sessions.oldest(); each != null; each = sessions.oldest()) {
            long most = each.idleNanos();
            if (draining) most = Math.min(most, DRAINING_IDLE_NANOS);
            if (now - each.lastNanos() < most) break;
            each.idle();
        }
        if (sessions.size() > 0) sweepLater();
    }

    /** Begins no session any more, and closes the socket after the last one. @param draining they end soon */
    public void retire(boolean draining) {
        retired = true;
        this.draining |= draining;
        closeIfUnused();
    }

    /** Takes new sessions again. @return false: too late, the socket has closed */
    public boolean revive() {
        if (!channel.isOpen()) return false;
        retired = false;
        return true;
    }

    private void closeIfUnused() {
        if (retired && sessions.size() == 0) channel.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        retired = true;
        for (UdpSession each = sessions.oldest(); each != null; each = sessions.oldest()) each.cut();
        if (sweep != null) sweep.cancel(false);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.debug("UDP {}: {}", local, cause.toString()); // such as a client's port that has closed
    }
}
