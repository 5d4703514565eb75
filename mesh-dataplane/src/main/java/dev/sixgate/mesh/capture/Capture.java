package dev.sixgate.mesh.capture;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One capture: packets go in on the mesh's loop, whole pcapng blocks come out on any thread. What the reader does not take in
 * time is dropped, counted, and said in the file, in the packet that follows and in the statistics at its end.
 */
public final class Capture {
    /** Waiting for the reader; a packet that comes beyond it is dropped. */
    public static final int QUEUE_BYTES = 4 << 20;

    /**
     * @param peer only packets to and from the peer of this name; null: all
     * @param count ends after so many; {@code Long.MAX_VALUE}: when stopped
     */
    public record Filter(@Nullable String peer, long count) {
        public Filter {
            if (count < 1) throw new IllegalArgumentException("a capture has at least 1 packet, not " + count);
        }
    }

    private final Filter filter;
    private final long unixNanosAtZero;
    private final Runnable wake;
    private final Queue<byte[]> queue = new ArrayDeque<>();
    private int queuedBytes;
    private long captured;
    private long dropped;
    private long droppedSince;
    private long lastNanos;
    private boolean ended;

    /**
     * @param name of the interface in the file
     * @param unixNanosAtZero what to add to the mesh's {@code nowNanos} for nanoseconds since 1970
     * @param wake called when {@link #poll} has something again, or the capture has ended; on the mesh's loop, or whoever stops
     */
    public Capture(String name, String description, Filter filter, long unixNanosAtZero, long nowNanos, Runnable wake) {
        this.filter = filter;
        this.unixNanosAtZero = unixNanosAtZero;
        this.wake = wake;
        lastNanos = nowNanos;
        add(PcapngBlocks.sectionHeader("sixgate"));
        add(PcapngBlocks.interfaceDescription(name, description));
    }

    /** Takes a copy of the packet, unless it is another peer's; {@code index} is absolute. */
    void onPacket(String peer, boolean sent, ByteBuf packet, int index, int length, long nowNanos) {
        if (filter.peer != null && !filter.peer.equals(peer)) return;
        boolean wasEmpty;
        synchronized (this) {
            if (ended) return;
            lastNanos = nowNanos;
            if (queuedBytes + length > QUEUE_BYTES) {
                dropped++;
                droppedSince++;
                return;
            }
            wasEmpty = queue.isEmpty();
            String comment = "peer " + peer + (sent ? ", sent" : ", received");
            add(PcapngBlocks.packet(unixNanosAtZero + nowNanos, packet, index, length, comment, sent, droppedSince));
            droppedSince = 0;
            if (++captured == filter.count) end();
        }
        if (wasEmpty) wake.run();
    }

    /** Takes no more packets; what is queued, and the statistics, can still be polled. Any thread; idempotent. */
    public void stop() {
        synchronized (this) {
            if (ended) return;
            end();
        }
        wake.run();
    }

    private void end() {
        ended = true;
        add(PcapngBlocks.statistics(unixNanosAtZero + lastNanos, captured + dropped, dropped, captured));
    }

    private void add(byte[] block) {
        queue.add(block);
        queuedBytes += block.length;
    }

    /** The next block of the file; null: none now. Any thread. */
    public synchronized byte @Nullable [] poll() {
        byte[] block = queue.poll();
        if (block != null) queuedBytes -= block.length;
        return block;
    }

    /** Whether nothing will be queued any more. */
    public synchronized boolean isEnded() {
        return ended;
    }

    public synchronized long captured() {
        return captured;
    }

    public synchronized long dropped() {
        return dropped;
    }
}
