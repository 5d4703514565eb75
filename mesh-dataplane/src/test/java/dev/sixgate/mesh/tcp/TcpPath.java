package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.BindException;
import java.util.PriorityQueue;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/** Two stacks and a bad path between them, on virtual time and from a seed. */
final class TcpPath {
    static final Ipv6Address CLIENT = Ipv6Address.parse("fdaa:0:48c8::1");
    static final Ipv6Address SERVER = Ipv6Address.parse("fdaa:0:48c8::2");
    private static final int PORT = 8080;
    private static final int MTU = 1420;
    private static final long READ_INTERVAL_NANOS = 10_000_000;

    /** Chances from 0 to 1; delays in milliseconds. */
    record Quality(double loss, double duplicate, double corrupt, int minDelay, int maxDelay) {}

    /** One side's application: sends a number of bytes of the pattern, reads everything, and checks. */
    static final class Side {
        final TcpStack stack;
        final long toSend;

        @Nullable
        TcpConnection connection;

        long written;
        long read;
        boolean sawEnd;
        boolean isClosed;
        /** Writes as much as is taken, not a piece per turn. */
        boolean isGreedy;
        /** Bytes read per turn: a slow reader closes the window. */
        int readLimit = Integer.MAX_VALUE;

        Side(TcpStack stack, long toSend) {
            this.stack = stack;
            this.toSend = toSend;
        }

        boolean isDone() {
            return isClosed && sawEnd;
        }

        boolean wantsToRead() {
            return connection != null && connection.readableBytes() > 0;
        }
    }

    private record Flight(long at, long order, Side to, ByteBuf packet) implements Comparable<Flight> {
        @Override
        public int compareTo(Flight other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    /** Counts its bytes itself, so that leaks show without the leak detector's cost. */
    final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);

    final Side client;
    final Side server;
    long now;
    long packets;
    private final RandomGenerator random;
    private final Quality quality;
    private final TcpOptions options;
    private final TcpListener listener;
    private final PriorityQueue<Flight> flights = new PriorityQueue<>();
    private long order;

    TcpPath(long seed, Quality quality, TcpOptions options, long clientBytes, long serverBytes) {
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        this.quality = quality;
        this.options = options;
        now = random.nextLong(-1L << 40, 1L << 40);
        client = new Side(new TcpStack(MTU, random, allocator, now), clientBytes);
        server = new Side(new TcpStack(MTU, random, allocator, now), serverBytes);
        try {
            listener = server.stack.listen(SERVER, PORT, 4, options);
            client.connection = client.stack.connect(CLIENT, 0, SERVER, PORT, options, now);
        } catch (BindException e) {
            throw new AssertionError(e);
        }
    }

    boolean isComplete() {
        return client.isDone() && server.isDone();
    }

    /** @return whether both sides were done before the time was over */
    boolean run(long limitNanos) {
        long end = now + limitNanos;
        turn();
        while (!isComplete()) {
            Flight next = flights.peek();
            long at = Math.min(client.stack.nextTimeout(), server.stack.nextTimeout());
            if (next != null) at = Math.min(at, next.at);
            if (client.wantsToRead() || server.wantsToRead()) at = Math.min(at, now + READ_INTERVAL_NANOS);
            if (at > end) return false;
            now = Math.max(now, at);
            while (next != null && next.at <= now) {
                flights.poll();
                next.to.stack.onPacket(next.packet, 40, now);
                next = flights.peek();
            }
            if (client.stack.nextTimeout() <= now) client.stack.onTimeout(now);
            if (server.stack.nextTimeout() <= now) server.stack.onTimeout(now);
            turn();
        }
        return true;
    }

    /** Releases what is left; fails when a buffer leaked. */
    void close() {
        client.stack.close(now);
        server.stack.close(now);
        for (Flight flight : flights) flight.packet.release();
        flights.clear();
        long left = allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory();
        if (left != 0) throw new AssertionError(left + " bytes leaked");
    }

    private void turn() {
        if (server.connection == null && server.stack.pollReadyListener() != null) {
            TcpConnection pending = listener.pollPending();
            if (pending != null) {
                pending.accept(now);
                server.connection = pending;
            }
        }
        application(client, server);
        application(server, client);
        transmit(client, server);
        transmit(server, client);
    }

    private void application(Side side, Side other) {
        for (TcpConnection c = side.stack.pollReady(); c != null; c = side.stack.pollReady()) {
            if ((c.takeReadiness() & TcpConnection.CLOSED) == 0) continue;
            side.isClosed = true;
            if (c.failure() != null) throw new AssertionError("failed", c.failure());
        }
        TcpConnection c = side.connection;
        if (c == null) return;
        while (!side.isClosed && side.written < side.toSend) {
            int length = (int) Math.min(side.toSend - side.written, random.nextInt(1, 20_000));
            ByteBuf data = PatternBytes.of(allocator, side.written, length);
            int taken = c.write(data, now);
            side.written += taken;
            data.release();
            if (taken < length || !side.isGreedy) break;
        }
        if (!side.isClosed && side.written == side.toSend) c.shutdownOutput(now);
        int room = side.readLimit;
        for (ByteBuf bytes = room > 0 ? c.read(now) : null; bytes != null; bytes = room > 0 ? c.read(now) : null) {
            PatternBytes.check(bytes, side.read);
            side.read += bytes.readableBytes();
            room -= bytes.readableBytes();
            bytes.release();
        }
        if (side.read > other.written) throw new AssertionError("more arrived than was sent");
        if (c.isInputShutdown() && !side.sawEnd) {
            side.sawEnd = true;
            if (side.read != other.toSend) throw new AssertionError("the end came after " + side.read);
        }
        if (c.send.unacked() > c.send.next()) throw new AssertionError("SND.UNA is beyond SND.NXT");
        if (c.receive.unread() > options.receiveBufferBytes() * 17L / 16 + 64)
            throw new AssertionError("the receive buffer holds " + c.receive.unread());
    }

    private void transmit(Side from, Side to) {
        TcpStack stack = from.stack;
        for (TcpConnection c = stack.pollTransmitter(); c != null; c = stack.pollTransmitter()) {
            ByteBuf packet = allocator.buffer(MTU);
            while (c.pollPacket(packet, now)) {
                launch(to, packet);
                packet = allocator.buffer(MTU);
            }
            packet.release();
        }
        for (ByteBuf packet = stack.pollStateless(); packet != null; packet = stack.pollStateless()) launch(to, packet);
    }

    private void launch(Side to, ByteBuf packet) {
        packets++;
        if (random.nextDouble() < quality.loss) {
            packet.release();
            return;
        }
        if (random.nextDouble() < quality.duplicate) schedule(to, packet.copy());
        if (random.nextDouble() < quality.corrupt) {
            int index = packet.readerIndex() + random.nextInt(8, packet.readableBytes());
            packet.setByte(index, packet.getByte(index) ^ 1 << random.nextInt(8));
        }
        schedule(to, packet);
    }

    private void schedule(Side to, ByteBuf packet) {
        long delay = random.nextLong(quality.minDelay * 1_000_000L, quality.maxDelay * 1_000_000L + 1);
        flights.add(new Flight(now + delay, order++, to, packet));
    }
}
