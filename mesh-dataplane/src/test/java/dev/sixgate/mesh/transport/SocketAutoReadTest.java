package dev.sixgate.mesh.transport;

import static dev.sixgate.mesh.transport.MeshPair.await;
import static dev.sixgate.mesh.transport.MeshPair.on;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.transport.MeshPair.Connection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Netty's SocketAutoReadTest, SocketReadPendingTest, SocketDataReadInitialStateTest, SocketExceptionHandlingTest. */
@OverMesh
class SocketAutoReadTest {
    private final MeshPair mesh;

    SocketAutoReadTest(Underlay underlay) throws Exception {
        mesh = MeshPairs.of(underlay);
    }

    @Test
    void with_auto_read_off_nothing_is_read_until_read_is_called_and_then_one_message() throws Exception {
        Connection connection = mesh.connect(
                mesh.client(new Observer()), mesh.server(new Observer()).childOption(ChannelOption.AUTO_READ, false));
        byte[] data = SocketEchoTest.random(100_000);
        await(connection.client().writeAndFlush(Unpooled.wrappedBuffer(data)));
        awaitReadable(connection.child(), data.length);
        assertThat(connection.atChild().reads()).isZero();

        for (int read = 1; read <= 3; read++) {
            int before = connection.atChild().receivedBytes();
            connection.child().read();
            connection.atChild().awaitBytes(before + 1);
            on(connection.child(), () -> null);
            assertThat(connection.atChild().reads()).isEqualTo(read);
        }
        connection.child().config().setAutoRead(true);
        assertThat(connection.atChild().awaitBytes(data.length)).isEqualTo(data);
        connection.close();
    }

    @Test
    void auto_read_turned_off_while_reading_stops_after_that_message() throws Exception {
        var off = new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                context.channel().config().setAutoRead(false);
                context.fireChannelRead(message);
            }
        };
        Connection connection = mesh.connect(mesh.client(new Observer()), mesh.server(new Observer()));
        on(connection.child(), () -> connection.child().pipeline().addFirst(off));
        byte[] data = SocketEchoTest.random(100_000);
        await(connection.client().writeAndFlush(Unpooled.wrappedBuffer(data)));
        connection.atChild().awaitBytes(1);
        awaitReadable(connection.child(), data.length - connection.atChild().receivedBytes());
        assertThat(connection.atChild().reads()).isEqualTo(1);
        connection.child().pipeline().remove(off);
        connection.child().config().setAutoRead(true);
        assertThat(connection.atChild().awaitBytes(data.length)).isEqualTo(data);
        connection.close();
    }

    @Test
    void who_does_not_read_stops_the_sender_within_the_buffers_and_loses_nothing() throws Exception {
        int buffer = 256 << 10;
        Connection connection = mesh.connect(
                mesh.client(new Observer()).option(ChannelOption.SO_SNDBUF, buffer),
                mesh.server(new Observer())
                        .option(ChannelOption.SO_RCVBUF, buffer)
                        .childOption(ChannelOption.AUTO_READ, false));
        byte[] chunk = SocketEchoTest.random(16 << 10);
        int chunks = 256;
        for (int i = 0; i < chunks; i++) connection.client().write(Unpooled.wrappedBuffer(chunk));
        connection.client().flush();
        awaitReadable(connection.child(), buffer / 2);
        long accepted = (long) chunks * chunk.length
                - on(
                        connection.client(),
                        () -> connection.client().unsafe().outboundBuffer().totalPendingWriteBytes());
        assertThat(accepted).isLessThanOrEqualTo(3L * buffer);
        int unread = on(connection.child(), () -> connection.child().unreadBytes());
        assertThat(unread).isLessThanOrEqualTo(buffer);
        assertThat(connection.atChild().reads()).isZero();

        connection.child().config().setAutoRead(true);
        byte[] received = connection.atChild().awaitBytes(chunks * chunk.length);
        assertThat(received).hasSize(chunks * chunk.length);
        for (int i = 0; i < chunks; i++)
            assertThat(Arrays.equals(received, i * chunk.length, (i + 1) * chunk.length, chunk, 0, chunk.length))
                    .as("chunk %d", i)
                    .isTrue();
        connection.close();
    }

    @Test
    void an_exception_in_a_handler_is_told_and_reading_goes_on() throws Exception {
        Connection connection = mesh.connect();
        var failsOnce = new ChannelInboundHandlerAdapter() {
            private boolean thrown;

            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                if (thrown) {
                    context.fireChannelRead(message);
                    return;
                }
                thrown = true;
                ((ByteBuf) message).release();
                throw new IllegalStateException("the handler's own");
            }
        };
        on(connection.child(), () -> connection.child().pipeline().addFirst(failsOnce));
        await(connection.client().writeAndFlush(Unpooled.wrappedBuffer(new byte[1])));
        connection.atChild().awaitEvent("exception: the handler's own");
        await(connection.client().writeAndFlush(Unpooled.wrappedBuffer(new byte[10])));
        connection.atChild().awaitBytes(10);
        connection.close();
    }

    /** Waits until TCP holds that much for a channel that does not read. */
    static void awaitReadable(MeshSocketChannel channel, int bytes) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (on(channel, channel::unreadBytes) < bytes)
            assertThat(System.nanoTime())
                    .as("waiting for %d readable bytes", bytes)
                    .isLessThan(deadline);
    }

    static void awaitState(MeshSocketChannel channel, String state) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!on(channel, () -> channel.statistics().state()).equals(state))
            assertThat(System.nanoTime()).as("waiting for %s", state).isLessThan(deadline);
    }
}
