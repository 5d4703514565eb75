package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.filter.RouteFilters;
import dev.sixgate.edge.http.Authority;
import dev.sixgate.edge.http.ClientIdentity;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.router.Route;
import dev.sixgate.edge.router.RouteTable.Destination;
import dev.sixgate.edge.router.RouteTable.Matched;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies of one request. They go out once it has come in whole, and nothing of them comes back: neither their time nor
 * their failure is the request's. One that is too large, or one too many, is not copied.
 */
final class Mirrors {
    static final int MAX_BODY_BYTES = 64 << 10;
    static final int MOST_AT_ONCE = 1024;
    static final Duration WITHIN = Duration.ofSeconds(30);

    private static final Logger log = LoggerFactory.getLogger(Mirrors.class);
    private static final AtomicInteger UNDER_WAY = new AtomicInteger();

    private final ClientConnection client;
    private final RequestHead request;
    private final @Nullable ClientIdentity identity;
    private final Route route;
    private final RequestRecord record;
    private final EventLoop loop;
    private final List<Destination> destinations;
    private @Nullable ByteBuf body;
    private boolean dropped;

    private Mirrors(
            ClientConnection client,
            RequestHead request,
            @Nullable ClientIdentity identity,
            Route route,
            RequestRecord record,
            EventLoop loop,
            List<Destination> destinations) {
        this.client = client;
        this.request = request;
        this.identity = identity;
        this.route = route;
        this.record = record;
        this.loop = loop;
        this.destinations = destinations;
    }

    /** @param request as the backend gets it; null is returned when it cannot be copied */
    static @Nullable Mirrors of(
            ClientConnection client,
            RequestHead request,
            @Nullable ClientIdentity identity,
            Route route,
            RequestRecord record,
            EventLoop loop) {
        Matched matched = route.matched();
        if (matched == null || request.webSocket() || request.bodyLength() > MAX_BODY_BYTES) return null;
        Authority host = RouteFilters.hostname(matched);
        RequestHead copy = host == null ? request.copy() : request.copy().withAuthority(host);
        return new Mirrors(client, copy, identity, route, record, loop, matched.mirrors());
    }

    /** @param data borrowed */
    void body(ByteBuf data) {
        if (dropped) return;
        ByteBuf all = body;
        if (all == null) all = body = data.alloc().buffer(data.readableBytes());
        if (all.readableBytes() + data.readableBytes() > MAX_BODY_BYTES) drop();
        else all.writeBytes(data, data.readerIndex(), data.readableBytes());
    }

    /** The request is complete: its copies go out. */
    void send() {
        if (dropped) return;
        for (Destination to : destinations) {
            if (UNDER_WAY.incrementAndGet() > MOST_AT_ONCE) {
                UNDER_WAY.decrementAndGet();
                continue;
            }
            ByteBuf all = body == null ? Unpooled.EMPTY_BUFFER : body.retainedDuplicate();
            Route there = new Route(to.app(), to.service(), route.port(), route.rule() + " mirror", List.of());
            try {
                new Subrequest(client, request.copy(), record.client, loop, 0, _ -> UNDER_WAY.decrementAndGet())
                        .send(there, identity, WITHIN, all);
            } catch (RuntimeException e) {
                log.error("mirroring request {} failed: {}", record.id, e.toString());
                log.debug("request {}", record.id, e);
            }
        }
        drop();
    }

    /** What was kept is let go. */
    void drop() {
        dropped = true;
        if (body != null) body.release();
        body = null;
    }
}
