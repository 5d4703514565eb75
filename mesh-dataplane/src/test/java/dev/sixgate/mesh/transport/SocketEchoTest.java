package dev.sixgate.mesh.transport;

import static dev.sixgate.mesh.transport.MeshPair.await;
import static dev.sixgate.mesh.transport.MeshPair.on;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.transport.MeshPair.Connection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Netty's SocketEchoTest, SocketFixedLengthEchoTest, SocketGatheringWriteTest, CompositeBufferGatheringWriteTest. */
@OverMesh
class SocketEchoTest {
    private final MeshPair mesh;

    SocketEchoTest(Underlay underlay) throws Exception {
        mesh = MeshPairs.of(underlay);
    }

    @Test
    void what_is_written_in_pieces_of_any_size_comes_back_in_order() throws Exception {
        Connection connection = mesh.connect(mesh.client(new Observer()), mesh.server(new Echo()));
        byte[] data = random(300_000);
        Random random = new Random(1);
        for (int at = 0; at < data.length; ) {
            int length = Math.min(data.length - at, 1 + random.nextInt(20_000));
            connection.client().writeAndFlush(Unpooled.wrappedBuffer(data, at, length));
            at += length;
        }
        assertThat(connection.atClient().awaitBytes(data.length)).isEqualTo(data);
        connection.close();
    }

    @Test
    void an_echo_works_with_auto_read_off_on_both_sides() throws Exception {
        Connection connection = mesh.connect(
                mesh.client(new Observer()).option(ChannelOption.AUTO_READ, false),
                mesh.server(new Echo()).childOption(ChannelOption.AUTO_READ, false));
        on(connection.client(), () -> connection.client().pipeline().addFirst(new ReadAfterRead()));
        on(connection.child(), () -> connection.child().pipeline().addFirst(new ReadAfterRead()));
        connection.client().read();
        connection.child().read();
        byte[] data = random(100_000);
        connection.client().writeAndFlush(Unpooled.wrappedBuffer(data));
        assertThat(connection.atClient().awaitBytes(data.length)).isEqualTo(data);
        connection.close();
    }

    @Test
    void an_echo_works_with_void_promises() throws Exception {
        Connection connection = mesh.connect(mesh.client(new Observer()), mesh.server(new Echo()));
        byte[] data = random(50_000);
        connection
                .client()
                .writeAndFlush(Unpooled.wrappedBuffer(data), connection.client().voidPromise());
        assertThat(connection.atClient().awaitBytes(data.length)).isEqualTo(data);
        connection.close();
    }

    @Test
    void composite_heap_and_direct_buffers_flushed_together_arrive_as_one_stream() throws Exception {
        Connection connection = mesh.connect();
        byte[] data = random(90_000);
        ByteBuf composite = Unpooled.wrappedBuffer(
                Unpooled.wrappedBuffer(data, 0, 10_000),
                Unpooled.directBuffer(20_000).writeBytes(data, 10_000, 20_000),
                Unpooled.wrappedBuffer(data, 30_000, 1));
        ByteBuf direct = Unpooled.directBuffer().writeBytes(data, 30_001, 29_999);
        ByteBuf heap = Unpooled.wrappedBuffer(data, 60_000, 30_000);
        connection.client().write(composite);
        connection.client().write(Unpooled.EMPTY_BUFFER);
        connection.client().write(direct);
        await(connection.client().writeAndFlush(heap));
        assertThat(connection.atChild().awaitBytes(data.length)).isEqualTo(data);
        connection.close();
        awaitReleased(composite);
        awaitReleased(direct);
    }

    /** What was written is held until the remote has acknowledged it, which may be after the channel has closed. */
    private static void awaitReleased(ByteBuf buffer) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (buffer.refCnt() > 0 && System.nanoTime() < deadline) LockSupport.parkNanos(1_000_000);
        assertThat(buffer.refCnt()).isZero();
    }

    static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Sharable
    static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
            context.fireChannelReadComplete();
        }
    }

    static final class ReadAfterRead extends ChannelInboundHandlerAdapter {
        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.fireChannelReadComplete();
            context.read();
        }
    }
}
