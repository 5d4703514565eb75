package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.FlowGate;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import dev.sixgate.mesh.ipv6.PathMtuCache;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.BindException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * All TCP of one mesh: demultiplexing, listeners, TIME-WAIT, timers and who wants to transmit. Reads no clock, opens no
 * socket, never calls up: after any input the owner drains {@link #pollReady} and {@link #pollTransmitter}. One thread
 * at a time. {@code nowNanos} is monotonic and never goes back.
 */
public final class TcpStack {
    public static final long NEVER = Long.MAX_VALUE;

    private static final int MIN_MTU = 1280;
    private static final int MAX_MTU = 65_535;
    static final int MAX_CONNECTIONS = 1 << 20;
    private static final long NANOS_PER_SEQUENCE = 4000;
    /** A new connection in place of one in TIME-WAIT begins beyond every window the old one had (RFC 6191 §2). */
    private static final int REUSE_SEQUENCE_GAP = 1 << 17;

    static final int NO_TIME_WAIT = -1;

    final ByteBufAllocator allocator;
    final TcpMemory memory = new TcpMemory();
    final SegmentWriter writer = new SegmentWriter();
    final DeadlineHeap deadlines = new DeadlineHeap();
    final AckSample ackSample = new AckSample();
    final TimeWaitTable timeWait;
    final StatelessAnswers answers;
    final ChallengeBudget challenges;
    private final int mtu;
    private final PathMtuCache pathMtus;
    private final ConnectTimes connectTimes = new ConnectTimes();
    private final long startedAt;
    private final SipHash sequences;
    private final SipHash timestampOffsets;
    private final EphemeralPorts ephemeralPorts;
    private final ConnectionTable connections;
    private final Listeners listeners;
    private final LinkedHashSet<TcpConnection> closedButUnread = new LinkedHashSet<>();
    /** Those whose timer fired in vain, and some that made progress since. */
    private final LinkedHashSet<TcpConnection> failing = new LinkedHashSet<>();

    private final ArrayDeque<TcpConnection> ready = new ArrayDeque<>();
    private final ArrayDeque<TcpConnection> transmitters = new ArrayDeque<>();
    /** Those whose application may have left something unread. */
    private final ArrayDeque<TcpConnection> untidy = new ArrayDeque<>();

    private final Segment segment = new Segment();
    private boolean isClosed;
    private FlowGate gate = FlowGate.OPEN;

    /**
     * @param mtu inner MTU, 1280 or more; MSS is 60 less
     * @param random seeds initial sequence numbers (RFC 6528) and ephemeral ports (RFC 6056)
     */
    public TcpStack(int mtu, RandomGenerator random, ByteBufAllocator allocator, long nowNanos) {
        if (mtu < MIN_MTU || mtu > MAX_MTU)
            throw new IllegalArgumentException("mtu " + mtu + " is not between " + MIN_MTU + " and " + MAX_MTU);
        this.mtu = mtu;
        pathMtus = new PathMtuCache(mtu);
        this.allocator = allocator;
        startedAt = nowNanos;
        sequences = new SipHash(random);
        timestampOffsets = new SipHash(random);
        ephemeralPorts = new EphemeralPorts(random);
        connections = new ConnectionTable(random);
        timeWait = new TimeWaitTable(connections, TimeWaitTable.MAX_ENTRIES);
        answers = new StatelessAnswers(allocator, writer);
        challenges = new ChallengeBudget(random, nowNanos);
        listeners = new Listeners(this, random, nowNanos);
    }

    /**
     * Takes one IPv6 packet whose upper layer is TCP and whose destination is ours. {@code readerIndex} is at the IPv6
     * header, lengths are checked, {@code tcpOffset} is the distance to the TCP header. The checksum is checked here.
     *
     * @param packet ownership passes to the stack, which releases it in every case; payloads are kept as retained slices
     */
    public void onPacket(ByteBuf packet, int tcpOffset, long ingressNanos) {
        try {
            if (!isClosed && segment.read(packet, tcpOffset) && isUnicast(segment.sourceHigh, segment.sourceLow))
                onSegment(segment, ingressNanos);
        } finally {
            packet.release();
        }
    }

    /** Asked about SYNs to listeners; those it does not admit are answered with RST. */
    public void gate(FlowGate newGate) {
        gate = newGate;
    }

    /** RFC 9293 §3.9.2.3: segments from multicast and from nowhere are dropped in silence. */
    private static boolean isUnicast(long high, long low) {
        return high >>> 56 != 0xff && (high | low) != 0;
    }

    private void onSegment(Segment s, long nowNanos) {
        TcpConnection connection = connections.find(
                s.destinationHigh, s.destinationLow, s.destinationPort, s.sourceHigh, s.sourceLow, s.sourcePort);
        if (connection != null) {
            SegmentArrival.process(connection, s, nowNanos);
            connection.settle();
            return;
        }
        int waiting = timeWait.find(
                s.destinationHigh, s.destinationLow, s.destinationPort, s.sourceHigh, s.sourceLow, s.sourcePort);
        TcpListener listener = listeners.find(s.destinationHigh, s.destinationLow, s.destinationPort);
        boolean isNewSyn = (s.flags & (Segment.SYN | Segment.ACK | Segment.RST | Segment.FIN)) == Segment.SYN;
        if (waiting != NO_TIME_WAIT && !(isNewSyn && listener != null && mayReplace(waiting, s))) {
            onTimeWait(waiting, s, nowNanos);
        } else if (listener == null) {
            answers.reset(s);
        } else if (s.is(Segment.ACK)) {
            // RFC 9293 §3.10.7.2, second
            if (!listeners.onAcknowledgement(listener, s, nowNanos)) answers.reset(s);
        } else if (isNewSyn) {
            boolean admitted = gate.admits(
                    Ipv6Header.TCP,
                    s.sourceHigh,
                    s.sourceLow,
                    s.sourcePort,
                    s.destinationHigh,
                    s.destinationLow,
                    s.destinationPort);
            if (admitted) listeners.onSyn(listener, s, waiting, nowNanos);
            else answers.reset(s);
        }
    }

    /** RFC 6191 §2: a SYN that cannot be an old duplicate. */
    private boolean mayReplace(int waiting, Segment syn) {
        boolean isBeyond = syn.sequence - timeWait.receiveNext(waiting) > 0;
        if (!syn.timestamps) return isBeyond;
        // No segment of the old connection had a timestamp, so every one of the new tells itself apart.
        if (!timeWait.hasTimestamps(waiting)) return true;
        int progress = syn.timestampValue - timeWait.recentTimestamp(waiting);
        return progress > 0 || progress == 0 && isBeyond;
    }

    private void onTimeWait(int slot, Segment s, long nowNanos) {
        if (s.is(Segment.RST)) return; // RFC 1337 §4
        if (s.length() == 0) return; // two sides in TIME-WAIT must not acknowledge each other for ever
        boolean isOld =
                timeWait.hasTimestamps(slot) && s.timestamps && s.timestampValue - timeWait.recentTimestamp(slot) < 0;
        boolean isLastWord = s.is(Segment.FIN) && !isOld;
        if (isLastWord) timeWait.restart(slot, nowNanos);
        // Only the FIN again is what an honest remote sends; the rest is answered as strangers are.
        if (isLastWord || challenges.take(nowNanos)) answers.acknowledge(s, timeWait, slot, nowNanos);
    }

    /**
     * An ICMPv6 error quoting one of our segments (RFC 4443, RFC 5927): ignored unless the quoted sequence number is in
     * flight. A hard error fails a connection that is still opening; later ones are soft.
     */
    public void onIcmpError(
            Ipv6Address local,
            int localPort,
            Ipv6Address remote,
            int remotePort,
            int sequence,
            IcmpError error,
            long nowNanos) {
        TcpConnection c =
                connections.find(local.high(), local.low(), localPort, remote.high(), remote.low(), remotePort);
        if (c == null) return;
        long quoted = Sequence.unwrap(sequence, c.send.unacked());
        if (quoted < c.send.unacked() || quoted >= c.send.next()) return;
        switch (error) {
            case IcmpError.Unreachable unreachable -> c.onUnreachable(unreachable.code(), nowNanos);
            case IcmpError.PacketTooBig packetTooBig -> c.onPacketTooBig(packetTooBig.mtu(), nowNanos);
        }
    }

    /**
     * The path to some remotes works again after it may have failed: their connections repeat now what their backed-off
     * timers would repeat much later. Harmless when the path was never away.
     */
    public void onPathRestored(Predicate<Ipv6Address> remotes, long nowNanos) {
        failing.removeIf(c -> !remotes.test(c.remoteAddress()) ? !c.isFailing() : !c.onPathRestored(nowNanos));
    }

    /** A retransmission timer fired in vain. */
    void onFailing(TcpConnection connection) {
        failing.add(connection);
    }

    /** What an ICMPv6 error says of a destination. */
    public sealed interface IcmpError {
        /** @param code RFC 4443 §3.1: 0 no route, 1 prohibited, 3 address, 4 port */
        record Unreachable(int code) implements IcmpError {}

        record PacketTooBig(int mtu) implements IcmpError {}
    }

    /**
     * Opens a connection: it appears at {@link #pollTransmitter} with its SYN.
     *
     * @param localPort 0: an ephemeral one
     * @throws java.net.BindException when the four-tuple, or every ephemeral port towards it, is taken
     */
    public TcpConnection connect(
            Ipv6Address local, int localPort, Ipv6Address remote, int remotePort, TcpOptions options, long nowNanos)
            throws BindException {
        checkPort(remotePort, 1);
        checkPort(localPort, 0);
        if (isFull()) throw new BindException("this mesh has no room for a connection");
        int port = localPort != 0 ? localPort : chooseEphemeral(local, remote, remotePort, nowNanos);
        if (port == EphemeralPorts.NONE || !isFree(local, port, remote, remotePort, true, nowNanos))
            throw new BindException(
                    localPort == 0
                            ? "every ephemeral port of " + local + " towards [" + remote + "]:" + remotePort
                                    + " is taken"
                            : "[" + local + "]:" + localPort + " already has a connection to [" + remote + "]:"
                                    + remotePort);
        int waiting = timeWait.find(local.high(), local.low(), port, remote.high(), remote.low(), remotePort);
        int initialSequence = initialSequence(local, port, remote, remotePort, waiting, nowNanos);
        if (waiting != NO_TIME_WAIT) timeWait.remove(waiting);
        TcpConnection connection = new TcpConnection(
                this,
                local,
                port,
                remote,
                remotePort,
                options,
                null,
                initialSequence,
                timestampOffset(local, port, remote, remotePort),
                nowNanos);
        add(connection);
        return connection;
    }

    private int chooseEphemeral(Ipv6Address local, Ipv6Address remote, int remotePort, long nowNanos) {
        int port = ephemeralPorts.choose(
                local,
                remote,
                remotePort,
                each -> !listeners.isTaken(each) && isFree(local, each, remote, remotePort, false, nowNanos));
        if (port != EphemeralPorts.NONE) return port;
        return ephemeralPorts.choose(
                local,
                remote,
                remotePort,
                each -> !listeners.isTaken(each) && isFree(local, each, remote, remotePort, true, nowNanos));
    }

    /** @param mayReuse whether a TIME-WAIT that timestamps make safe counts as free (RFC 6191) */
    private boolean isFree(
            Ipv6Address local, int localPort, Ipv6Address remote, int remotePort, boolean mayReuse, long nowNanos) {
        if (connections.find(local.high(), local.low(), localPort, remote.high(), remote.low(), remotePort) != null)
            return false;
        int waiting = timeWait.find(local.high(), local.low(), localPort, remote.high(), remote.low(), remotePort);
        return waiting == NO_TIME_WAIT || mayReuse && timeWait.isReusable(waiting, nowNanos);
    }

    /** RFC 6528 §3: a clock of 4 µs plus a secret function of the four-tuple. */
    int initialSequence(
            Ipv6Address local, int localPort, Ipv6Address remote, int remotePort, int waiting, long nowNanos) {
        long ports = (long) localPort << 16 | remotePort;
        long secret = sequences.of(local.high(), local.low(), remote.high(), remote.low(), ports);
        int sequence = (int) ((nowNanos - startedAt) / NANOS_PER_SEQUENCE + secret);
        if (waiting == NO_TIME_WAIT) return sequence;
        int least = timeWait.sendNext(waiting) + REUSE_SEQUENCE_GAP;
        return sequence - least > 0 ? sequence : least;
    }

    int timestampOffset(Ipv6Address local, int localPort, Ipv6Address remote, int remotePort) {
        long ports = (long) localPort << 16 | remotePort;
        return (int) timestampOffsets.of(local.high(), local.low(), remote.high(), remote.low(), ports);
    }

    /**
     * @param local null: every address of ours
     * @param port 1 to 65535, or 0 for an ephemeral one; null-address listeners with port 0 excepted
     * @param backlog most connections that are half-open, SYN cookies answer beyond; and most completed by a cookie that wait
     *     for the application
     * @throws java.net.BindException when the address and port are taken
     */
    public TcpListener listen(@Nullable Ipv6Address local, int port, int backlog, TcpOptions options)
            throws BindException {
        checkPort(port, 0);
        if (port == 0 && local == null)
            throw new IllegalArgumentException("a listener on every address needs a port of its own");
        int chosen = port != 0
                ? port
                : ephemeralPorts.choose(local, Ipv6Address.UNSPECIFIED, 0, each -> !listeners.isTaken(each));
        if (chosen == EphemeralPorts.NONE) throw new BindException("every ephemeral port of " + local + " is taken");
        TcpListener listener = new TcpListener(this, local, chosen, backlog, options);
        listeners.add(listener);
        return listener;
    }

    private static void checkPort(int port, int least) {
        if (port < least || port > 65_535)
            throw new IllegalArgumentException("port " + port + " is not between " + least + " and 65535");
    }

    void remove(TcpListener listener) {
        listeners.remove(listener);
    }

    /**
     * The next connection whose {@link TcpConnection#takeReadiness} is not 0, or null. A connection is here at most
     * once.
     */
    public @Nullable TcpConnection pollReady() {
        for (TcpConnection connection = ready.poll(); connection != null; connection = ready.poll()) {
            connection.isQueuedReady = false;
            if (connection.isReady()) return connection;
        }
        return null;
    }

    /** The next listener with a connection for its application to answer, or null. */
    public @Nullable TcpListener pollReadyListener() {
        return listeners.pollReady();
    }

    /**
     * The next connection that newly wants to transmit, or null. The owner keeps it in a queue of its own and calls
     * {@link TcpConnection#pollPacket} until that says false; only then may it appear here again.
     */
    public @Nullable TcpConnection pollTransmitter() {
        for (TcpConnection each = untidy.poll(); each != null; each = untidy.poll()) {
            each.isQueuedTidy = false;
            each.receive.tidy();
        }
        TcpConnection connection = transmitters.poll();
        if (connection != null) connection.transmission = TcpConnection.Transmission.HELD;
        return connection;
    }

    /**
     * Packets without a connection: RST for strangers, ACK from TIME-WAIT. Bounded; the oldest are dropped.
     *
     * @return a whole IPv6 packet, owned by the caller, or null
     */
    public @Nullable ByteBuf pollStateless() {
        return answers.poll();
    }

    public void onTimeout(long nowNanos) {
        timeWait.onTimeout(nowNanos);
        while (deadlines.pollDue(nowNanos) instanceof TcpConnection connection) {
            connection.onDeadline(nowNanos);
            if (connection.deadline() <= nowNanos) throw new AssertionError("a timer fired and stays due");
        }
    }

    public long nextTimeout() {
        return Math.min(deadlines.next(), timeWait.nextTimeout());
    }

    /** Live connections, TIME-WAIT not counted. */
    public int connectionCount() {
        return connections.size();
    }

    /** Shows live connections, at most so many, in no order; {@code visitor} opens and closes none. */
    public void forEachConnection(int most, Consumer<? super TcpConnection> visitor) {
        for (int slot = 0, left = most; slot < connections.capacity() && left > 0; slot++) {
            TcpConnection connection = connections.at(slot);
            if (connection == null) continue;
            visitor.accept(connection);
            left--;
        }
    }

    /** What the connections hold in buffers, and how much they may. */
    public TcpMemory memory() {
        return memory;
    }

    /** How large a packet the destinations take that take less than our link. */
    public PathMtuCache pathMtus() {
        return pathMtus;
    }

    /** How long destinations take to answer a SYN: when to hedge a connect. */
    public ConnectTimes connectTimes() {
        return connectTimes;
    }

    /** SYNs answered with a cookie, because too many were half-open. */
    public long cookiesSent() {
        return listeners.cookiesSent;
    }

    /** Connections that such a cookie opened. */
    public long cookiesAccepted() {
        return listeners.cookiesAccepted;
    }

    /** Ends everything at once and releases every buffer. */
    public void close(long nowNanos) {
        isClosed = true;
        List<TcpConnection> all = new ArrayList<>(closedButUnread);
        for (int i = 0; i < connections.capacity(); i++) {
            TcpConnection connection = connections.at(i);
            if (connection != null) all.add(connection);
        }
        for (TcpConnection connection : all) {
            connection.end(null, nowNanos);
            connection.abort(nowNanos);
        }
        listeners.clear();
        failing.clear();
        ready.clear();
        transmitters.clear();
        untidy.clear();
        timeWait.clear();
        answers.clear();
    }

    int maxSegment() {
        return mtu - Segment.IPV6_HEADER - Segment.HEADER;
    }

    void requestTransmit(TcpConnection connection) {
        if (connection.transmission != TcpConnection.Transmission.IDLE) return;
        connection.transmission = TcpConnection.Transmission.QUEUED;
        transmitters.add(connection);
    }

    /** Looks after this turn whether what is unread keeps more memory than it needs. */
    void requestTidy(TcpConnection connection) {
        if (connection.isQueuedTidy) return;
        connection.isQueuedTidy = true;
        untidy.add(connection);
    }

    void enqueueReady(TcpConnection connection) {
        if (connection.isQueuedReady) return;
        connection.isQueuedReady = true;
        ready.add(connection);
    }

    /** No room for another connection. */
    public boolean isFull() {
        return connections.size() >= MAX_CONNECTIONS;
    }

    void add(TcpConnection connection) {
        connections.add(connection);
        deadlines.update(connection);
    }

    /** The connection has ended. */
    void remove(TcpConnection connection) {
        connections.remove(connection);
        deadlines.remove(connection);
        failing.remove(connection);
        if (connection.readableBytes() > 0) closedButUnread.add(connection);
    }

    /** An ended connection holds no more bytes. */
    void onAllRead(TcpConnection connection) {
        closedButUnread.remove(connection);
    }
}
