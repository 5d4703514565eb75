package dev.sixgate.mesh.wireguard;

import static dev.sixgate.mesh.wireguard.Protocol.KEEPALIVE_TIMEOUT;
import static dev.sixgate.mesh.wireguard.Protocol.REJECT_AFTER_TIME;
import static dev.sixgate.mesh.wireguard.Protocol.REKEY_TIMEOUT;
import static dev.sixgate.mesh.wireguard.Protocol.REKEY_TIMEOUT_JITTER;
import static dev.sixgate.mesh.wireguard.WireGuard.NEVER;

import java.util.random.RandomGenerator;

/** When something is due for one peer (whitepaper §6): what each kind of packet starts and stops. Deadlines only; the peer acts. */
final class PeerTimers {
    private final RandomGenerator random;
    private long persistentNanos;

    private long retransmitHandshake = NEVER;
    private long newHandshake = NEVER;
    private long keepalive = NEVER;
    private long persistentKeepalive = NEVER;
    private long zeroKeys = NEVER;
    private boolean needsAnotherKeepalive;

    enum Timer {
        RETRANSMIT_HANDSHAKE,
        NEW_HANDSHAKE,
        KEEPALIVE,
        PERSISTENT_KEEPALIVE,
        ZERO_KEYS
    }

    PeerTimers(RandomGenerator random) {
        this.random = random;
    }

    /** @param intervalNanos 0: none */
    void setPersistentKeepalive(long intervalNanos, long now) {
        persistentNanos = intervalNanos;
        if (intervalNanos == 0) persistentKeepalive = NEVER;
        else if (persistentKeepalive != NEVER) persistentKeepalive = now + intervalNanos;
    }

    /** A packet with content left; an answer is expected. */
    void dataSent(long now) {
        if (newHandshake == NEVER) newHandshake = now + KEEPALIVE_TIMEOUT + REKEY_TIMEOUT + jitter();
    }

    /** A packet with content came; keepalives do not count, or two idle peers would answer each other for ever. */
    void dataReceived(long now) {
        if (keepalive == NEVER) keepalive = now + KEEPALIVE_TIMEOUT;
        else needsAnotherKeepalive = true;
    }

    void authenticatedSent(long now) {
        keepalive = NEVER;
        traversal(now);
    }

    void authenticatedReceived(long now) {
        newHandshake = NEVER;
        traversal(now);
    }

    private void traversal(long now) {
        if (persistentNanos > 0) persistentKeepalive = now + persistentNanos;
    }

    void initiationSent(long now) {
        retransmitHandshake = now + REKEY_TIMEOUT + jitter();
    }

    void handshakeComplete() {
        retransmitHandshake = NEVER;
    }

    void sessionDerived(long now) {
        zeroKeys = now + 3 * REJECT_AFTER_TIME;
    }

    /** Handshakes stop: what is half done is forgotten in time, and nothing is owed. */
    void gaveUp(long now) {
        keepalive = NEVER;
        if (zeroKeys == NEVER) zeroKeys = now + 3 * REJECT_AFTER_TIME;
    }

    boolean isRetransmitting() {
        return retransmitHandshake != NEVER;
    }

    /** Stops a timer that is due and says so. */
    boolean take(Timer timer, long now) {
        switch (timer) {
            case RETRANSMIT_HANDSHAKE -> {
                if (retransmitHandshake > now) return false;
                retransmitHandshake = NEVER;
            }
            case NEW_HANDSHAKE -> {
                if (newHandshake > now) return false;
                newHandshake = NEVER;
            }
            case KEEPALIVE -> {
                if (keepalive > now) return false;
                keepalive = NEVER;
            }
            case PERSISTENT_KEEPALIVE -> {
                if (persistentKeepalive > now) return false;
                persistentKeepalive = NEVER;
            }
            case ZERO_KEYS -> {
                if (zeroKeys > now) return false;
                zeroKeys = NEVER;
            }
        }
        return true;
    }

    /** After a keepalive: data that came while it was pending wants one too. */
    void keepaliveTaken(long now) {
        if (!needsAnotherKeepalive) return;
        needsAnotherKeepalive = false;
        keepalive = now + KEEPALIVE_TIMEOUT;
    }

    /** After a persistent keepalive: the next, also when there was no session to send it in. */
    void persistentKeepaliveTaken(long now) {
        if (persistentKeepalive == NEVER) traversal(now);
    }

    void stop() {
        retransmitHandshake = newHandshake = keepalive = persistentKeepalive = zeroKeys = NEVER;
    }

    long next() {
        return Math.min(
                Math.min(Math.min(retransmitHandshake, newHandshake), Math.min(keepalive, persistentKeepalive)),
                zeroKeys);
    }

    private long jitter() {
        return random.nextLong(REKEY_TIMEOUT_JITTER + 1);
    }
}
