package dev.sixgate.edge.udp;

import dev.sixgate.edge.balancer.Balancer.Lease;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestId;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.metrics.UdpMeters.Drop;
import dev.sixgate.edge.networkpolicy.PortSet.Protocol;
import dev.sixgate.edge.proxyprotocol.ProxyHeaderWriter;
import dev.sixgate.edge.router.Route;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.ProxyProtocol;
import dev.sixgate.edge.servicemap.ProxyProtocol.Detail;
import dev.sixgate.edge.servicemap.UdpOptions;
import dev.sixgate.edge.upstream.BackendPicker;
import dev.sixgate.edge.upstream.ClientKey;
import dev.sixgate.edge.upstream.ConnectFailure;
import dev.sixgate.edge.upstream.DatagramFlow;
import dev.sixgate.edge.upstream.Serving;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client's datagrams to one backend, and back, until nothing comes for the idle time. A backend that says that nobody listens
 * ends it, and one that is known to fail while it owes answers; the client's next datagram then begins another.
 */
final class UdpSession implements DatagramFlow.Receiver, BackendPicker.Picked {
    /** Kept while the session waits for a backend. */
    private static final int MAX_EARLY = 16;

    /** As long without an answer before the backend is asked about. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** A slice pins the batch that it came in, so that small ones are copied. */
    private static final int COPY_BELOW_BYTES = 512;

    private final UdpProxy proxy;
    private final Serving serving;
    private final Route route;
    private final UdpOptions options;
    private final InetSocketAddress client;
    private final RequestRecord record;
    private final BackendPicker picker;
    private @Nullable Queue<ByteBuf> early;
    private @Nullable DatagramFlow flow;
    private @Nullable Lease lease;
    private long lastNanos;
    private long unansweredSinceNanos;
    private boolean unanswered;
    private boolean answered;
    private boolean headSent;
    private boolean over;

    /** The table's. */
    @Nullable
    UdpSession older;

    @Nullable
    UdpSession newer;

    UdpSession(UdpProxy proxy, Serving serving, Route route, UdpOptions options, InetSocketAddress client, long now) {
        this.proxy = proxy;
        this.serving = serving;
        this.route = route;
        this.options = options;
        this.client = client;
        lastNanos = now;
        record = new RequestRecord(RequestId.next(), Instant.now(), now, client, proxy.local());
        record.protocol = "udp";
        record.app = route.app().name();
        record.service = route.service().name();
        record.rule = route.rule();
        picker = new BackendPicker(
                serving,
                Protocol.UDP,
                proxy.channel().eventLoop(),
                ClientKey.call(route, client, null, record),
                record,
                this);
    }

    void begin() {
        picker.pick();
    }

    InetSocketAddress client() {
        return client;
    }

    Route route() {
        return route;
    }

    boolean isAnswered() {
        return answered;
    }

    long lastNanos() {
        return lastNanos;
    }

    long idleNanos() {
        return options.idleTimeout().toNanos();
    }

    @Override
    public void picked(Lease picked) {
        lease = picked;
        Backend backend = picked.backend();
        int port = backend.port() != 0 ? backend.port() : route.service().internalPort();
        record.attempts++;
        record.backend = backend.name();
        record.region = backend.region();
        record.backendAddress = new InetSocketAddress(backend.address(), port);
        try {
            flow = serving.connector()
                    .openFlow(
                            proxy.channel().eventLoop(),
                            backend,
                            port,
                            route.service().embedsClient() ? client.getAddress() : null,
                            this);
        } catch (IOException e) {
            onUnreachable(e);
            return;
        }
        if (early == null) return;
        for (ByteBuf payload = early.poll(); payload != null && !over; payload = early.poll()) forward(payload);
    }

    @Override
    public void none(boolean allTried, Reason reason, String detail) {
        end(reason, reason == Reason.DENIED_BY_POLICY ? Side.CLIENT : Side.EDGE, detail);
    }

    /** Takes {@code payload}. */
    void fromClient(ByteBuf payload, long now) {
        if (over) {
            proxy.drop(payload, Drop.NO_BACKEND);
            return;
        }
        lastNanos = now;
        proxy.sessions().touch(this);
        if (!unanswered) unansweredSinceNanos = now;
        unanswered = true;
        if (flow != null) {
            forward(payload);
            return;
        }
        if (early == null) early = new ArrayDeque<>();
        if (early.size() < MAX_EARLY) early.add(payload);
        else proxy.drop(payload, Drop.BACKEND_FULL);
    }

