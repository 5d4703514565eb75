package dev.sixgate.mesh.transport;

import static dev.sixgate.mesh.transport.MeshPair.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.tcp.CongestionAlgorithm;
import dev.sixgate.mesh.transport.MeshPair.Connection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.util.concurrent.PromiseCombiner;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** Much data, and many connections. */
@OverMesh
class SocketTransferTest {
    private static final int CHUNK = 64 << 10;
    private final MeshPair mesh;
    private final int chunks;

    SocketTransferTest(Underlay underlay) throws Exception {
        mesh = MeshPairs.of(underlay);
        chunks = underlay == Underlay.EPOLL_WITH_OFFLOAD ? 512 : 128;
    }

    @Test
    void both_directions_at_once_carry_megabytes_with_equal_digests() throws Exception {
        var fromClient = new Transfer(1);
        var fromChild = new Transfer(2);
        Connection connection = mesh.connect(
                mesh.client(fromClient)
                        .option(MeshChannelOption.TCP_CONGESTION, CongestionAlgorithm.BBR)
                        .option(ChannelOption.ALLOW_HALF_CLOSURE, true),
                mesh.server(fromChild).childOption(ChannelOption.ALLOW_HALF_CLOSURE, true));
        assertThat(digest(fromChild, connection)).isEqualTo(fromClient.sent());
        assertThat(digest(fromClient, connection)).isEqualTo(fromChild.sent());
        connection.close();
    }

    private String digest(Transfer transfer, Connection connection) throws Exception {
        try {
            return transfer.received.get(30, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new TimeoutException("read " + transfer.read + " bytes of " + CHUNK * chunks + "; client "
                    + MeshPair.on(connection.client(), connection.client()::statistics) + ", child "
                    + MeshPair.on(connection.child(), connection.child()::statistics));
        }
    }

    @Test
    void five_hundred_connections_live_side_by_side() throws Exception {
        int count = 500;
        Channel listener = mesh.listen(mesh.server(new SocketEchoTest.Echo()));
        List<Channel> clients = new ArrayList<>();
        List<Observer> observers = new ArrayList<>();
        List<ChannelFuture> attempts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Observer observer = new Observer();
            observers.add(observer);
            attempts.add(mesh.client(observer).connect(listener.localAddress()));
        }
        for (var attempt : attempts) clients.add(await(attempt));
        for (int i = 0; i < count; i++) clients.get(i).writeAndFlush(Unpooled.copyInt(i));
        for (int i = 0; i < count; i++)
            assertThat(observers.get(i).awaitBytes(4))
                    .isEqualTo(Unpooled.copyInt(i).array());
        assertThat(MeshPair.on(clients.getFirst(), () -> mesh.edge.mesh().tcp().connectionCount()))
                .isGreaterThanOrEqualTo(count);
        var closed = mesh.edge.eventLoop().<Void>newPromise();
        await(mesh.edge.eventLoop().submit(() -> {
            PromiseCombiner all = new PromiseCombiner(mesh.edge.eventLoop());
            clients.forEach(client -> all.add(client.close()));
            all.finish(closed);
        }));
        await(closed);
        await(listener.close());
    }

    /** Writes while writable, digests what it reads, and shuts its output at the end. */
    private final class Transfer extends ChannelInboundHandlerAdapter {
        private final byte[] chunk;
        private final MessageDigest digest = sha256();
        private int written;
        private int read;
        final CompletableFuture<String> received = new CompletableFuture<>();

        Transfer(int seed) {
            chunk = SocketEchoTest.random(CHUNK + seed);
        }

        String sent() {
            MessageDigest sent = sha256();
            for (int i = 0; i < chunks; i++) sent.update(chunk(i).nioBuffer());
            return HexFormat.of().formatHex(sent.digest());
        }

        /** A window on the random bytes that differs from its neighbours. */
        private ByteBuf chunk(int number) {
            byte[] bytes = chunk.clone();
            bytes[0] = (byte) number;
            bytes[1] = (byte) (number >> 8);
            return Unpooled.wrappedBuffer(bytes, 0, CHUNK);
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            write(context);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            write(context);
        }

        private void write(ChannelHandlerContext context) {
            while (context.channel().isWritable() && written < chunks) {
                var last = context.writeAndFlush(chunk(written++));
                if (written == chunks)
                    last.addListener(done -> ((MeshSocketChannel) context.channel()).shutdownOutput());
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            read += bytes.readableBytes();
            for (var part : bytes.nioBuffers()) digest.update(part);
            bytes.release();
            if (read == CHUNK * chunks) received.complete(HexFormat.of().formatHex(digest.digest()));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            received.completeExceptionally(cause);
        }

        private static MessageDigest sha256() {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new AssertionError("every JDK has SHA-256", e);
            }
        }
    }
}
