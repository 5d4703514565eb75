package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestId;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.http.ClientIdentity;
import dev.sixgate.edge.http.ConnectionContext;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.ForwardedFields;
import dev.sixgate.edge.http.LocalAnswer;
import io.netty.channel.EventLoop;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What the requests of one client connection share, whatever its protocol. */
public final class ClientConnection {
    private final Serving serving;
    private final ConnectionContext context;
    private final ForwardedFields forwarded;

    public ClientConnection(Serving serving, ConnectionContext context) {
        this.serving = serving;
        this.context = context;
        this.forwarded = new ForwardedFields(context);
    }

    public Serving serving() {
        return serving;
    }

    public ConnectionContext context() {
        return context;
    }

    /**
     * The client took a request back before its answer was complete. Proxies that speak for many are not counted.
     *
     * @return whether its address has done so more often than it may, so that the connection is to end
     */
    public boolean resetsTooOften(long nowNanos) {
        return !context.isFromTrustedProxy()
                && serving.resets().exceeds(context.client().getAddress(), nowNanos);
    }

    /** @param identity what a trusted proxy says of this request; null: the connection's own end is the client */
    ForwardedFields forwarded(@Nullable ClientIdentity identity) {
        return identity == null ? forwarded : new ForwardedFields(context, identity);
    }

    /** @param protocol {@code http/1.1} or {@code h2} */
    public RequestRecord begin(EventLoop loop, String protocol) {
        RequestRecord record = new RequestRecord(
                RequestId.next(), Instant.now(), LoopClock.of(loop).nanoTime(), context.client(), context.local());
        record.protocol = protocol;
        if (context.tls() != null) {
            record.sni = context.tls().sni();
            record.tlsVersion = context.tls().version();
            record.tlsCipher = context.tls().cipher();
            record.tlsHandshakeNanos = context.tls().handshakeNanos();
        }
        return record;
    }

    /** Notes a request that never became an exchange, such as one with a malformed head; finish with {@link #finish}. */
    public LocalAnswer refuse(RequestRecord record, Reason reason, @Nullable String detail) {
        record.fail(reason, Side.CLIENT, detail);
        record.status = reason.status();
        return ResponseEdits.unrouted(context).answer(reason, record.id, reason.status(), new Fields(), null, false);
    }

    public void finish(EventLoop loop, RequestRecord record) {
        record.endNanos = LoopClock.of(loop).nanoTime();
        serving.recorder().finish(record);
    }
}
