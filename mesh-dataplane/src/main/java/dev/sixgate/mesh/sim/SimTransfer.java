package dev.sixgate.mesh.sim;

import dev.sixgate.mesh.tcp.TcpConnection;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One connection that carries bytes one way, or both ways at once, and ends in order. What arrives is compared with what
 * was sent as it arrives, so that delivered bytes are always a prefix of written ones.
 */
public final class SimTransfer {
    private static final int MOST_PER_WRITE = 20_000;

    private final SimNetwork network;
    private final SimNode from;
    private final SimNode to;
    private final End client;
    private final End server;
    private boolean mayFail;
    private int readBytesPerTurn = Integer.MAX_VALUE;
    private long readEveryNanos;

    SimTransfer(SimNetwork network, SimNode from, SimNode to, byte[] bytes, byte[] answer) {
        this.network = network;
        this.from = from;
        this.to = to;
        this.client = new End(from, bytes, answer.length);
        this.server = new End(to, answer, bytes.length);
        client.other = server;
        server.other = client;
    }

    /** A failed connection is an outcome, not a broken invariant. */
    public SimTransfer mayFail() {
        mayFail = true;
        return this;
    }

    /** The receiver reads that much at most, and only so often. */
    public SimTransfer readingSlowly(int bytes, Duration every) {
        readBytesPerTurn = bytes;
        readEveryNanos = every.toNanos();
        return this;
    }

    void connected(TcpConnection connection) {
        client.attach(connection);
    }

    boolean isFrom(TcpConnection accepted) {
        TcpConnection opened = client.connection;
        return opened != null
                && opened.localPort() == accepted.remotePort()
                && opened.localAddress().equals(accepted.remoteAddress());
    }

    void accepted(TcpConnection connection) {
        server.attach(connection);
    }

    void forgetConnections(SimNode node) {
        for (End end : new End[] {client, server}) {
            if (end.node != node || end.connection == null) continue;
            end.isForgotten = true;
            end.isClosed = true;
        }
    }

    public byte[] sent() {
        return client.outgoing.clone();
    }

    /** What the receiver has read so far. */
    public byte[] received() {
        return Arrays.copyOf(client.outgoing, server.receivedBytes);
    }

    public int receivedBytes() {
        return server.receivedBytes;
    }

    /** Everything arrived both ways, and both sides saw the end. */
    public boolean isComplete() {
        return client.sawEnd && server.sawEnd;
    }

    /** Complete, and both connections are gone or in TIME-WAIT. */
    public boolean isClosed() {
        return isComplete() && client.isClosed && server.isClosed;
    }

    /** Why either end failed, or null. */
    public @Nullable IOException failure() {
        return client.failure != null ? client.failure : server.failure;
    }

    @Override
    public String toString() {
        return from.name() + " > " + to.name() + ": " + server + " of " + client.outgoing.length + " there, " + client
                + " of " + server.outgoing.length + " back";
    }

    /** One end of the connection. */
    final class End {
        private final SimNode node;
        private final byte[] outgoing;
        private final int expectedBytes;
        private @Nullable End other;
        private @Nullable TcpConnection connection;
        private int writtenBytes;
        private int receivedBytes;
        private boolean isFinished;
        private boolean sawEnd;
        private boolean isClosed;
        private boolean isResting;
        private boolean isForgotten;
        private @Nullable IOException failure;

        private End(SimNode node, byte[] outgoing, int expectedBytes) {
            this.node = node;
            this.outgoing = outgoing;
            this.expectedBytes = expectedBytes;
        }

        private void attach(TcpConnection newConnection) {
            connection = newConnection;
            newConnection.attachment = this;
        }

        void onReady(int readiness) {
            network.log().event(network.nowNanos(), node.name(), "ready", readiness, "");
            if (connection == null) throw network.failure("readiness without a connection");
            if ((readiness & TcpConnection.CLOSED) != 0) onClosed(connection);
            if (isClosed) return;
            if ((readiness & TcpConnection.READABLE) != 0) read(connection);
            if ((readiness & (TcpConnection.CONNECTED | TcpConnection.WRITABLE)) != 0) write(connection);
        }

        private void onClosed(TcpConnection c) {
            failure = c.failure();
            if (failure == null) read(c);
            isClosed = true;
            if (failure != null && !mayFail && !isComplete())
                throw network.failure(
                        node.name() + " lost its connection: " + failure.getMessage() + "; " + SimTransfer.this);
        }

        private void write(TcpConnection c) {
            if (isFinished) return;
            while (writtenBytes < outgoing.length) {
                int chunk = Math.min(
                        outgoing.length - writtenBytes, network.random().nextInt(1, MOST_PER_WRITE));
                ByteBuf data = network.allocator().directBuffer(chunk).writeBytes(outgoing, writtenBytes, chunk);
                int taken = c.write(data, node.nowNanos());
                if (taken != chunk - data.readableBytes())
                    throw network.failure("write said " + taken + " and took " + (chunk - data.readableBytes()));
                data.release();
                writtenBytes += taken;
                if (taken < chunk) return; // WRITABLE follows
            }
            isFinished = true;
            c.shutdownOutput(node.nowNanos());
            closeWhenDone(c);
        }

        private void read(TcpConnection c) {
            if (isResting || sawEnd) return;
            int most = this == server ? readBytesPerTurn : Integer.MAX_VALUE;
            int taken = 0;
            while (taken < most) {
                ByteBuf data = c.read(node.nowNanos());
                if (data == null) break;
                taken += data.readableBytes();
                check(data);
                data.release();
            }
            if (taken >= most) {
                isResting = true;
                network.schedule(network.nowNanos() + readEveryNanos, this::wake);
                return;
            }
            if (!c.isInputShutdown()) return;
            if (receivedBytes != expectedBytes)
                throw network.failure(node.name() + " saw the end after " + receivedBytes + " of " + expectedBytes);
            sawEnd = true;
            closeWhenDone(c);
        }

        private void wake() {
            isResting = false;
            // What arrived before an orderly end can still be read after it.
            if (connection == null || isForgotten || failure != null) return;
            read(connection);
            node.settle();
        }

        private void check(ByteBuf data) {
            if (other == null) throw new AssertionError("an end has another");
            int length = data.readableBytes();
            if (length == 0) throw network.failure(node.name() + " read an empty buffer");
            if (receivedBytes + length > other.writtenBytes)
                throw network.failure(node.name() + " was given more bytes than were written");
            for (int i = 0; i < length; i++)
                if (data.getByte(data.readerIndex() + i) != other.outgoing[receivedBytes + i])
                    throw network.failure(node.name() + " was given a wrong byte at position " + (receivedBytes + i));
            receivedBytes += length;
            network.log().event(network.nowNanos(), node.name(), "read", length, "");
        }

        private void closeWhenDone(TcpConnection c) {
            if (isFinished && sawEnd) c.close(node.nowNanos());
        }

        @Override
        public String toString() {
            return receivedBytes
                    + (sawEnd ? " and the end" : "")
                    + (failure == null ? "" : " (" + failure.getMessage() + ")");
        }
    }
}
