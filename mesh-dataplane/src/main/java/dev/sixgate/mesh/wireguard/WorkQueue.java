package dev.sixgate.mesh.wireguard;

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Handshake work on its way out. What strangers cause is counted until it comes back and bounded by {@value
 * #INBOUND_MAX}; beyond an eighth of that we are under load and ask for cookies (whitepaper §5.3). Our own handshakes go first
 * and are bounded by the peers: one of each kind for each.
 */
final class WorkQueue {
    static final int INBOUND_MAX = 1024;
    static final int LOAD = INBOUND_MAX / 8;
    /** Load is assumed this long after it was last seen, so that it does not flap. */
    private static final long LOAD_LINGERS_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ArrayDeque<HandshakeWork> own = new ArrayDeque<>();
    private final ArrayDeque<HandshakeWork> inbound = new ArrayDeque<>();
    private int inboundUnfinished;
    private boolean loaded;
    private long loadedUntil;

    void add(HandshakeWork work) {
        own.add(work);
    }

    /** @return false when full */
    boolean offerInbound(HandshakeWork work) {
        if (inboundUnfinished >= INBOUND_MAX) return false;
        inboundUnfinished++;
        inbound.add(work);
        return true;
    }

    @Nullable
    HandshakeWork poll() {
        HandshakeWork work = own.poll();
        return work != null ? work : inbound.poll();
    }

    void inboundDone() {
        if (--inboundUnfinished < 0) throw new AssertionError("handshake work was given back twice");
    }

    boolean isUnderLoad(long nowNanos) {
        if (inboundUnfinished >= LOAD) {
            loaded = true;
            loadedUntil = nowNanos + LOAD_LINGERS_NANOS;
        } else if (loaded && nowNanos >= loadedUntil) {
            loaded = false;
        }
        return loaded;
    }
}
