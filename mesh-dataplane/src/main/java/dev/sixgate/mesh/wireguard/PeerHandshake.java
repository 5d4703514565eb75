package dev.sixgate.mesh.wireguard;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where one peer stands in handshakes, in both roles at once: when both sides begin at the same moment, each answers and
 * each completes, and no time-out has to untie them.
 */
final class PeerHandshake {
    /** Being computed; null: none. What comes back and is not this one is stale. */
    @Nullable
    InitiationCreation creating;

    @Nullable
    ResponseCreation responding;

    @Nullable
    SentInitiation sent;

    private byte @Nullable [] ourTimestamp;
    private byte @Nullable [] theirTimestamp;
    private boolean initiated;
    private long initiatedNanos;
    private int unanswered;
    private boolean heard;
    private long heardNanos;
    private long attemptsSinceNanos;

    /** At most one initiation within REKEY_TIMEOUT, whatever asks for it (whitepaper §6.4). */
    boolean mayInitiate(long nowNanos) {
        return !initiated || nowNanos - initiatedNanos >= Protocol.REKEY_TIMEOUT;
    }

    /** @param retry whether it repeats one that got no answer */
    void initiating(boolean retry, long nowNanos) {
        if (!retry) attemptsSinceNanos = nowNanos;
        initiated = true;
        unanswered++;
        initiatedNanos = nowNanos;
    }

    /** Something authentic came from the peer. */
    void heard() {
        unanswered = 0;
    }

    int unansweredInitiations() {
        return unanswered;
    }

    /** {@code Long.MIN_VALUE}: never. */
    long lastInitiationNanos() {
        return initiated ? initiatedNanos : Long.MIN_VALUE;
    }

    boolean attemptsAreOver(long nowNanos) {
        return nowNanos - attemptsSinceNanos >= Protocol.REKEY_ATTEMPT_TIME;
    }

    byte[] nextTimestamp(Instant now) {
        byte[] timestamp = Tai64n.after(ourTimestamp, now);
        ourTimestamp = timestamp;
        return timestamp;
    }

    /**
     * Whether an authentic initiation is newer than all before it, and not too soon; remembers it if so. Too soon is told
     * by when they came: a busy executor may give back two at once.
     */
    @Nullable
    DropReason accept(byte[] timestamp, long arrivalNanos) {
        if (theirTimestamp != null && Tai64n.compare(timestamp, theirTimestamp) <= 0)
            return DropReason.REPLAYED_INITIATION;
        if (heard && arrivalNanos - heardNanos < Protocol.INITIATION_INTERVAL) return DropReason.UNDER_LOAD;
        theirTimestamp = timestamp;
        heard = true;
        heardNanos = arrivalNanos;
        return null;
    }
}
