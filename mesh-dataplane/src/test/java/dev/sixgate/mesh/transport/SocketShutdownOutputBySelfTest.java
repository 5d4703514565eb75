package dev.sixgate.mesh.transport;

import static dev.sixgate.mesh.transport.MeshPair.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.transport.MeshPair.Connection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.socket.ChannelOutputShutdownException;
import java.io.File;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import org.junit.jupiter.api.Test;

/** Netty's SocketShutdownOutputBySelfTest, SocketChannelNotYetConnectedTest, SocketFileRegionTest, SocketBufReleaseTest. */
@OverMesh
class SocketShutdownOutputBySelfTest {
    private final MeshPair mesh;

    SocketShutdownOutputBySelfTest(Underlay underlay) throws Exception {
        mesh = MeshPairs.of(underlay);
    }

    @Test
    void after_shutdown_a_write_fails_and_is_released_while_reading_goes_on() throws Exception {
        Connection connection = mesh.connect(
                mesh.client(new Observer()),
                mesh.server(new Observer()).childOption(ChannelOption.ALLOW_HALF_CLOSURE, true));
        await(connection.client().shutdownOutput());
        assertThat(connection.client().isOutputShutdown()).isTrue();
        assertThat(connection.client().isInputShutdown()).isFalse();
        connection.atClient().awaitEvent("output shutdown");

        ByteBuf late = Unpooled.directBuffer().writeZero(10);
        assertThatThrownBy(() -> await(connection.client().writeAndFlush(late)))
                .hasRootCauseInstanceOf(ClosedChannelException.class);
        assertThat(late.refCnt()).isZero();
        await(connection.child().writeAndFlush(Unpooled.wrappedBuffer(new byte[10])));
        connection.atClient().awaitBytes(10);
        connection.close();
    }

    @Test
    void shutdown_fails_what_the_send_buffer_had_not_taken() throws Exception {
        Connection connection = mesh.connect(
                mesh.client(new Observer()), mesh.server(new Observer()).childOption(ChannelOption.AUTO_READ, false));
        var stuck =
                connection.client().writeAndFlush(Unpooled.directBuffer(8 << 20).writeZero(8 << 20));
        await(connection.client().shutdownOutput());
        assertThatThrownBy(() -> await(stuck)).hasCauseInstanceOf(ChannelOutputShutdownException.class);
        connection.close();
    }

    @Test
    void shutdown_before_connect_and_after_close_fails() throws Exception {
        var unconnected = (MeshSocketChannel) await(mesh.client(new Observer()).register());
        assertThatThrownBy(() -> await(unconnected.shutdownOutput()))
                .hasCauseInstanceOf(NotYetConnectedException.class);
        assertThatThrownBy(() -> await(unconnected.shutdownInput())).hasCauseInstanceOf(NotYetConnectedException.class);
        assertThatThrownBy(() -> await(unconnected.shutdown())).hasCauseInstanceOf(NotYetConnectedException.class);
        await(unconnected.close());
        assertThatThrownBy(() -> await(unconnected.shutdownOutput())).hasCauseInstanceOf(ClosedChannelException.class);
    }

    @Test
    void a_shutdown_of_both_directions_sends_fin_after_the_data() throws Exception {
        Connection connection = mesh.connect();
        await(connection.client().writeAndFlush(Unpooled.wrappedBuffer(new byte[70_000])));
        await(connection.client().shutdown());
        connection.atChild().awaitEvent("inactive");
        assertThat(connection.atChild().awaitBytes(70_000)).hasSize(70_000);
        connection.close();
    }

    @Test
    void a_write_before_connect_fails_and_is_released() throws Exception {
        var unconnected = await(mesh.client(new Observer()).register());
        ByteBuf early = Unpooled.directBuffer().writeZero(10);
        assertThatThrownBy(() -> await(unconnected.writeAndFlush(early)))
                .hasCauseInstanceOf(NotYetConnectedException.class);
        assertThat(early.refCnt()).isZero();
        await(unconnected.close());
    }

    @Test
    void a_write_after_close_fails_and_is_released() throws Exception {
        Connection connection = mesh.connect();
        connection.close();
        ByteBuf late = Unpooled.directBuffer().writeZero(10);
        assertThatThrownBy(() -> await(connection.client().writeAndFlush(late)))
                .hasRootCauseInstanceOf(ClosedChannelException.class);
        assertThat(late.refCnt()).isZero();
    }

    @Test
    void a_file_region_is_refused_with_a_sentence() throws Exception {
        Connection connection = mesh.connect();
        assertThatThrownBy(
                        () -> await(connection.client().writeAndFlush(new DefaultFileRegion(new File("none"), 0, 1))))
                .hasRootCauseInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("a mesh channel writes ByteBuf, not DefaultFileRegion");
        assertThat(connection.client().isActive()).isTrue();
        connection.close();
    }
}
