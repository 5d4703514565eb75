package dev.sixgate.mesh.sim;

import dev.sixgate.mesh.wireguard.DatagramTrain;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Nodes and the paths between them on virtual time. Everything follows from the seed, to the bit: the same calls after the
 * same seed give the same {@link #logHash}. Each event is followed by the invariants; the first that does not hold
 * throws {@link SimFailure}. One thread.
 * <pre>{@code
 * try (var net = SimNetwork.seeded(seed).loss(0.05).delay(ofMillis(5), ofMillis(80))) {
 *     var transfer = net.node("edge").sends(net.randomBytes(100_000), net.node("origin"), 8080);
 *     net.runUntil(transfer::isComplete, ofMinutes(10));
 * }
 * }</pre>
 */
public final class SimNetwork implements AutoCloseable {
    /** So many events without time going on are a loop. */
    private static final int MAX_EVENTS_AT_ONCE = 100_000;

    private record Event(long atNanos, long order, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private record Direction(SimNode from, SimNode to) {}

    private final long seed;
    private final SplittableRandom random;
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true, true);
    private final SimLog log = new SimLog();
    private final Queue<Event> events = new PriorityQueue<>();
    private final Map<String, SimNode> nodes = new LinkedHashMap<>();
    private final Map<InetSocketAddress, SimNode> byEndpoint = new LinkedHashMap<>();
    private final Map<Direction, SimLink> links = new LinkedHashMap<>();
    private final List<SimTransfer> transfers = new ArrayList<>();
    private final BitSet accepted = new BitSet();
    private LinkQuality quality = LinkQuality.CLEAN;
    private long nowNanos;
    private long eventOrder;
    private int datagrams;
    private int eventsAtOnce;
    private int arrivingDatagram = -1;
    private boolean arrivingIsCorrupted;

    private SimNetwork(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
    }

    public static SimNetwork seeded(long seed) {
        return new SimNetwork(seed);
    }

    long seed() {
        return seed;
    }

    /** Every link's quality from now on; {@link #link} changes one. */
    public SimNetwork quality(LinkQuality newQuality) {
        quality = newQuality;
        links.values().forEach(link -> link.quality(newQuality));
        return this;
    }

    public SimNetwork loss(double share) {
        return quality(quality.withLoss(share));
    }

    public SimNetwork duplicate(double share) {
        return quality(quality.withDuplicate(share));
    }

    public SimNetwork reorder(double share) {
        return quality(quality.withReorder(share));
    }

    public SimNetwork reorder(double share, Duration lateness) {
        return quality(quality.withReorder(share, lateness));
    }

    public SimNetwork corrupt(double share) {
        return quality(quality.withCorrupt(share));
    }

    public SimNetwork delay(Duration min, Duration max) {
        return quality(quality.withDelay(min, max));
    }

    public SimNetwork rate(long bitsPerSecond, Duration queue) {
        return quality(quality.withRate(bitsPerSecond, queue));
    }

    /** Longer datagrams vanish without a word from now on; 0: none does. */
    public SimNetwork mtu(int bytes) {
        return quality(quality.withMtu(bytes));
    }

    /** Shows each event as a line, from now on. */
    public SimNetwork listener(Consumer<String> lines) {
        log.listener(lines);
        return this;
    }

    /** The node of that name; made, and made a peer of every other, at first mention. */
    public SimNode node(String name) {
        SimNode node = nodes.get(name);
        if (node != null) return node;
        SimNode made = new SimNode(this, name, nodes.size() + 1, random.split());
        byEndpoint.put(made.endpoint(), made);
        nodes.put(name, made);
        nodes.values().forEach(n -> n.peersAre(nodes.values()));
        return made;
    }

    public SimLink link(SimNode from, SimNode to) {
        return links.computeIfAbsent(new Direction(from, to), d -> new SimLink(random.split(), quality));
    }

    /** Nothing passes between the two any more, in either direction; what is on its way arrives. */
    public void partition(SimNode one, SimNode other) {
        setUp(one, other, false);
    }

    public void heal(SimNode one, SimNode other) {
        setUp(one, other, true);
    }

    private void setUp(SimNode one, SimNode other, boolean up) {
        log.event(nowNanos, one.name(), other.name(), 0, up ? "healed" : "partitioned");
        link(one, other).up(up);
        link(other, one).up(up);
    }

    /** Does something that long from now. */
    public void after(Duration delay, Runnable action) {
        schedule(nowNanos + delay.toNanos(), action);
    }

    void schedule(long atNanos, Runnable action) {
        events.add(new Event(Math.max(atNanos, nowNanos), eventOrder++, action));
    }

    public RandomGenerator random() {
        return random;
    }

    public byte[] randomBytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Virtual nanoseconds since the network began. */
    public long nowNanos() {
        return nowNanos;
    }

    /** A hash over every event so far. */
    public long logHash() {
        return log.hash();
    }

    public long eventCount() {
        return log.events();
    }

    /**
     * Runs until {@code condition} holds after an event.
     *
     * @throws SimFailure when it does not within that much virtual time, or an invariant breaks
     */
    public void runUntil(BooleanSupplier condition, Duration within) {
        long deadline = nowNanos + within.toNanos();
        while (!condition.getAsBoolean()) {
            Event next = events.peek();
            if (next == null || next.atNanos > deadline)
                throw failure(
                        "nothing more " + (next == null ? "will happen" : "within " + within) + "; " + standing());
            step();
        }
    }

    public void runFor(Duration duration) {
        long deadline = nowNanos + duration.toNanos();
        while (!events.isEmpty() && events.peek().atNanos <= deadline) step();
        nowNanos = deadline;
    }

    private void step() {
        Event event = events.remove();
        eventsAtOnce = event.atNanos == nowNanos ? eventsAtOnce + 1 : 0;
        if (eventsAtOnce == MAX_EVENTS_AT_ONCE) throw failure("time does not go on; " + standing());
        nowNanos = event.atNanos;
        event.action.run();
    }

    private String standing() {
        StringBuilder text = new StringBuilder();
        for (SimTransfer transfer : transfers)
            text.append(text.isEmpty() ? "" : "; ").append(transfer);
        return text.isEmpty() ? "no transfers" : text.toString();
    }

    SimFailure failure(String what) {
        return new SimFailure(seed, nowNanos, what);
    }

    void add(SimTransfer transfer) {
        transfers.add(transfer);
    }

    void forgetConnections(SimNode node) {
        transfers.forEach(transfer -> transfer.forgetConnections(node));
    }

    /** What every node allocates from; at the end all of it must be back. */
    public ByteBufAllocator allocator() {
        return allocator;
    }

    SimLog log() {
        return log;
    }

    void moved(SimNode node, InetSocketAddress from) {
        byEndpoint.remove(from);
        byEndpoint.put(node.endpoint(), node);
        log.event(nowNanos, node.name(), node.endpoint().toString(), 0, "moved");
    }

    /** Cuts a train apart as a kernel without GSO would, and sends each datagram its own way; takes the train. */
    void transmit(SimNode from, DatagramTrain train) {
        ByteBuf buffer = train.buffer();
        SimNode to = byEndpoint.get(train.endpoint());
        if (train.count() > 64 || buffer.readableBytes() > 65_000)
            throw failure("a train of " + train.count() + " datagrams and " + buffer.readableBytes() + " bytes");
        while (buffer.isReadable()) {
            byte[] bytes = new byte[Math.min(train.strideBytes(), buffer.readableBytes())];
            buffer.readBytes(bytes);
            int id = datagrams++;
            InetSocketAddress source = from.endpoint();
            String fate = to == null
                    ? "nobody there"
                    : link(from, to)
                            .carry(
                                    bytes,
                                    nowNanos,
                                    (arrival, copy, isCorrupted) -> schedule(
                                            arrival, () -> arrive(id, source, train.endpoint(), copy, isCorrupted)));
            log.datagram(nowNanos, from.name(), to == null ? "-" : to.name(), bytes, fate);
        }
        buffer.release();
    }

    private void arrive(int id, InetSocketAddress source, InetSocketAddress target, byte[] bytes, boolean isCorrupted) {
        SimNode to = byEndpoint.get(target);
        if (to == null) return; // it moved meanwhile
        log.datagram(nowNanos, source.toString(), to.name(), bytes, "arrived");
        // As a slice out of a receive batch: neither begins nor ends where its memory does.
        int before = id % 13;
        ByteBuf datagram = allocator
                .directBuffer(before + bytes.length + 5)
                .writeZero(before)
                .writeBytes(bytes)
                .readerIndex(before);
        arrivingDatagram = id;
        arrivingIsCorrupted = isCorrupted;
        to.onDatagram(datagram, source);
        arrivingDatagram = -1;
    }

    /** WireGuard accepted the datagram that is arriving. */
    void onAccepted(SimNode node) {
        if (arrivingDatagram < 0) throw failure(node.name() + " accepted a packet without a datagram");
        if (arrivingIsCorrupted) throw failure(node.name() + " accepted a corrupted datagram");
        if (accepted.get(arrivingDatagram)) throw failure(node.name() + " accepted a datagram twice");
        accepted.set(arrivingDatagram);
    }

    /**
     * Ends every node.
     *
     * @throws SimFailure when a buffer was not released
     */
    @Override
    public void close() {
        nodes.values().forEach(SimNode::close);
        events.clear();
        long bytes = allocator.metric().usedDirectMemory() + allocator.metric().usedHeapMemory();
        if (bytes != 0) throw failure(bytes + " bytes of buffers were not released");
    }
}
