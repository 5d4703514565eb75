package dev.sixgate.mesh.transport;

import static dev.sixgate.mesh.transport.MeshPair.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.transport.MeshPair.Connection;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import org.junit.jupiter.api.Test;

/** Netty's SocketHalfClosedTest, SocketShutdownOutputByPeerTest and SocketChannelEOFTest. */
@OverMesh
class SocketHalfClosedTest {
    private final MeshPair mesh;

    SocketHalfClosedTest(Underlay underlay) throws Exception {
        mesh = MeshPairs.of(underlay);
    }

    private Connection connectHalfClosable() throws Exception {
        return mesh.connect(
                mesh.client(new Observer()).option(ChannelOption.ALLOW_HALF_CLOSURE, true),
                mesh.server(new Observer()).childOption(ChannelOption.ALLOW_HALF_CLOSURE, true));
    }

    @Test
    void all_data_is_read_before_the_one_event_of_half_closure_and_answers_still_go_back() throws Exception {
        Connection connection = connectHalfClosable();
        byte[] data = SocketEchoTest.random(200_000);
        await(connection.client().writeAndFlush(Unpooled.wrappedBuffer(data)));
        await(connection.client().shutdownOutput());
        connection.atChild().awaitEvent("input read");
        assertThat(connection.atChild().awaitBytes(data.length)).isEqualTo(data);
        assertThat(connection.atChild().events()).containsExactly("active", "input shutdown", "input read");
        assertThat(connection.child().isInputShutdown()).isTrue();
        assertThat(connection.child().isOutputShutdown()).isFalse();
        assertThat(connection.child().isActive()).isTrue();

        await(connection.child().writeAndFlush(Unpooled.wrappedBuffer(data)));
        assertThat(connection.atClient().awaitBytes(data.length)).isEqualTo(data);
        await(connection.child().shutdownOutput());
        connection.atClient().awaitEvent("input read");
        assertThat(connection.client().isShutdown()).isTrue();
        assertThat(connection.client().isOpen()).isTrue();
        connection.close();
    }

    @Test
    void the_accepting_side_may_half_close_first() throws Exception {
        Connection connection = connectHalfClosable();
        await(connection.child().shutdownOutput());
        connection.atClient().awaitEvent("input read");
        await(connection.client().writeAndFlush(Unpooled.wrappedBuffer(new byte[1000])));
        assertThat(connection.atChild().awaitBytes(1000)).hasSize(1000);
        await(connection.client().close());
        connection.atChild().awaitEvent("input read");
        connection.close();
    }

    @Test
    void without_half_closure_the_end_of_input_closes_the_channel() throws Exception {
        Connection connection = mesh.connect();
        await(connection.client().writeAndFlush(Unpooled.wrappedBuffer(new byte[5000])));
        await(connection.client().close());
        connection.atChild().awaitEvent("inactive");
        connection.atChild().awaitEvent("unregistered");
        assertThat(connection.atChild().awaitBytes(5000)).hasSize(5000);
        assertThat(connection.atChild().events()).containsExactly("active", "inactive", "unregistered");
        assertThat(connection.child().isOpen()).isFalse();
        connection.close();
    }

    @Test
    void data_before_a_half_closure_waits_until_it_is_read() throws Exception {
        Connection connection = mesh.connect(
                mesh.client(new Observer()).option(ChannelOption.ALLOW_HALF_CLOSURE, true),
                mesh.server(new Observer())
                        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                        .childOption(ChannelOption.AUTO_READ, false));
        byte[] data = SocketEchoTest.random(50_000);
        await(connection.client().writeAndFlush(Unpooled.wrappedBuffer(data)));
        await(connection.client().shutdownOutput());
        await(connection.child().writeAndFlush(Unpooled.wrappedBuffer(new byte[10])));
        connection.atClient().awaitBytes(10);
        assertThat(connection.atChild().events()).containsExactly("active");

        connection.child().config().setAutoRead(true);
        connection.atChild().awaitEvent("input read");
        assertThat(connection.atChild().awaitBytes(data.length)).isEqualTo(data);
        connection.close();
    }

    @Test
    void a_client_that_shuts_its_input_reads_nothing_more_and_holds_nobody_up() throws Exception {
        Connection connection = connectHalfClosable();
        await(connection.client().shutdownInput());
        assertThat(connection.client().isInputShutdown()).isTrue();
        byte[] data = SocketEchoTest.random(4 << 20);
        await(connection.child().writeAndFlush(Unpooled.wrappedBuffer(data)));
        await(connection.client().writeAndFlush(Unpooled.wrappedBuffer(new byte[10])));
        connection.atChild().awaitBytes(10);
        assertThat(connection.atClient().receivedBytes()).isZero();
        connection.close();
    }
}
