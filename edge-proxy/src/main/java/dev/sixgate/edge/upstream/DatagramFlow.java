package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.RequestRecord;
import io.netty.buffer.ByteBuf;

/** Datagrams of one client to one backend, and back. On one event loop. */
public interface DatagramFlow {
    /** What comes back. */
    interface Receiver {
        /** Takes {@code payload}. */
        void onDatagram(ByteBuf payload);

        /** After the last datagram that came at once. */
        void onBatchEnd();

        /** Nobody takes our datagrams there, or the way to there has ended. */
        void onUnreachable(Throwable cause);
    }

    /**
     * Sends, or drops as networks do. Takes {@code payload}.
     *
     * @return false: dropped, since a queue is full or the payload is longer than {@link #maxPayloadBytes}
     */
    boolean send(ByteBuf payload);

    /** Longer ones cannot be sent. */
    int maxPayloadBytes();

    /** What the tunnel knows of it. */
    void describe(RequestRecord record);

    /** Idempotent; the receiver is told nothing any more. */
    void close();
}
