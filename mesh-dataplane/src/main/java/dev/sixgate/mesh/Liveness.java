package dev.sixgate.mesh;

import dev.sixgate.mesh.ipv6.Icmpv6;
import dev.sixgate.mesh.ipv6.Icmpv6Header;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import dev.sixgate.mesh.wireguard.PeerEvent;
import dev.sixgate.mesh.wireguard.WireGuard;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Notices in a third of a second that a peer is gone, where WireGuard alone takes 15. When what was sent to a peer has no
 * answer for max(4 SRTT, 200 ms), an ICMPv6 echo asks the address that it went to; the second echo comes with a handshake,
 * unless REKEY_TIMEOUT forbids one. After three echoes that nobody answered the peer is unreachable, until the first
 * authentic packet. Meanwhile it is asked again whenever a quarter of its absence has passed, within 1 to 30 s.
 *
 * <p>Silence of an address that never answered an echo (it may be filtered, or one dead host of many behind the peer) is no
 * evidence: there an unanswered handshake has to be, too. Without a session three unanswered initiations count as the probes.
 */
final class Liveness {
    static final long SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    static final long PROBE_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(60);
    static final int PROBES = 3;
    /** Where evidence has to wait for a handshake. */
    private static final long SLOW_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** A timer this late says that we were stalled; what came meanwhile may wait unread. */
    private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private static final long AGAIN_NANOS_MIN = TimeUnit.SECONDS.toNanos(1);
    private static final long AGAIN_NANOS_MAX = TimeUnit.SECONDS.toNanos(30);
    private static final int TCP_FLAGS = 13;
    private static final int TCP_DATA_OFFSET = 12;
    private static final int FIN_OR_SYN = 0x03;
    private static final int RST = 0x04;

    private final WireGuard wireGuard;
    private final Icmpv6 icmp;
    private final PriorityQueue<PathWatch> byWake = new PriorityQueue<>(Comparator.comparingLong(w -> w.wakeNanos));
    private final Queue<PathWatch> wantingProbe = new ArrayDeque<>();
    private final Queue<PeerEvent> events = new ArrayDeque<>();
    private int lastHandle;

    /** @param firstHandle random, so that nobody outside the tunnel can guess an echo's number */
    Liveness(WireGuard wireGuard, Icmpv6 icmp, int firstHandle) {
        this.wireGuard = wireGuard;
        this.icmp = icmp;
        this.lastHandle = firstHandle;
    }

    /** A packet is about to be sealed for the queue's peer. Borrows the buffer; {@code packet} is an absolute index. */
    void onSent(PeerQueue queue, ByteBuf buffer, int packet, int packetBytes, long nowNanos) {
        Answer answer = answerTo(buffer, packet, packetBytes);
        if (answer == Answer.NONE) return;
        PathWatch watch = watch(queue);
        if (answer == Answer.MORE_DATA && watch.answering == null) {
            if (watch.askAheadInNanos > 0) askAhead(watch, nowNanos); // the first was lost, or is under way
            return;
        }
        if (watch.isProbeUnderWay && isProbe(watch, buffer, packet)) {
            onProbeSent(watch, nowNanos);
            return;
        }
        boolean begins = !watch.isAwaiting || watch.isAnswered();
        watch.lastAskedNanos = nowNanos;
        if (!begins || watch.isUnreachable) return;
        watch.measured(queue.smoothedRttNanos());
        if (!goesBetween(watch, buffer, packet)) {
            watch.source = Ipv6Header.source(buffer, packet);
            watch.destination = Ipv6Header.destination(buffer, packet);
        }
        await(watch, nowNanos);
    }

    /** Packets wait for a session with the queue's peer. */
    void onSessionAwaited(PeerQueue queue, long nowNanos) {
        PathWatch watch = watch(queue);
        if (watch.isUnreachable || watch.isAwaiting || queue.peer().endpoint() == null) return;
        watch.lastAskedNanos = nowNanos;
        await(watch, nowNanos);
    }

    /** What a packet lets us expect of its receiver. */
    enum Answer {
        /** To a reset, an error, an echo reply. */
        NONE,
        /** To a pure acknowledgement: the download goes on, or was at its end. Worth an echo where echoes are answered. */
        MORE_DATA,
        /** To TCP that takes sequence space, UDP, an echo request. */
        OWED
    }