    private void forward(ByteBuf payload) {
        DatagramFlow to = flow;
        if (to == null) throw new AssertionError("no backend was chosen");
        int bytes = payload.readableBytes();
        ByteBuf datagram = withHead(payload, bytes);
        if (datagram.readableBytes() > to.maxPayloadBytes()) {
            proxy.drop(datagram, Drop.TOO_LARGE);
            return;
        }
        if (to.send(datagram)) record.requestBytes += bytes;
        else proxy.server().meters().dropped(Drop.BACKEND_FULL);
    }

    /** What is sent for a client's datagram: the PROXY protocol's head before it where the port says so. */
    private ByteBuf withHead(ByteBuf payload, int bytes) {
        boolean head = route.port().proxyProtocol().send() != null && (!headSent || options.headerEachTime());
        if (!head && bytes >= COPY_BELOW_BYTES) return payload;
        ByteBuf copy = proxy.channel().alloc().directBuffer(bytes + (head ? 128 : 0));
        if (head) {
            ProxyProtocol words = route.port().proxyProtocol();
            String id = words.details().contains(Detail.UNIQUE_ID) ? record.id : null;
            ProxyHeaderWriter.writeV2Datagram(
                    copy, client, proxy.local(), new ProxyHeaderWriter.Details(null, null, null, id));
            headSent = true;
        }
        copy.writeBytes(payload);
        payload.release();
        return copy;
    }

    @Override
    public void onDatagram(ByteBuf payload) {
        long now = proxy.clock().nanoTime();
        lastNanos = now;
        proxy.sessions().touch(this);
        if (!answered) {
            answered = true;
            record.firstByteNanos = now;
            if (lease != null) {
                lease.answered(0, now - record.startNanos, now);
                lease.reached();
            }
        }
        unanswered = false;
        record.responseBytes += payload.readableBytes();
        proxy.send(client, payload);
    }

    @Override
    public void onBatchEnd() {}

    @Override
    public void onUnreachable(Throwable cause) {
        Lease used = lease;
        if (over || used == null) return;
        InetSocketAddress address = record.backendAddress;
        describe();
        end(ConnectFailure.of(
                cause,
                used.backend(),
                address == null ? 0 : address.getPort(),
                proxy.clock().nanoTime() - record.startNanos,
                record));
    }

    /** Whether the backend owes answers and is known to fail: another may do better. */
    boolean isLost(long now) {
        return unanswered && now - unansweredSinceNanos >= PATIENCE_NANOS && lease != null && !lease.working();
    }

    void lost() {
        describe();
        end(Reason.BACKEND_UNREACHABLE, Side.TUNNEL, "the backend is known to fail and has not answered for 1 s");
    }

    void idle() {
        end(null, Side.EDGE, null);
    }

    void evict() {
        end(Reason.OVERLOADED, Side.EDGE, "it made room for another session: nothing had come back yet");
    }

    /** The socket is gone. */
    void cut() {
        end(Reason.DRAINING, Side.EDGE, null);
    }

    private void describe() {
        if (flow != null) flow.describe(record);
    }

    private void end(ConnectFailure failure) {
        end(failure.reason(), failure.side(), failure.detail());
    }

    private void end(@Nullable Reason reason, Side side, @Nullable String detail) {
        if (over) return;
        over = true;
        describe();
        if (reason != null) record.fail(reason, side, detail);
        picker.cancel();
        if (flow != null) flow.close();
        Lease used = lease;
        lease = null;
        long now = proxy.clock().nanoTime();
        if (used != null) {
            if (reason != null && reason != Reason.OVERLOADED && side != Side.EDGE) used.failed(now);
            else if (answered) used.succeeded(now);
            else used.abandoned();
        }
        if (early != null)
            for (ByteBuf each = early.poll(); each != null; each = early.poll()) proxy.drop(each, Drop.NO_BACKEND);
        record.endNanos = now;
        proxy.ended(this);
        serving.recorder().finish(record);
    }
}
