package dev.sixgate.mesh.wireguard;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Handshake messages, cookie replies and keepalives on their way out; owns their buffers. At most {@value #DATAGRAMS_MAX}: when
 * the socket takes none, what comes later is dropped, and timers make it anew.
 */
final class OutboundQueue {
    static final int DATAGRAMS_MAX = 4096;
    private final ArrayDeque<DatagramTrain> datagrams = new ArrayDeque<>();
    private final ByteBufAllocator allocator;

    OutboundQueue(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    boolean isFull() {
        return datagrams.size() >= DATAGRAMS_MAX;
    }

    void add(byte[] message, InetSocketAddress endpoint) {
        if (!isFull())
            add(allocator.directBuffer(message.length, message.length).writeBytes(message), endpoint);
    }

    /** @param datagram taken; not when {@link #isFull} */
    void add(ByteBuf datagram, InetSocketAddress endpoint) {
        datagrams.add(new DatagramTrain(datagram, datagram.readableBytes(), endpoint));
    }

    @Nullable
    DatagramTrain poll() {
        return datagrams.poll();
    }

    void releaseAll() {
        for (DatagramTrain train = poll(); train != null; train = poll())
            train.buffer().release();
    }
}
