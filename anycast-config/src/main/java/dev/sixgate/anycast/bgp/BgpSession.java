package dev.sixgate.anycast.bgp;

import static dev.sixgate.anycast.bgp.BgpMessage.Notification.CEASE;
import static dev.sixgate.anycast.bgp.BgpMessage.Notification.HOLD_TIMER_EXPIRED;
import static dev.sixgate.anycast.bgp.BgpMessage.Notification.OPEN_ERROR;
import static dev.sixgate.anycast.bgp.BgpMessage.Notification.STATE_ERROR;

import dev.sixgate.anycast.AnycastPlan.Family;
import dev.sixgate.anycast.bgp.BgpMessage.Notification;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A session that we open and tell our routes by (RFC 4271 §8, without its passive half: there is one connection, so none collides). Reads no
 * clock and opens no socket; the caller runs this loop:
 *
 * <ol>
 *   <li>give it input with an {@code on…} method, {@link #announce} or {@link #shutdown},
 *   <li>call {@link #pollBytes} while the socket takes more, until it returns null, then {@link #pollEvent} until it returns null,
 *   <li>call {@link #onTimeout} no later than {@link #nextTimeout}.
 * </ol>
 *
 * One thread at a time. {@code nowNanos} is monotonic and never goes back.
 */
public final class BgpSession {
    public static final long NEVER = Long.MAX_VALUE;

    static final long CONNECT_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** RFC 4271 §8.2.2 suggests four minutes; a router that took the connection answers at once. */
    static final long OPEN_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);

    static final long RETRY_NANOS_MIN = TimeUnit.SECONDS.toNanos(1);
    static final long RETRY_NANOS_MAX = TimeUnit.SECONDS.toNanos(60);

    /** Of RFC 9687: a router that reads nothing this long is gone. */
    static final long SEND_HOLD_NANOS_MIN = TimeUnit.MINUTES.toNanos(8);

    private static final int SEND_HOLD_TIMER_EXPIRED = 8;
    private static final int OUT_OF_RESOURCES = 8;

    /** What waits for a router that does not read; UPDATEs are not among it, they are written when asked for. */
    private static final int MAX_WAITING = 64;

    public enum State {
        /** Waits before the next try, or is shut down. */
        IDLE,
        CONNECT,
        OPEN_SENT,
        OPEN_CONFIRM,
        ESTABLISHED
    }

    private final SessionSettings settings;
    private final RandomGenerator random;
    private final MessageReader reader = new MessageReader();
    private final Queue<ByteBuffer> waiting = new ArrayDeque<>();
    private final Queue<BgpEvent> events = new ArrayDeque<>();
    private final ToldRoutes told;

    private State state = State.IDLE;
    private boolean shutDown;
    private long retryNanos = RETRY_NANOS_MIN;
    /** When an idle session tries again, a connection is given up, or silence is too long: by state. */
    private long deadline;

    private long keepaliveAt = NEVER;
    /** Since when bytes wait; NEVER while none do. */
    private long waitingSince = NEVER;

    private long holdNanos;
    private BgpMessage.@Nullable Open remote;

    /** @param random spreads the tries of many sessions */
    public BgpSession(SessionSettings settings, RandomGenerator random, long nowNanos) {
        this.settings = settings;
        this.random = random;
        told = new ToldRoutes(settings);
        deadline = nowNanos;
    }

    public State state() {
        return state;
    }

    /** What the router is to know from now on; told by the next {@link #pollBytes} of an established session, or of the next one. */
    public void announce(Announcement announcement) {
        told.want(announcement);
    }

    /** Ends the session for good. Its routes end with it. */
    public void shutdown(String communication, long nowNanos) {
        shutDown = true;
        if (state == State.CONNECT) end(null, communication, nowNanos);
        else if (state != State.IDLE) end(Notification.shutdown(communication), communication, nowNanos);
        deadline = NEVER;
    }

    /** The connection of {@link BgpEvent.Connect} is there. */
    public void onConnected(long nowNanos) {
        if (state != State.CONNECT) return;
        state = State.OPEN_SENT;
        deadline = nowNanos + OPEN_TIMEOUT_NANOS;
        waiting.clear(); // the last words of the session before, which its socket did not take
        send(MessageWriter.open(settings), nowNanos);
    }

    /** The connection could not be opened, or was ended by the router or the network. */
    public void onClosed(long nowNanos) {
        if (state != State.IDLE) idle(nowNanos);
    }

    /** @param bytes borrowed; all are read */
    public void onBytes(ByteBuffer bytes, long nowNanos) {
        try {
            while (state != State.IDLE && state != State.CONNECT) {
                BgpMessage message = reader.read(bytes);
                if (message == null) return;
                onMessage(message, nowNanos);
            }
        } catch (BgpFault fault) {
            end(
                    fault.answer(),
                    "the router sent what it may not: " + fault.answer().sentence(),
                    nowNanos);
        } finally {
            bytes.position(bytes.limit());
        }
    }

    private void onMessage(BgpMessage message, long nowNanos) throws BgpFault {
        if (message instanceof Notification notification) {
            end(null, "the router ended the session: " + notification.sentence(), nowNanos);
            return;
        }
        switch (state) {
            case OPEN_SENT -> {
                if (!(message instanceof BgpMessage.Open open)) throw new BgpFault(STATE_ERROR, 1);
                onOpen(open, nowNanos);
            }
            case OPEN_CONFIRM -> {
                if (!(message instanceof BgpMessage.Keepalive)) throw new BgpFault(STATE_ERROR, 2);
                state = State.ESTABLISHED;
                retryNanos = RETRY_NANOS_MIN;
                heard(nowNanos);
                events.add(new BgpEvent.Established(told.begin(remoteOpen())));
            }
            case ESTABLISHED -> {
                if (message instanceof BgpMessage.Open) throw new BgpFault(STATE_ERROR, 3);
                heard(nowNanos);
                if (message instanceof BgpMessage.RouteRefresh(Family family) && family != null) told.repeat(family);
            }
            case IDLE, CONNECT -> {}
        }
    }

    /** RFC 4271 §6.2, RFC 6286 §2.2. */
    private void onOpen(BgpMessage.Open open, long nowNanos) throws BgpFault {
        if (open.remoteAs() != settings.remoteAs()) throw new BgpFault(OPEN_ERROR, 2);
        if (settings.sameAs() && open.routerId().equals(settings.routerId())) throw new BgpFault(OPEN_ERROR, 3);
        Set<Family> shared = EnumSet.copyOf(settings.families());
        shared.retainAll(open.families());
        if (shared.isEmpty()) throw new BgpFault(OPEN_ERROR, 7, MessageWriter.multiprotocol(settings.families()));
        remote = open;
        holdNanos = TimeUnit.SECONDS.toNanos(Math.min(open.holdSeconds(), settings.holdSeconds()));
        state = State.OPEN_CONFIRM;
        heard(nowNanos);
        send(MessageWriter.keepalive(), nowNanos);
        keepaliveAt = nextKeepalive(nowNanos);
    }

    private void heard(long nowNanos) {
        deadline = holdNanos > 0
                ? nowNanos + holdNanos
                : state == State.ESTABLISHED ? NEVER : nowNanos + OPEN_TIMEOUT_NANOS;
    }

    /** A third of the hold time, less up to a quarter of it by chance (RFC 4271 §10). */
    private long nextKeepalive(long nowNanos) {
        return holdNanos == 0 ? NEVER : nowNanos + spread(holdNanos / 3);
    }

    private long spread(long nanos) {
        return nanos - random.nextLong(nanos / 4);
    }

    public void onTimeout(long nowNanos) {
        if (nowNanos >= deadline) onDeadline(nowNanos);
        if (nowNanos >= keepaliveAt) {
            if (waiting.isEmpty()) send(MessageWriter.keepalive(), nowNanos);
            keepaliveAt = nextKeepalive(nowNanos);
        }
        if (nowNanos >= sendDeadline())
            end(new Notification(SEND_HOLD_TIMER_EXPIRED, 0, new byte[0]), "the router reads nothing", nowNanos);
    }

    private void onDeadline(long nowNanos) {
        switch (state) {
            case IDLE -> {
                state = State.CONNECT;
                deadline = nowNanos + CONNECT_TIMEOUT_NANOS;
                events.add(new BgpEvent.Connect());
            }
            case CONNECT -> end(null, "the router does not take the connection", nowNanos);
            case OPEN_SENT, OPEN_CONFIRM, ESTABLISHED ->
                end(
                        new Notification(HOLD_TIMER_EXPIRED, 0, new byte[0]),
                        "nothing came from the router within the hold time",
                        nowNanos);
        }
    }

    /** When {@link #onTimeout} is due; {@link #NEVER} while nothing is. */
    public long nextTimeout() {
        return Math.min(deadline, Math.min(keepaliveAt, sendDeadline()));
    }

    private long sendDeadline() {
        return waitingSince == NEVER ? NEVER : waitingSince + Math.max(SEND_HOLD_NANOS_MIN, 2 * holdNanos);
    }

    /** @return one message for the router, the caller's; null: none for now */
    public @Nullable ByteBuffer pollBytes() {
        ByteBuffer next = waiting.poll();
        if (waiting.isEmpty()) waitingSince = NEVER;
        return next == null && state == State.ESTABLISHED ? told.pollUpdate() : next;
    }

    public @Nullable BgpEvent pollEvent() {
        return events.poll();
    }

    private void send(ByteBuffer message, long nowNanos) {
        if (waiting.isEmpty()) waitingSince = nowNanos;
        waiting.add(message);
        if (waiting.size() > MAX_WAITING)
            end(new Notification(CEASE, OUT_OF_RESOURCES, new byte[0]), "the router reads nothing", nowNanos);
    }

    /** What waits goes unsaid: a session that ends withdraws all of it. */
    private void end(@Nullable Notification notification, String why, long nowNanos) {
        idle(nowNanos);
        if (notification != null) waiting.add(MessageWriter.notification(notification));
        events.add(new BgpEvent.Close(why));
    }

    private void idle(long nowNanos) {
        state = State.IDLE;
        reader.reset();
        waiting.clear();
        waitingSince = NEVER;
        keepaliveAt = NEVER;
        remote = null;
        deadline = shutDown ? NEVER : nowNanos + spread(retryNanos);
        retryNanos = Math.min(2 * retryNanos, RETRY_NANOS_MAX);
    }

    private BgpMessage.Open remoteOpen() {
        if (remote == null) throw new IllegalStateException("no OPEN came");
        return remote;
    }
}