    static Answer answerTo(ByteBuf buffer, int packet, int packetBytes) {
        int upper = packet + Ipv6Header.BYTES;
        int upperBytes = packetBytes - Ipv6Header.BYTES;
        return switch (Ipv6Header.nextHeader(buffer, packet)) {
            case Ipv6Header.TCP -> {
                int flags = buffer.getByte(upper + TCP_FLAGS);
                int headerBytes = (buffer.getUnsignedByte(upper + TCP_DATA_OFFSET) >>> 4) * 4;
                if ((flags & RST) != 0) yield Answer.NONE;
                yield (flags & FIN_OR_SYN) != 0 || upperBytes > headerBytes ? Answer.OWED : Answer.MORE_DATA;
            }
            case Ipv6Header.UDP -> Answer.OWED;
            case Ipv6Header.ICMPV6 ->
                Icmpv6Header.type(buffer, upper) == Icmpv6Header.ECHO_REQUEST ? Answer.OWED : Answer.NONE;
            default -> Answer.NONE;
        };
    }

    private static boolean goesBetween(PathWatch watch, ByteBuf buffer, int packet) {
        return watch.destination.low() == Ipv6Header.destinationLow(buffer, packet)
                && watch.destination.high() == Ipv6Header.destinationHigh(buffer, packet)
                && watch.source.low() == Ipv6Header.sourceLow(buffer, packet)
                && watch.source.high() == Ipv6Header.sourceHigh(buffer, packet);
    }

    private static PathWatch watch(PeerQueue queue) {
        PathWatch watch = queue.watch;
        if (watch == null) queue.watch = watch = new PathWatch(queue.peer());
        return watch;
    }

    private void await(PathWatch watch, long now) {
        watch.isAwaiting = true;
        watch.awaitingSinceNanos = now;
        watch.probes = 0;
        watch.wasLate = false;
        wakeAt(watch, now + silence(watch));
    }

    /** One echo before it is needed, to a peer that has traffic: an address known to answer makes the verdict faster. */
    private void askAhead(PathWatch watch, long now) {
        if (watch.answering != null || !watch.peer.hasSession(now)) return;
        if (watch.askAheadInNanos > 0 && now - watch.askedAheadNanos < watch.askAheadInNanos) return;
        watch.askAheadInNanos = Math.clamp(2 * watch.askAheadInNanos, AGAIN_NANOS_MIN, AGAIN_NANOS_MAX);
        watch.askedAheadNanos = now;
        watch.isAskingAhead = true;
        wantProbe(watch);
    }

    private static long silence(PathWatch watch) {
        return Math.max(SILENCE_NANOS, 4 * watch.smoothedRttNanos());
    }

    private static long interval(PathWatch watch) {
        return Math.max(PROBE_INTERVAL_NANOS, 2 * watch.smoothedRttNanos());
    }

    private void wantProbe(PathWatch watch) {
        if (watch.isProbeWanted || watch.destination.equals(Ipv6Address.UNSPECIFIED)) return;
        watch.isProbeWanted = true;
        wantingProbe.add(watch);
    }

    /** The next echo request to send, owned by the caller, or null. */
    @Nullable
    ByteBuf pollProbe() {
        PathWatch watch = wantingProbe.poll();
        if (watch == null) return null;
        watch.isProbeWanted = false;
        watch.isProbeUnderWay = true;
        watch.probeHandle = ++lastHandle;
        return icmp.echoRequest(watch.source, watch.destination, watch.probeHandle, 0);
    }

    private static boolean isProbe(PathWatch watch, ByteBuf buffer, int packet) {
        return Ipv6Header.nextHeader(buffer, packet) == Ipv6Header.ICMPV6
                && Icmpv6Header.parameter(buffer, packet + Ipv6Header.BYTES) == watch.probeHandle;
    }

    private void onProbeSent(PathWatch watch, long now) {
        watch.isProbeUnderWay = false;
        watch.hasProbed = true;
        watch.probeSentNanos = now;
        if (watch.isAskingAhead) watch.isAskingAhead = false;
        else if (watch.probes++ == 0) watch.firstProbeNanos = now;
    }

    /**
     * @param reply from an address of a peer, checksum checked; borrowed
     * @return false when it is not the answer to the latest probe
     */
    boolean onEchoReply(ByteBuf reply, int offset, long nowNanos) {
        Ipv6Address from = Ipv6Header.source(reply, reply.readerIndex());
        WireGuardPeer peer = wireGuard.route(from.high(), from.low());
        PathWatch watch = peer != null && peer.attachment instanceof PeerQueue queue ? queue.watch : null;
        int handle = Icmpv6Header.parameter(reply, reply.readerIndex() + offset);
        if (watch == null || !watch.hasProbed || !watch.destination.equals(from)) return false;
        int age = watch.probeHandle - handle;
        if (age != 0 && (age < 0 || age > PROBES)) return false;
        watch.answering = from;
        if (age == 0 && !watch.isProbeUnderWay) watch.measuredByEcho(nowNanos - watch.probeSentNanos);
        return true;
    }

