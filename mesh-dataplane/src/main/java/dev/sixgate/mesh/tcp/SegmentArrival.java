package dev.sixgate.mesh.tcp;

/** SEGMENT ARRIVES for a connection (RFC 9293 §3.10.7.3 and §3.10.7.4, with RFC 5961 and RFC 7323). */
final class SegmentArrival {
    private SegmentArrival() {}

    static void process(TcpConnection c, Segment segment, long nowNanos) {
        c.receivedSegments++;
        switch (c.state) {
            case CLOSED -> throw new AssertionError("a closed connection is still in the table");
            case PENDING -> pending(c, segment, nowNanos);
            case SYN_SENT -> synSent(c, segment, nowNanos);
            default -> synchronizedState(c, segment, nowNanos);
        }
    }

    /** Repetitions of the SYN are silent until the application has decided; only a RST ends it. */
    private static void pending(TcpConnection c, Segment segment, long nowNanos) {
        if (segment.is(Segment.RST) && Sequence.unwrap(segment.sequence, c.receive.next()) == c.receive.next())
            c.end(Failure.RESET.exception(), nowNanos);
    }

    private static void synSent(TcpConnection c, Segment segment, long nowNanos) {
        boolean hasAck = segment.is(Segment.ACK);
        if (hasAck && Sequence.unwrap(segment.acknowledgment, c.send.initial()) != c.send.initial() + 1) {
            if (!segment.is(Segment.RST)) c.stack.answers.reset(segment);
            return;
        }
        if (segment.is(Segment.RST)) {
            if (hasAck) c.end(Failure.REFUSED.exception(), nowNanos);
            return;
        }
        if (!segment.is(Segment.SYN)) return;
        c.lastReceivedAt = nowNanos;
        c.opening.takeSyn(segment, nowNanos);
        if (!hasAck) {
            // Both sides opened at once (§3.5, figure 7).
            c.state = TcpConnection.State.SYN_RECEIVED;
            c.opening.requestSyn();
            return;
        }
        c.send.onSynAcknowledged(c.receive.initial(), c.send.initial() + 1, segment.window);
        c.establish(segment, nowNanos);
        c.receive.acknowledgeNow();
        text(c, segment, c.receive.next(), nowNanos);
    }

    private static void synchronizedState(TcpConnection c, Segment segment, long nowNanos) {
        long sequence = Sequence.unwrap(segment.sequence, c.receive.next());
        if (segment.is(Segment.SYN) && !segment.is(Segment.RST)) {
            // RFC 5961 §4.2: whatever its sequence number. A remote that lost its state answers the challenge with RST.
            if (isOpeningAgain(c, sequence)) synAgain(c, segment, nowNanos);
            else c.receive.challenge(nowNanos);
            return;
        }
        if (!isAcceptable(c, segment, sequence, nowNanos)) return;
        if (segment.is(Segment.RST)) {
            // RFC 5961 §3.2: a blind guess inside the window must not end the connection.
            if (sequence == c.receive.next()) reset(c, nowNanos);
            else c.receive.challenge(nowNanos);
            return;
        }
        if (!segment.is(Segment.ACK)) return;
        if (!acknowledge(c, segment, sequence, nowNanos)) return;
        text(c, segment, sequence, nowNanos);
    }

    /** First check of §3.10.7.4, PAWS before it (RFC 7323 §5.3). */
    private static boolean isAcceptable(TcpConnection c, Segment segment, long sequence, long nowNanos) {
        boolean isReset = segment.is(Segment.RST);
        boolean isOld = !isReset && c.timestamps.isOld(segment, nowNanos);
        if (!isOld && c.receive.isAcceptable(sequence, segment.length())) return true;
        // With a closed window acknowledgements and resets are still heard.
        boolean isAtClosedWindow = !isOld && sequence == c.receive.next() && c.receive.edge() == sequence;
        if (isAtClosedWindow && (isReset || segment.is(Segment.ACK))) {
            c.receive.acknowledgeNow();
            return true;
        }
        if (isReset) return false;
        if (segment.payloadLength > 0) {
            c.receive.onDuplicate(sequence, segment.payloadLength);
            c.receive.acknowledgeNow();
            c.lastReceivedAt = nowNanos;
        } else {
            // Limited, or two sides that disagree would acknowledge each other for ever.
            c.receive.challenge(nowNanos);
        }
        if (segment.is(Segment.FIN)) c.receive.acknowledgeNow();
        return false;
    }

