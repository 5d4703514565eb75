package dev.sixgate.mesh.transport;

import static dev.sixgate.mesh.transport.MeshPair.at;
import static dev.sixgate.mesh.transport.MeshPair.await;
import static dev.sixgate.mesh.transport.MeshPair.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.RecordingLeakDetector;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.transport.MeshPair.Connection;
import dev.sixgate.mesh.underlay.DriverOptions;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.PrivateKey;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@OverMesh
class MeshDriverTest {
    private final Underlay underlay;
    private final MeshPair mesh;

    MeshDriverTest(Underlay underlay) throws Exception {
        this.underlay = underlay;
        mesh = MeshPairs.of(underlay);
    }

    @Test
    void a_ping_is_answered_by_the_other_end_of_the_tunnel() throws Exception {
        assertThat(await(mesh.edge.ping(MeshPair.NODE, 56, Duration.ofSeconds(10))))
                .isPositive();
        assertThat(await(mesh.edge.ping(MeshPair.NODE, 1372, Duration.ofSeconds(10))))
                .isPositive();
    }

    @Test
    void a_ping_says_why_it_failed() {
        assertThatThrownBy(() -> await(mesh.edge.ping(MeshPair.UNREACHABLE_PEER, 8, Duration.ofMillis(20))))
                .hasCauseInstanceOf(SocketTimeoutException.class)
                .hasMessageContaining("no echo reply from fdaa:0:3::1 after 20 ms");
        assertThatThrownBy(() -> await(mesh.edge.ping(Ipv6Address.parse("2001:db8::1"), 8, Duration.ofSeconds(1))))
                .hasCauseInstanceOf(NoRouteToHostException.class);
        assertThatThrownBy(() -> await(mesh.edge.ping(MeshPair.NODE, 5000, Duration.ofSeconds(1))))
                .hasCauseInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void closing_a_driver_closes_its_channels_resets_the_others_and_releases_everything() throws Exception {
        MeshPair own = MeshPair.start(underlay);
        Connection connection = own.connect(
                own.client(new Observer()), own.server(new Observer()).childOption(ChannelOption.AUTO_READ, false));
        Channel listener = own.listen(own.server(new Observer()));
        Channel datagrams = await(new Bootstrap()
                .group(own.edge.eventLoop())
                .channelFactory(() -> new MeshDatagramChannel(own.edge))
                .handler(new Observer())
                .bind(at(MeshPair.EDGE, 0)));
        ChannelFuture attempt = own.client(new Observer()).connect(at(MeshPair.UNREACHABLE_PEER, 80));
        ChannelFuture stuck =
                connection.client().writeAndFlush(Unpooled.directBuffer(4 << 20).writeZero(4 << 20));
        SocketAutoReadTest.awaitReadable(connection.child(), 100_000);
        var ping = own.edge.ping(MeshPair.UNREACHABLE_PEER, 8, Duration.ofMinutes(1));

        await(own.edge.close());
        await(own.edge.close());
        assertThatThrownBy(() -> await(stuck)).hasRootCauseMessage("the mesh was closed");
        assertThatThrownBy(() -> await(attempt)).hasRootCauseMessage("the mesh was closed");
        assertThatThrownBy(() -> await(ping)).isNotNull();
        connection.atClient().awaitEvent("unregistered");
        await(datagrams.closeFuture());
        connection.child().config().setAutoRead(true);
        connection.atChild().awaitEvent("inactive");
        assertThat(connection.atChild().events()).contains("exception: Connection reset by peer");
        assertThatThrownBy(() -> await(own.client(new Observer()).connect(at(MeshPair.NODE, 80))))
                .hasMessageContaining("the mesh is closed");

        await(own.node.close());
        await(listener.closeFuture());
        own.close();
        RecordingLeakDetector.assertNothingLeaked();
    }

    @Test
    void junk_from_anywhere_disturbs_nobody() throws Exception {
        Connection connection = mesh.connect();
        long before = on(mesh.node.eventLoop(), mesh.node::statistics).receivedDatagrams();
        try (DatagramSocket stranger = new DatagramSocket()) {
            var to = new InetSocketAddress(
                    "127.0.0.1", mesh.node.underlayAddress().getPort());
            for (int length : new int[] {0, 1, 4, 31, 32, 92, 148, 1452, 9000, 60_000})
                for (int type = 0; type <= 5; type++) {
                    byte[] junk = SocketEchoTest.random(length);
                    if (length >= 4) System.arraycopy(new byte[] {(byte) type, 0, 0, 0}, 0, junk, 0, 4);
                    stranger.send(new DatagramPacket(junk, length, to));
                }
        }
        await(connection.client().writeAndFlush(Unpooled.wrappedBuffer(new byte[100_000])));
        connection.atChild().awaitBytes(100_000);
        var after = on(mesh.node.eventLoop(), mesh.node::statistics);
        assertThat(after.receivedDatagrams() - before).isGreaterThan(60);
        assertThat(after.failedDatagrams()).isZero();
        connection.close();
    }

    @Test
    void a_taken_udp_port_is_a_failure_to_start() {
        assertThatThrownBy(() -> await(MeshDriver.start(
                        mesh.group.next(), config(), mesh.node.underlayAddress().getPort(), underlay.options())))
                .hasCauseInstanceOf(BindException.class)
                .hasMessageContaining("Address already in use");
    }

    @Test
    void the_key_log_is_for_its_owner_only_and_names_each_handshake(@TempDir Path directory) throws Exception {
        Path log = directory.resolve("wg.keys");
        MeshPair own = MeshPair.start(underlay, underlay.options().withKeyLog(log));
        await(own.edge.ping(MeshPair.NODE, 8, Duration.ofSeconds(10)));
        own.close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log)))
                .isEqualTo("rw-------");
        assertThat(Files.readString(log)).contains("LOCAL_EPHEMERAL_PRIVATE_KEY = ");
    }

    @Test
    void a_key_log_that_cannot_be_written_is_a_failure_to_start(@TempDir Path directory) {
        DriverOptions options = underlay.options().withKeyLog(directory);
        assertThatThrownBy(() -> await(MeshDriver.start(mesh.group.next(), config(), 0, options)))
                .hasCauseInstanceOf(IOException.class);
    }

    @Test
    void statistics_tell_how_the_socket_is_driven() throws Exception {
        var statistics = on(mesh.edge.eventLoop(), mesh.edge::statistics);
        assertThat(statistics.socket()).isEqualTo(underlay == Underlay.NIO ? "nio" : "epoll");
        if (underlay != Underlay.EPOLL_WITH_OFFLOAD)
            assertThat(statistics.gso() || statistics.gro()).isFalse();
        assertThat(statistics.receiveBufferBytes()).isPositive();
    }

    private static MeshConfig config() {
        return new MeshConfig(
                PrivateKey.generate(new SecureRandom()),
                List.of(new Ipv6Prefix(MeshPair.EDGE, 128)),
                MeshConfig.DEFAULT_MTU,
                List.of());
    }
}
