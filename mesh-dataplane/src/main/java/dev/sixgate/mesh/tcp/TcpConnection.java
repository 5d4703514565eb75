package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection (RFC 9293). The owner feeds it through {@link TcpStack}; the application side is polled: after
 * {@link TcpStack#pollReady} yields it, {@link #takeReadiness} says what changed.
 *
 * <p>Bytes that were received stay readable after {@link #CLOSED} until {@link #close} or {@link #abort}, which the
 * application calls in every case.
 */
public final class TcpConnection extends DeadlineHeap.Entry {
    /** The handshake completed (either role). */
    public static final int CONNECTED = 1;
    /** {@link #read} has something, or {@link #isInputShutdown} turned true. */
    public static final int READABLE = 2;
    /** {@link #write} was refused before and would take bytes now. */
    public static final int WRITABLE = 4;
    /** Gone: all sent data acknowledged and both sides closed, or failed; {@link #failure} says why. */
    public static final int CLOSED = 8;

    /** RFC 9293 §3.3.2. TIME-WAIT is not here: it needs no connection, see {@link TimeWaitTable}. */
    enum State {
        /** A SYN that the application has not answered yet; to the remote this is LISTEN. */
        PENDING,
        SYN_SENT,
        SYN_RECEIVED,
        ESTABLISHED,
        FIN_WAIT_1,
        FIN_WAIT_2,
        CLOSE_WAIT,
        CLOSING,
        LAST_ACK,
        CLOSED
    }

    /** Whether the owner of the stack knows that this connection wants to transmit. */
    enum Transmission {
        IDLE,
        QUEUED,
        HELD
    }

    /** ICMPv6 destination unreachable codes (RFC 4443 §3.1). */
    private static final int CODE_PROHIBITED = 1;

    private static final int CODE_PORT = 4;

    final TcpStack stack;
    final TcpOptions options;
    private final Ipv6Address localAddress;
    private final int localPort;
    private final Ipv6Address remoteAddress;
    private final int remotePort;
    private final @Nullable TcpListener listener;
    final long openedAt;

    State state;
    final Timestamps timestamps;
    boolean sackPermitted;
    boolean windowScaling;
    final ReceiveHalf receive;
    final PathProbe pathProbe;
    final SendHalf send;
    final Opening opening;
    final Keepalive keepalive;

    Transmission transmission = Transmission.IDLE;
    boolean isQueuedReady;
    boolean isQueuedTidy;
    /** The application has seen it: {@link TcpListener#pollPending} gave it out, or it was opened actively. */
    boolean isTaken;
    /** A SYN cookie completed the handshake before the application could answer. */
    boolean isUnanswered;

    private int readiness;
    private boolean isAbandoned;
    private @Nullable IOException failure;
    private final Lifetime lifetime;
    /** Flags of the one segment that a closed connection still owes, or 0. */
    private int farewell;

    private long farewellSequence;

    long lastReceivedAt;
    private long sentSegments;
    long receivedSegments;

    /** @param listener null for an active open, whose SYN is due at once */
    TcpConnection(
            TcpStack stack,
            Ipv6Address localAddress,
            int localPort,
            Ipv6Address remoteAddress,
            int remotePort,
            TcpOptions options,
            @Nullable TcpListener listener,
            int initialSequence,
            int timestampOffset,
            long nowNanos) {
        this.stack = stack;
        this.localAddress = localAddress;
        this.localPort = localPort;
        this.remoteAddress = remoteAddress;
        this.remotePort = remotePort;
        this.options = options;
        this.listener = listener;
        openedAt = nowNanos;
        lastReceivedAt = nowNanos;
        lifetime = new Lifetime(this, nowNanos);
        state = listener == null ? State.SYN_SENT : State.PENDING;
        isTaken = listener == null;
        timestamps = new Timestamps(timestampOffset);
        receive = new ReceiveHalf(this, options.receiveBufferBytes());
        pathProbe = new PathProbe(this);
        send = new SendHalf(
                this, initialSequence, options.sendBufferBytes(), stack.maxSegment(), pathProbe.openingMss(nowNanos));
        opening = new Opening(this);
        keepalive = new Keepalive(this);
        if (listener == null) opening.requestSyn();
    }

    public Ipv6Address localAddress() {
        return localAddress;
    }

    public int localPort() {
        return localPort;
    }

    public Ipv6Address remoteAddress() {
        return remoteAddress;
    }

    public int remotePort() {
        return remotePort;
    }

    boolean isReady() {
        return readiness != 0;
    }

    /** Bits of what became true since the last call. */
    public int takeReadiness() {
        int taken = readiness;
        readiness = 0;
        return taken;
    }

    /** Established or later and not closed; one that is still to be accepted is not. */
    public boolean isConnected() {
        return isSynchronized() && !isUnanswered;
    }

    /** Both SYNs are acknowledged, and it is not closed. */
    boolean isSynchronized() {
        return state.compareTo(State.ESTABLISHED) >= 0 && state != State.CLOSED;
    }

    /** The remote closed its half and everything before its FIN has been read. */
    public boolean isInputShutdown() {
        return receive.isEnded();
    }

    /** Answers a pending SYN with SYN-ACK; {@link #CONNECTED} follows when the remote acknowledges. */
    public void accept(long nowNanos) {
        if (isUnanswered && state != State.CLOSED) {
            answered();
            lifetime.unlimited();
            signal(receive.unread() > 0 || receive.isFinReceived() ? CONNECTED | READABLE : CONNECTED);
            settle();
        }
        if (state != State.PENDING) return;
        answered();
        state = State.SYN_RECEIVED;
        lifetime.opens(nowNanos);
        opening.requestSyn();
        settle();
    }

    /** Answers a pending SYN with RST; the connection is gone without an event. */
    public void refuse(long nowNanos) {
        if (isUnanswered && state != State.CLOSED) {
            isTaken = false;
            abort(nowNanos);
        }
        if (state != State.PENDING) return;
        isTaken = false;
        bidFarewell(Segment.RST | Segment.ACK, 0);
        end(null, nowNanos);
    }

    /**
     * The next bytes in order, owned by the caller, or null. Reading opens the window (updates by RFC 9293
     * §3.8.6.2.2, never shrinking the right edge).
     */
    public @Nullable ByteBuf read(long nowNanos) {
        ByteBuf bytes = receive.read(nowNanos);
        if (bytes == null) return null;
        if (receive.isEnded()) signal(READABLE);
        if (state == State.CLOSED) {
            if (receive.unread() == 0) stack.onAllRead(this);
        } else if (receive.isAckDue()) {
            stack.requestTransmit(this);
        }
        return bytes;
    }

    /** Bytes that {@link #read} would give now. */
    public int readableBytes() {
        return receive.unread();
    }

    /**
     * Moves bytes from {@code data} into the send buffer up to its mark: a retained slice or, when small, a copy; the
     * reader index of {@code data} advances by what was taken. When not everything fits, {@link #WRITABLE} follows.
     * Before the handshake is over, bytes wait; after a failure they are not taken.
     *
     * @return bytes taken, 0 or more
     * @throws IllegalStateException after {@link #shutdownOutput} or close
     */
    public int write(ByteBuf data, long nowNanos) {
        if (send.isFinRequested() || isAbandoned)
            throw new IllegalStateException("this side of the connection was shut down before");
        if (state == State.CLOSED || state == State.PENDING) return 0;
        int taken = send.write(data);
        if (taken > 0) stack.requestTransmit(this);
        return taken;
    }

    /** Bytes the send buffer would take now. */
    public int writableBytes() {
        return state == State.CLOSED || send.isFinRequested() ? 0 : send.free();
    }

    /** FIN after everything written. Idempotent. */
    public void shutdownOutput(long nowNanos) {
        if (state == State.CLOSED || state == State.PENDING || send.isFinRequested()) return;
        send.requestFin();
        if (state == State.ESTABLISHED) state = State.FIN_WAIT_1;
        else if (state == State.CLOSE_WAIT) state = State.LAST_ACK;
        stack.requestTransmit(this);
    }

    /**
     * The application is done with both directions: FIN after everything written; data that still arrives, or is
     * unread, is answered with RST (RFC 2525 §2.17). The connection goes on by itself to TIME-WAIT.
     */
    public void close(long nowNanos) {
        if (state == State.PENDING || isUnanswered) refuse(nowNanos);
        boolean resets = state == State.SYN_SENT || receive.unread() > 0;
        if (state == State.CLOSED || resets) {
            abort(nowNanos);
            return;
        }
        if (isAbandoned) return;
        isAbandoned = true;
        shutdownOutput(nowNanos);
        lifetime.linger(nowNanos);
        settle();
    }

    /** RST now; buffers are released. */
    public void abort(long nowNanos) {
        if (state == State.PENDING) refuse(nowNanos);
        isAbandoned = true;
        receive.releaseUnread();
        if (state == State.CLOSED) {
            stack.onAllRead(this);
            return;
        }
        // RFC 9293 §3.10.5: nothing to reset before a SYN was answered, or when both FINs are out and all is delivered.
        boolean isOver = switch (state) {
            case SYN_SENT -> true;
            case CLOSING, LAST_ACK -> !send.hasUnacknowledgedData();
            default -> false;
        };
        if (!isOver) bidFarewell(Segment.RST | Segment.ACK, send.next());
        end(null, nowNanos);
    }

    /**
     * Why it ended: {@code ConnectException} (refused), {@code NoRouteToHostException},
     * {@code SocketTimeoutException}, {@code IOException("Connection reset by peer")}; null: orderly or not ended.
     * Without stack trace.
     */
    public @Nullable IOException failure() {
        return failure;
    }

    /**
     * Writes one whole IPv6 packet at the writer index of {@code target}, which has at least the MTU's room.
     *
     * @return false when there is nothing to send now; {@code target} is then unchanged
     */
    public boolean pollPacket(ByteBuf target, long nowNanos) {
        boolean wrote = switch (state) {
            case PENDING -> false;
            case CLOSED -> pollFarewell(target, nowNanos);
            case SYN_SENT, SYN_RECEIVED -> pollSyn(target, nowNanos) || pollAck(target, nowNanos);
            default -> send.poll(target, nowNanos) || send.pollProbe(target, nowNanos) || pollAck(target, nowNanos);
        };
        if (!wrote && transmission == Transmission.HELD) transmission = Transmission.IDLE;
        if (state != State.CLOSED) stack.deadlines.update(this);
        return wrote;
    }

    private boolean pollSyn(ByteBuf target, long nowNanos) {
        boolean wrote = opening.poll(target, state == State.SYN_RECEIVED, nowNanos);
        if (wrote) sentSegments++;
        return wrote;
    }

    private boolean pollAck(ByteBuf target, long nowNanos) {
        if (!receive.isAckDue()) return false;
        writeSegment(target, send.next(), Segment.ACK, 0, nowNanos);
        return true;
    }

    private boolean pollFarewell(ByteBuf target, long nowNanos) {
        if (farewell == 0) return false;
        writeSegment(target, farewellSequence, farewell, 0, nowNanos);
        farewell = 0;
        return true;
    }

    void writeSegment(ByteBuf target, long sequence, int flags, int payloadLength, long nowNanos) {
        stack.writer.write(this, target, sequence, flags, payloadLength, nowNanos);
        sentSegments++;
        receive.onAckSent();
    }

    /** RFC 6298 SRTT; -1 before the first sample. */
    public long smoothedRttNanos() {
        return send.rtt.smoothedNanos();
    }

    /** The shortest round trip so far; -1 before the first sample. */
    public long minRttNanos() {
        return send.rtt.minimumNanos();
    }

    /** Bytes per second that the path delivered lately; -1 before the first sample. */
    public long deliveryRate() {
        return send.retransmission.rate.rate();
    }

    public long retransmittedSegments() {
        return send.retransmission.retransmittedSegments();
    }

    /** A copy of the figures that explain shows. */
    public TcpStatistics statistics(long nowNanos) {
        return new TcpStatistics(
                state == State.PENDING ? State.SYN_RECEIVED.name() : state.name(),
                opening.connectNanos(),
                send.rtt.smoothedNanos(),
                send.rtt.minimumNanos(),
                send.sentBytes(),
                receive.receivedBytes(),
                sentSegments,
                receivedSegments,
                retransmittedSegments(),
                deliveryRate(),
                send.heldNanos(nowNanos),
                (int) Math.min(send.congestion.window(), Integer.MAX_VALUE),
                send.mss(),
                options.congestionControl());
    }

    /** Free for the transport: its channel. */
    public @Nullable Object attachment;

    /** Free for the mesh: the peer's transmit queue it belongs to. */
    public @Nullable Object path;

    boolean matches(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        return remoteAddress.low() == remoteLow
                && this.remotePort == remotePort
                && this.localPort == localPort
                && remoteAddress.high() == remoteHigh
                && localAddress.low() == localLow
                && localAddress.high() == localHigh;
    }

    boolean isPassive() {
        return listener != null;
    }

    /** {@link #close} was called: nobody reads any more. */
    boolean isAbandoned() {
        return isAbandoned;
    }

    int timestampBytes() {
        return timestamps.isEnabled() ? SegmentWriter.TIMESTAMP_BYTES : 0;
    }

    /** Payload that fits beside the options a segment would carry now. */
    int payloadBytes() {
        return send.mss() - stack.writer.optionBytes(this);
    }

    void signal(int bits) {
        if (isUnanswered && bits != CLOSED) return; // accept tells of it
        readiness |= bits;
        stack.enqueueReady(this);
    }

    /** After every event: timers may be earlier, and something may want to leave. */
    void settle() {
        if (state == State.CLOSED) return;
        stack.deadlines.update(this);
        stack.requestTransmit(this);
    }

    /** Our SYN was acknowledged. */
    void establish(Segment segment, long nowNanos) {
        state = send.isFinRequested() ? State.FIN_WAIT_1 : State.ESTABLISHED;
        if (!isAbandoned && !isUnanswered) lifetime.unlimited();
        if (listener != null && !isUnanswered) listener.onHalfOpenEnded();
        opening.complete(segment, nowNanos);
        signal(CONNECTED);
    }

    void onFinAcknowledged(long nowNanos) {
        switch (state) {
            case FIN_WAIT_1 -> {
                state = State.FIN_WAIT_2;
                if (isAbandoned) lifetime.linger(nowNanos);
            }
            case CLOSING -> enterTimeWait(nowNanos);
            case LAST_ACK -> end(null, nowNanos);
            default -> {
                // Acknowledged before.
            }
        }
    }

    void onFinReceived(long nowNanos) {
        signal(READABLE);
        switch (state) {
            case ESTABLISHED -> state = State.CLOSE_WAIT;
            case FIN_WAIT_1 -> state = State.CLOSING; // our FIN acknowledged would have made it FIN_WAIT_2
            case FIN_WAIT_2 -> enterTimeWait(nowNanos);
            default -> {
                // Heard before.
            }
        }
    }

    private void enterTimeWait(long nowNanos) {
        int window = receive.windowField();
        stack.timeWait.add(this, (int) receive.next(), (int) send.next(), window, timestamps, nowNanos);
        // From CLOSING the remote's FIN was answered before; its acknowledgement of ours is not to be answered.
        if (receive.isAckDue()) bidFarewell(Segment.ACK, send.next());
        end(null, nowNanos);
    }

    private void bidFarewell(int flags, long sequence) {
        farewell = flags;
        farewellSequence = sequence;
    }

    /** Enters CLOSED. What was received in order stays readable unless nobody will. */
    void end(@Nullable IOException why, long nowNanos) {
        if (state == State.CLOSED) return;
        if (state == State.PENDING || isUnanswered) answered();
        else if (state == State.SYN_RECEIVED && listener != null) listener.onHalfOpenEnded();
        if (state == State.PENDING && listener != null) listener.onHalfOpenEnded();
        state = State.CLOSED;
        failure = why;
        lifetime.unlimited();
        send.release();
        receive.releaseOutOfOrder();
        if (isAbandoned) receive.releaseUnread();
        stack.remove(this);
        if (isTaken) signal(CLOSED);
        if (farewell != 0) stack.requestTransmit(this);
    }

    private void answered() {
        if (listener == null) return;
        if (isUnanswered) listener.onCompletedAnswered(this);
        else listener.onPendingAnswered(this);
        isUnanswered = false;
    }

    @Override
    long deadline() {
        long earliest = Math.min(lifetime.endsAt(), send.retransmission.deadline());
        earliest = Math.min(earliest, Math.min(send.persistAt(), send.pacedUntil()));
        earliest = Math.min(earliest, receive.ackAt());
        return Math.min(earliest, keepalive.deadline());
    }

    void onDeadline(long nowNanos) {
        if (lifetime.endsAt() <= nowNanos && !lifetime.onTimeout(nowNanos)) return;
        if (send.pacedUntil() <= nowNanos) send.onPacingTimeout();
        if (send.retransmission.deadline() <= nowNanos && !onRetransmissionTimer(nowNanos)) {
            end(Failure.TIMEOUT.exception(), nowNanos);
            return;
        }
        if (send.persistAt() <= nowNanos && !send.onPersistTimeout(nowNanos)) {
            end(Failure.TIMEOUT.exception(), nowNanos);
            return;
        }
        receive.onAckTimeout(nowNanos);
        if (keepalive.deadline() <= nowNanos && !keepalive.onTimeout(nowNanos))
            end(Failure.TIMEOUT.exception(), nowNanos);
        settle();
    }

    private boolean onRetransmissionTimer(long nowNanos) {
        if (!isSynchronized()) opening.onTimeout();
        else if (!send.retransmission.onTimer(nowNanos)) return false;
        if (isSynchronized()) pathProbe.onTimeout(send.retransmission.timeouts(), nowNanos);
        if (isFailing()) stack.onFailing(this);
        return true;
    }

    /** Its connect time-out is over. */
    void endUnopened(long nowNanos) {
        if (isUnanswered) bidFarewell(Segment.RST | Segment.ACK, send.next());
        end(Failure.CONNECT_TIMEOUT.exception(), nowNanos);
    }

    boolean isFailing() {
        return switch (state) {
            case CLOSED, PENDING -> false;
            case SYN_SENT, SYN_RECEIVED -> true; // only told of after a repetition
            default -> send.retransmission.isFailing();
        };
    }

    /** @return whether it still waits for progress */
    boolean onPathRestored(long nowNanos) {
        if (!isFailing()) return false;
        if (isSynchronized()) send.retransmission.onPathRestored(nowNanos);
        else opening.onPathRestored();
        settle();
        return true;
    }

    /** RFC 5927 §4: an error about an established connection is only a hint, which timers confirm or not. */
    void onUnreachable(int code, long nowNanos) {
        if (isSynchronized()) return;
        Failure why = switch (code) {
            case CODE_PORT -> Failure.REFUSED;
            case CODE_PROHIBITED -> Failure.PROHIBITED;
            default -> Failure.UNREACHABLE;
        };
        end(why.exception(), nowNanos);
    }

    void onPacketTooBig(int mtu, long nowNanos) {
        pathProbe.onTooBig(mtu, nowNanos);
        if (isSynchronized()) pathProbe.follow(nowNanos);
        settle();
    }
}
