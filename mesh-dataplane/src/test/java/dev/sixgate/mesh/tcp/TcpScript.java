package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.BindException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * One stack under a script: segments in and out as text (see {@link SegmentText}), time by hand. Our sequence numbers
 * count from our SYN (0); the remote's are written as they are on the wire, and its SYN is usually 100.
 */
final class TcpScript implements AutoCloseable {
    static final Ipv6Address LOCAL = Ipv6Address.parse("fdaa:0:48c8::1");
    static final Ipv6Address REMOTE = Ipv6Address.parse("fdaa:0:48c8::2");
    static final int PORT = 8080;
    static final int REMOTE_PORT = 40_000;
    static final int MTU = 1420;

    /** Counts its bytes itself, so that leaks show without the leak detector's cost. */
    final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);

    final TcpStack stack;
    long now = -1_000_000_000L;

    @Nullable
    TcpListener listener;

    private @Nullable TcpConnection connection;
    private final Deque<SegmentText> outbox = new ArrayDeque<>();
    private int base;
    private int readiness;
    long written;
    long read;
    private boolean isBatching;
    private int remotePort = REMOTE_PORT;

    private TcpScript(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        stack = new TcpStack(MTU, random, allocator, now);
    }

    /** A stack without connections. */
    static TcpScript idle() {
        return new TcpScript(1);
    }

    /** A stack with a listener on {@link #PORT}. */
    static TcpScript listening() {
        return listening(TcpOptions.DEFAULT);
    }

    static TcpScript listening(TcpOptions options) {
        TcpScript script = new TcpScript(1);
        script.listen(options, 16);
        return script;
    }

    /** A passive connection; remote's SYN 100, its options as given. */
    static TcpScript established(TcpOptions options, String synOptions) {
        TcpScript script = listening(options);
        script.receives("SYN seq=100 " + synOptions);
        script.accept();
        script.takeNext();
        script.receives("ACK seq=101 ack=1" + (synOptions.contains("ts=") ? " ts=1000:" + script.ourTimestamp() : ""));
        assertThat(script.connection().isConnected()).isTrue();
        return script;
    }

    /** A passive connection without timestamps: SACK and MSS 1360, window 65535. */
    static TcpScript established() {
        return established(TcpOptions.DEFAULT, "mss=1360 sackOK");
    }

    /** An active open whose SYN has left. */
    static TcpScript connecting(TcpOptions options) {
        TcpScript script = new TcpScript(1);
        script.connect(options);
        return script;
    }

    void connect(TcpOptions options) {
        try {
            connection = stack.connect(LOCAL, PORT, REMOTE, REMOTE_PORT, options, now);
        } catch (BindException e) {
            throw new AssertionError(e);
        }
        pump();
    }

    void listen(TcpOptions options, int backlog) {
        try {
            listener = stack.listen(LOCAL, PORT, backlog, options);
        } catch (BindException e) {
            throw new AssertionError(e);
        }
    }

    TcpConnection connection() {
        if (connection == null) throw new AssertionError("no connection yet");
        return connection;
    }

    String state() {
        return connection().statistics(now).state();
    }

    /** The remote sends from there from now on. */
    void fromPort(int port) {
        remotePort = port;
    }

    /** The remote sends this segment. */
    void receives(String text) {
        ByteBuf packet = allocator.buffer(2048);
        SegmentText.parse(text)
                .write(
                        packet,
                        new long[] {REMOTE.high(), REMOTE.low()},
                        new long[] {LOCAL.high(), LOCAL.low()},
                        remotePort,
                        PORT,
                        base);
        stack.onPacket(packet, 40, now);
        if (!isBatching) pump();
    }

    /** Several segments before we get to send. */
    void receivesTogether(String... texts) {
        isBatching = true;
        for (String text : texts) receives(text);
        isBatching = false;
        pump();
    }

    /** We send this segment next; only what is written is compared. */
    void sends(String text) {
        SegmentText actual = outbox.poll();
        assertThat(actual).as("expected " + text + " but nothing was sent").isNotNull();
        assertThat(SegmentText.parse(text).difference(actual))
                .as("expected " + text + "\n     got " + actual + "\n differs")
                .isEmpty();
    }

    void sendsNothing() {
        assertThat(outbox).isEmpty();
    }

    SegmentText takeNext() {
        SegmentText next = outbox.poll();
        assertThat(next).as("a segment was expected").isNotNull();
        return next;
    }

    int pendingSegments() {
        return outbox.size();
    }

    void ignoreSent() {
        outbox.clear();
    }

    /** Time passes; timers fire when they are due. */
    void after(long millis) {
        afterNanos(millis * 1_000_000);
    }

    void afterNanos(long nanos) {
        pump();
        long end = now + nanos;
        for (long due = stack.nextTimeout(); due <= end; due = stack.nextTimeout()) {
            now = Math.max(now, due);
            stack.onTimeout(now);
            pump();
        }
        now = end;
    }

    /** The machine sleeps: no timer fires before it wakes, and then all do that are due. */
    void sleeps(Duration duration) {
        now += duration.toNanos();
        if (stack.nextTimeout() <= now) stack.onTimeout(now);
        pump();
    }

    void accept() {
        takePending().accept(now);
        pump();
    }

    void refuse() {
        takePending().refuse(now);
        pump();
    }

    TcpConnection takePending() {
        assertThat(stack.pollReadyListener()).isSameAs(listener);
        TcpConnection pending = listener == null ? null : listener.pollPending();
        if (pending == null) throw new AssertionError("nothing is pending");
        connection = pending;
        return pending;
    }

    /** Makes a pending connection the one of this script; what it writes begins anew. */
    void adopt(TcpConnection pending) {
        connection = pending;
        base = (int) pending.send.initial();
        written = 0;
    }

    /** The application writes that many bytes of the pattern; they all must be taken. */
    void writes(int length) {
        assertThat(tryWrite(length)).isEqualTo(length);
    }

    int tryWrite(int length) {
        ByteBuf data = PatternBytes.of(allocator, written, length);
        try {
            int taken = connection().write(data, now);
            assertThat(data.readableBytes()).isEqualTo(length - taken);
            written += taken;
            pump();
            return taken;
        } finally {
            data.release();
        }
    }

    /** The application reads everything there is and checks it; the remote's stream begins at sequence 101. */
    int reads() {
        int total = 0;
        for (ByteBuf bytes = connection().read(now);
                bytes != null;
                bytes = connection().read(now)) {
            PatternBytes.check(bytes, 101 + read);
            read += bytes.readableBytes();
            total += bytes.readableBytes();
            bytes.release();
        }
        pump();
        return total;
    }

    void shutsDown() {
        connection().shutdownOutput(now);
        pump();
    }

    void closes() {
        connection().close(now);
        pump();
    }

    void aborts() {
        connection().abort(now);
        pump();
    }

    /** What became true since the last call. */
    int readiness() {
        int taken = readiness;
        readiness = 0;
        return taken;
    }

    int ourTimestamp() {
        return connection().timestamps.value(now);
    }

    private void pump() {
        for (TcpConnection ready = stack.pollReady(); ready != null; ready = stack.pollReady()) {
            int bits = ready.takeReadiness();
            assertThat(bits).isNotZero();
            if (ready == connection) readiness |= bits;
        }
        for (TcpConnection sender = stack.pollTransmitter(); sender != null; sender = stack.pollTransmitter()) {
            ByteBuf packet = allocator.buffer(MTU);
            while (sender.pollPacket(packet, now)) {
                keep(packet);
                packet.clear();
            }
            assertThat(packet.isReadable()).isFalse();
            packet.release();
        }
        for (ByteBuf packet = stack.pollStateless(); packet != null; packet = stack.pollStateless()) {
            keep(packet);
            packet.release();
        }
    }

    private void keep(ByteBuf packet) {
        assertThat(packet.readableBytes()).isLessThanOrEqualTo(MTU);
        if (connection != null) base = (int) connection.send.initial();
        SegmentText text = SegmentText.of(packet, base);
        if (packet.readableBytes() > 60 + 12) checkPayload(packet);
        outbox.add(text);
    }

    private void checkPayload(ByteBuf packet) {
        Segment s = new Segment();
        s.read(packet, 40);
        if (s.payloadLength > 0)
            PatternBytes.check(packet.slice(s.payloadIndex, s.payloadLength), s.sequence - base - 1 & 0xffff_ffffL);
    }

    /** Ends everything; no buffer may be left. */
    @Override
    public void close() {
        stack.close(now);
        assertThat(allocator.metric().usedHeapMemory()).as("bytes leaked").isZero();
        assertThat(allocator.metric().usedDirectMemory()).as("bytes leaked").isZero();
    }
}
