package dev.sixgate.mesh.transport;

import static dev.sixgate.mesh.transport.MeshPair.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.transport.MeshPair.Connection;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

/** Netty's SocketRstTest and SocketCloseForciblyTest. */
@OverMesh
class SocketRstTest {
    private final MeshPair mesh;

    SocketRstTest(Underlay underlay) throws Exception {
        mesh = MeshPairs.of(underlay);
    }

    @Test
    void linger_zero_makes_close_a_reset_that_the_other_side_is_told_before_inactive() throws Exception {
        Connection connection = mesh.connect(
                mesh.client(new Observer()).option(ChannelOption.SO_LINGER, 0), mesh.server(new Observer()));
        await(connection.client().close());
        connection.atChild().awaitEvent("unregistered");
        assertThat(connection.atChild().events())
                .containsExactly("active", "exception: Connection reset by peer", "inactive", "unregistered");
    }

    @Test
    void an_ordinary_close_is_no_exception() throws Exception {
        Connection connection = mesh.connect();
        await(connection.child().close());
        connection.atClient().awaitEvent("unregistered");
        assertThat(connection.atClient().events()).containsExactly("active", "inactive", "unregistered");
    }

    @Test
    void a_reset_fails_the_writes_that_wait_with_its_reason() throws Exception {
        Connection connection = mesh.connect(
                mesh.client(new Observer()),
                mesh.server(new Observer())
                        .childOption(ChannelOption.AUTO_READ, false)
                        .childOption(ChannelOption.SO_LINGER, 0));
        var stuck =
                connection.client().writeAndFlush(Unpooled.directBuffer(8 << 20).writeZero(8 << 20));
        SocketAutoReadTest.awaitReadable(connection.child(), 100_000);
        await(connection.child().close());
        assertThatThrownBy(() -> await(stuck))
                .hasRootCauseInstanceOf(IOException.class)
                .hasMessageContaining("Connection reset by peer");
        connection.atClient().awaitEvent("inactive");
        assertThat(connection.atClient().events()).contains("exception: Connection reset by peer");
    }

    @Test
    void closing_with_unread_data_is_a_reset() throws Exception {
        Connection connection = mesh.connect(
                mesh.client(new Observer()), mesh.server(new Observer()).childOption(ChannelOption.AUTO_READ, false));
        await(connection.client().writeAndFlush(Unpooled.wrappedBuffer(new byte[1000])));
        // An answer shows that what was sent before it is there.
        await(connection.child().writeAndFlush(Unpooled.wrappedBuffer(new byte[1])));
        connection.atClient().awaitBytes(1);
        SocketAutoReadTest.awaitReadable(connection.child(), 1000);
        await(connection.child().close());
        connection.atClient().awaitEvent("inactive");
        assertThat(connection.atClient().events()).contains("exception: Connection reset by peer");
    }

    @Test
    void closing_with_bytes_that_were_never_sent_is_a_reset_and_no_clean_end() throws Exception {
        Connection connection = mesh.connect(
                mesh.client(new Observer()), mesh.server(new Observer()).childOption(ChannelOption.AUTO_READ, false));
        var stuck =
                connection.client().writeAndFlush(Unpooled.directBuffer(8 << 20).writeZero(8 << 20));
        SocketAutoReadTest.awaitReadable(connection.child(), 100_000);
        await(connection.client().close());
        assertThatThrownBy(() -> await(stuck)).hasRootCauseInstanceOf(ClosedChannelException.class);
        SocketAutoReadTest.awaitState(connection.child(), "CLOSED");
        connection.child().config().setAutoRead(true);
        connection.atChild().awaitEvent("inactive");
        assertThat(connection.atChild().events()).contains("exception: Connection reset by peer");
        assertThat(connection.atChild().receivedBytes()).isLessThan(8 << 20);
    }

    @Test
    void closing_with_bytes_that_were_never_flushed_is_a_reset_too() throws Exception {
        Connection connection = mesh.connect();
        MeshPair.on(connection.child(), () -> {
            connection.child().write(Unpooled.directBuffer(1000).writeZero(1000));
            return connection.child().close();
        });
        connection.atClient().awaitEvent("inactive");
        assertThat(connection.atClient().events()).contains("exception: Connection reset by peer");
    }

    @Test
    void closing_when_everything_was_taken_is_a_clean_end_behind_it() throws Exception {
        Connection connection = mesh.connect();
        MeshPair.on(connection.child(), () -> {
            connection.child().writeAndFlush(Unpooled.directBuffer(100_000).writeZero(100_000));
            return connection.child().close();
        });
        connection.atClient().awaitEvent("inactive");
        assertThat(connection.atClient().receivedBytes()).isEqualTo(100_000);
        assertThat(connection.atClient().events()).containsSubsequence("active", "inactive");
        assertThat(connection.atClient().events()).noneMatch(event -> event.startsWith("exception"));
    }

    @Test
    void closing_from_the_promise_of_the_last_write_is_a_clean_end() throws Exception {
        Connection connection = mesh.connect();
        connection
                .child()
                .writeAndFlush(Unpooled.directBuffer(1000).writeZero(1000))
                .addListener(ChannelFutureListener.CLOSE);
        connection.atClient().awaitEvent("unregistered");
        assertThat(connection.atClient().receivedBytes()).isEqualTo(1000);
        assertThat(connection.atClient().events()).containsExactly("active", "inactive", "unregistered");
    }

    @Test
    void what_arrived_before_a_reset_can_be_read_after_it() throws Exception {
        Connection connection = mesh.connect(
                mesh.client(new Observer()).option(ChannelOption.SO_LINGER, 0),
                mesh.server(new Observer()).childOption(ChannelOption.AUTO_READ, false));
        await(connection.client().writeAndFlush(Unpooled.wrappedBuffer(new byte[1000])));
        SocketAutoReadTest.awaitReadable(connection.child(), 1000);
        await(connection.client().close());
        SocketAutoReadTest.awaitState(connection.child(), "CLOSED");
        assertThat(connection.atChild().events()).containsExactly("active");
        connection.child().config().setAutoRead(true);
        connection.atChild().awaitEvent("inactive");
        assertThat(connection.atChild().receivedBytes()).isEqualTo(1000);
        assertThat(connection.atChild().events()).contains("exception: Connection reset by peer");
    }

    @Test
    void close_forcibly_ends_the_connection_for_both() throws Exception {
        Connection connection = mesh.connect();
        MeshPair.on(connection.client(), () -> {
            connection.client().unsafe().closeForcibly();
            return null;
        });
        connection.atChild().awaitEvent("inactive");
        await(connection.client().close());
    }
}
