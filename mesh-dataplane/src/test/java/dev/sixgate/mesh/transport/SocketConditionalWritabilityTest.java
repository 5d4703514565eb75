package dev.sixgate.mesh.transport;

import static dev.sixgate.mesh.transport.MeshPair.await;
import static dev.sixgate.mesh.transport.MeshPair.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.transport.MeshPair.Connection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

/** Netty's SocketConditionalWritabilityTest and SocketCancelWriteTest. */
@OverMesh
class SocketConditionalWritabilityTest {
    private final MeshPair mesh;

    SocketConditionalWritabilityTest(Underlay underlay) throws Exception {
        mesh = MeshPairs.of(underlay);
    }

    @Test
    void a_channel_is_unwritable_over_its_high_mark_and_writable_again_under_its_low_mark() throws Exception {
        Connection connection = mesh.connect(
                mesh.client(new Observer())
                        .option(ChannelOption.SO_SNDBUF, 64 << 10)
                        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(8 << 10, 16 << 10)),
                mesh.server(new Observer())
                        .option(ChannelOption.SO_RCVBUF, 64 << 10)
                        .childOption(ChannelOption.AUTO_READ, false));
        int written = 0;
        while (connection.client().isWritable()) {
            await(connection.client().eventLoop().submit(() -> {
                connection.client().writeAndFlush(Unpooled.directBuffer(4096).writeZero(4096));
            }));
            written += 4096;
        }
        connection.atClient().awaitEvent("unwritable");
        assertThat(written).isGreaterThan(64 << 10);
        assertThat(connection.client().bytesBeforeWritable()).isPositive();

        connection.child().config().setAutoRead(true);
        connection.atChild().awaitBytes(written);
        connection.atClient().awaitEvent("writable");
        assertThat(connection.client().isWritable()).isTrue();
        connection.close();
    }

    @Test
    void a_cancelled_write_is_skipped_and_the_others_arrive() throws Exception {
        Connection connection = mesh.connect();
        ByteBuf a = Unpooled.wrappedBuffer(new byte[] {'a'});
        ByteBuf b = Unpooled.wrappedBuffer(new byte[] {'b'});
        ByteBuf c = Unpooled.wrappedBuffer(new byte[] {'c'});
        ChannelFuture cancelled = on(connection.client(), () -> {
            connection.client().write(a);
            ChannelFuture write = connection.client().write(b);
            assertThat(write.cancel(false)).isTrue();
            connection.client().writeAndFlush(c);
            return write;
        });
        assertThat(connection.atChild().awaitBytes(2)).containsExactly('a', 'c');
        assertThatThrownBy(cancelled::get).isInstanceOf(CancellationException.class);
        assertThat(b.refCnt()).isZero();
        connection.close();
    }
}