    private static boolean isOpeningAgain(TcpConnection c, long sequence) {
        return c.state == TcpConnection.State.SYN_RECEIVED && sequence == c.receive.initial();
    }

    /** The remote has not heard our SYN-ACK, or answers our SYN while we answer its (§3.5, figure 7). */
    private static void synAgain(TcpConnection c, Segment segment, long nowNanos) {
        boolean acknowledges = segment.is(Segment.ACK)
                && Sequence.unwrap(segment.acknowledgment, c.send.initial()) == c.send.initial() + 1;
        if (!acknowledges) {
            c.opening.requestSyn();
            return;
        }
        c.send.onSynAcknowledged(c.receive.initial(), c.send.initial() + 1, segment.window);
        c.establish(segment, nowNanos);
        c.receive.acknowledgeNow();
    }

    private static void reset(TcpConnection c, long nowNanos) {
        boolean isOver = switch (c.state) {
            case CLOSING, LAST_ACK -> !c.send.hasUnacknowledgedData();
            default -> false;
        };
        boolean isRefused = c.state == TcpConnection.State.SYN_RECEIVED && !c.isPassive();
        c.end(isOver ? null : (isRefused ? Failure.REFUSED : Failure.RESET).exception(), nowNanos);
    }

    /** Fifth check. @return whether to go on with the segment's text */
    private static boolean acknowledge(TcpConnection c, Segment segment, long sequence, long nowNanos) {
        SendHalf send = c.send;
        long ack = Sequence.unwrap(segment.acknowledgment, send.unacked());
        long offered = (long) segment.window << send.windowScale;
        if (c.state == TcpConnection.State.SYN_RECEIVED) {
            if (ack != send.initial() + 1) {
                c.stack.answers.reset(segment);
                return false;
            }
            heard(c, segment, sequence, nowNanos);
            send.onSynAcknowledged(sequence, ack, offered);
            c.establish(segment, nowNanos);
            return true;
        }
        // RFC 5961 §5.2: neither beyond what was sent nor older than any window allowed.
        if (ack > send.next() || ack < send.unacked() - send.maxWindow()) {
            c.receive.challenge(nowNanos);
            return false;
        }
        heard(c, segment, sequence, nowNanos);
        if (ack < send.unacked()) return true;
        send.onAck(segment, sequence, ack, offered, nowNanos);
        if (send.takeWritable()) c.signal(TcpConnection.WRITABLE);
        if (send.isFinAcknowledged()) c.onFinAcknowledged(nowNanos);
        return c.state != TcpConnection.State.CLOSED;
    }

    /**
     * Only a segment that passed every check says anything: a blind one with a wrong acknowledgement must neither set
     * the timestamp that later segments are measured by nor keep a dead connection alive.
     */
    private static void heard(TcpConnection c, Segment segment, long sequence, long nowNanos) {
        c.lastReceivedAt = nowNanos;
        c.keepalive.onReceived();
        c.timestamps.update(segment, sequence, c.receive.lastAckSent(), nowNanos);
    }

    /** Seventh and eighth check. */
    private static void text(TcpConnection c, Segment segment, long sequence, long nowNanos) {
        if (segment.payloadLength == 0 && !segment.is(Segment.FIN)) return;
        ReceiveHalf receive = c.receive;
        // Whatever follows the remote's FIN is void.
        if (receive.isFinReceived()) return;
        boolean isUnwanted = c.isAbandoned() && sequence + segment.payloadLength > receive.next();
        if (isUnwanted) {
            c.abort(nowNanos); // RFC 2525 §2.17
            return;
        }
        boolean news = receive.onText(segment, sequence, nowNanos);
        if (news) c.signal(TcpConnection.READABLE);
        if (receive.isFinReceived()) c.onFinReceived(nowNanos);
    }
}
