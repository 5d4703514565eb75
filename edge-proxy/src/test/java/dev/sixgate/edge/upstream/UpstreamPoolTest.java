package dev.sixgate.edge.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.servicemap.BackendProtocol;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Idle connections: to whom they go, and what ends them. An embedded channel is an event loop of its own. */
class UpstreamPoolTest {
    private static final BackendKey KEY =
            new BackendKey(InetAddress.getLoopbackAddress(), 8080, true, BackendProtocol.HTTP_1_1);
    private static final BackendKey OTHER =
            new BackendKey(InetAddress.getLoopbackAddress(), 8081, true, BackendProtocol.HTTP_1_1);

    private final UpstreamPool pool = new UpstreamPool(2, Duration.ofSeconds(30));

    private UpstreamConnection connection(BackendKey key) {
        UpstreamConnection made = new UpstreamConnection(pool, key);
        EmbeddedChannel channel = new EmbeddedChannel(made);
        channel.freezeTime();
        return made;
    }

    private static EmbeddedChannel channel(UpstreamConnection connection) {
        return (EmbeddedChannel) connection.channel();
    }

    private @Nullable UpstreamConnection acquire(UpstreamConnection like, BackendKey key) {
        return pool.acquire(like.loop(), key);
    }

    @Test
    void what_was_given_back_is_given_out_once_and_for_its_backend_only() {
        UpstreamConnection connection = connection(KEY);
        pool.release(connection);
        assertThat(acquire(connection, OTHER)).isNull();
        assertThat(acquire(connection, KEY)).isSameAs(connection);
        assertThat(acquire(connection, KEY)).isNull();
    }

    @Test
    void an_idle_connection_is_closed_after_the_idle_time() {
        UpstreamConnection connection = connection(KEY);
        pool.release(connection);
        channel(connection).advanceTimeBy(29, TimeUnit.SECONDS);
        channel(connection).runScheduledPendingTasks();
        assertThat(channel(connection).isOpen()).isTrue();
        channel(connection).advanceTimeBy(16, TimeUnit.SECONDS);
        channel(connection).runScheduledPendingTasks();
        assertThat(channel(connection).isOpen()).isFalse();
        assertThat(acquire(connection, KEY)).isNull();
    }

    @Test
    void bytes_that_nobody_asked_for_end_an_idle_connection() {
        UpstreamConnection connection = connection(KEY);
        pool.release(connection);
        channel(connection).writeInbound(Unpooled.copiedBuffer(new byte[] {'H'}));
        assertThat(channel(connection).isOpen()).isFalse();
        assertThat(acquire(connection, KEY)).isNull();
    }

    @Test
    void the_end_of_the_backends_side_ends_an_idle_connection() {
        UpstreamConnection connection = connection(KEY);
        pool.release(connection);
        channel(connection).pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertThat(channel(connection).isOpen()).isFalse();
        assertThat(acquire(connection, KEY)).isNull();
    }

    @Test
    void a_closed_pool_keeps_nothing() {
        UpstreamConnection before = connection(KEY);
        pool.release(before);
        pool.close();
        channel(before).runPendingTasks();
        assertThat(channel(before).isOpen()).isFalse();
        UpstreamConnection after = connection(KEY);
        pool.release(after);
        assertThat(channel(after).isOpen()).isFalse();
    }
}