    void onTimeout(long nowNanos) {
        for (PathWatch watch = byWake.peek(); watch != null && watch.wakeNanos <= nowNanos; watch = byWake.peek()) {
            byWake.remove();
            watch.isQueued = false;
            if (watch.probes == 0 && !watch.isUnreachable) askAhead(watch, nowNanos);
            if (watch.dueNanos > nowNanos) wakeAt(watch, watch.dueNanos);
            else onDue(watch, nowNanos);
        }
    }

    long nextTimeout() {
        PathWatch first = byWake.peek();
        return first == null ? Mesh.NEVER : first.wakeNanos;
    }

    private void wakeAt(PathWatch watch, long due) {
        watch.dueNanos = due;
        if (due == Mesh.NEVER || watch.isQueued && watch.wakeNanos <= due) return;
        if (watch.isQueued) byWake.remove(watch);
        watch.isQueued = true;
        watch.wakeNanos = due;
        byWake.add(watch);
    }

    private void onDue(PathWatch watch, long now) {
        boolean isLate = now - watch.dueNanos > LATE_NANOS && !watch.wasLate;
        watch.dueNanos = Mesh.NEVER;
        if (watch.isUnreachable) {
            askAgain(watch, now);
        } else if (!watch.isAwaiting || watch.isAnswered()) {
            watch.isAwaiting = false;
        } else if (isLate) {
            watch.wasLate = true;
            wakeAt(watch, now + interval(watch));
        } else if (!watch.peer.hasSession(now)) {
            onSilentHandshake(watch, now);
        } else {
            onSilence(watch, now);
        }
    }

    private void onSilence(PathWatch watch, long now) {
        long silentSince = watch.silentSince();
        if (watch.probes > 0 && silentSince >= watch.firstProbeNanos) watch.probes = 0;
        if (now - silentSince < silence(watch)) {
            wakeAt(watch, silentSince + silence(watch));
            return;
        }
        if (watch.isProbeWanted || watch.isProbeUnderWay) { // it waits for our own socket
            wakeAt(watch, now + interval(watch));
            return;
        }
        boolean isHandshakeSilent = watch.peer.lastInitiationNanos() >= silentSince
                && now - watch.peer.lastInitiationNanos() >= interval(watch);
        if (watch.probes >= PROBES && (isHandshakeSilent || watch.destination.equals(watch.answering))) {
            declare(watch, now);
            return;
        }
        if (watch.probes > 0) watch.peer.refresh(now);
        wantProbe(watch);
        wakeAt(watch, now + (watch.probes >= PROBES ? SLOW_INTERVAL_NANOS : interval(watch)));
    }

    private void onSilentHandshake(PathWatch watch, long now) {
        if (watch.peer.endpoint() == null) {
            watch.isAwaiting = false;
            return;
        }
        boolean isOver = watch.peer.unansweredInitiations() >= PROBES
                && now - watch.peer.lastInitiationNanos() >= silence(watch);
        if (isOver) declare(watch, now);
        else wakeAt(watch, now + SLOW_INTERVAL_NANOS);
    }

    private void declare(PathWatch watch, long now) {
        boolean hasSession = watch.peer.hasSession(now);
        watch.isUnreachable = true;
        watch.unreachableSinceNanos = now;
        watch.peer.declareUnreachable(now);
        int probes = hasSession ? watch.probes : watch.peer.unansweredInitiations();
        events.add(new PeerEvent.Unreachable(
                watch.peer, watch.silentSince(), probes, watch.peer.lastReceivedNanos(), now));
        wakeAt(watch, now + AGAIN_NANOS_MIN);
    }

    private void askAgain(PathWatch watch, long now) {
        if (watch.peer.hasSession(now)) wantProbe(watch);
        watch.peer.refresh(now);
        long absence = now - watch.unreachableSinceNanos;
        wakeAt(watch, now + Math.clamp(absence / 4, AGAIN_NANOS_MIN, AGAIN_NANOS_MAX));
    }

    /** The peer was heard. What was sent before is TCP's to repeat. */
    void onReachable(WireGuardPeer peer) {
        if (!(peer.attachment instanceof PeerQueue queue)) return;
        PathWatch watch = queue.watch;
        if (watch == null) return;
        watch.isUnreachable = false;
        watch.isAwaiting = false;
        watch.probes = 0;
        // An echo's silence was wrong, or the peer is not the one it was: it has to answer anew to be believed.
        watch.answering = null;
        watch.askAheadInNanos = 0;
    }

    /** Forgets a peer that was removed. */
    void forget(PathWatch watch) {
        if (watch.isQueued) byWake.remove(watch);
        if (watch.isProbeWanted) wantingProbe.remove(watch);
        events.removeIf(event -> event.peer() == watch.peer);
        watch.isQueued = watch.isProbeWanted = watch.isAwaiting = false;
    }

    @Nullable
    PeerEvent pollEvent() {
        return events.poll();
    }
}
