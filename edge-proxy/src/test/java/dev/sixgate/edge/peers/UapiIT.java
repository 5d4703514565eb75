package dev.sixgate.edge.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.mesh.UapiSocket;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Stock {@code wg} configures a running mesh. */
@Timeout(60)
class UapiIT {
    @TempDir
    Path directory;

    private final String device = "sgu" + ProcessHandle.current().pid();
    /** Where wg looks, and nowhere else. */
    private final Path socket = Path.of("/var/run/wireguard", device + ".sock");

    private final PrivateKey key = PrivateKey.generate(new Random(1));
    private final String node = PrivateKey.generate(new Random(2)).publicKey().toString();
    private final String other = PrivateKey.generate(new Random(3)).publicKey().toString();
    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private MeshDriver mesh;
    private AutoCloseable uapi;

    @BeforeAll
    static void peers() {
        RealPeers.require("wg:wireguard-tools");
    }

    @BeforeEach
    void start() throws Exception {
        PeerConfig peer = new PeerConfig(
                "node",
                PrivateKey.generate(new Random(2)).publicKey(),
                null,
                null,
                List.of(Ipv6Prefix.parse("fdaa::2/128")),
                Duration.ofSeconds(25));
        mesh = MeshDriver.start(
                        loops.next(),
                        new MeshConfig(key, List.of(Ipv6Prefix.parse("fdaa::1/128")), 1420, List.of(peer)),
                        0)
                .sync()
                .getNow();
        uapi = UapiSocket.open(loops, socket, mesh, key);
    }

    @AfterEach
    void close() throws Exception {
        uapi.close();
        mesh.close().sync();
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS);
        assertThat(socket).doesNotExist();
    }

    @Test
    void wg_shows_what_runs() throws Exception {
        String shown = wg(0, "show", device);
        assertThat(shown)
                .contains(
                        "interface: " + device,
                        "public key: " + key.publicKey(),
                        "listening port: " + mesh.underlayAddress().getPort(),
                        "peer: " + node,
                        "allowed ips: fdaa::2/128",
                        "persistent keepalive: every 25 seconds");
    }

    @Test
    void wg_adds_changes_and_removes_peers() throws Exception {
        Path psk = Files.writeString(directory.resolve("psk"), wg(0, "genpsk"));
        wg(
                0,
                "set",
                device,
                "peer",
                other,
                "preshared-key",
                psk.toString(),
                "endpoint",
                "[::1]:9",
                "allowed-ips",
                "fdaa:3::/64,10.0.0.0/8");
        assertThat(wg(0, "show", device, "endpoints")).contains(other + "\t[::1]:9");
        assertThat(wg(0, "show", device, "preshared-keys"))
                .contains(other + "\t" + Files.readString(psk).strip());
        assertThat(wg(0, "show", device, "allowed-ips")).contains(other + "\tfdaa:3::/64");
        wg(0, "set", device, "peer", node, "remove");
        assertThat(wg(0, "show", device, "peers").strip()).isEqualTo(other);
    }

    @Test
    void a_configuration_that_wg_wrote_is_taken_back_and_synchronised() throws Exception {
        String written = wg(0, "showconf", device);
        Path file = Files.writeString(directory.resolve("wg.conf"), written);
        wg(0, "setconf", device, file.toString());
        assertThat(wg(0, "showconf", device)).isEqualTo(written);
        Files.writeString(file, written + "\n[Peer]\nPublicKey = " + other + "\nAllowedIPs = fdaa:4::/64\n");
        wg(0, "syncconf", device, file.toString());
        assertThat(wg(0, "show", device, "peers").lines()).containsExactlyInAnyOrder(node, other);
    }

    @Test
    void the_port_belongs_to_the_process_and_wg_says_so() throws Exception {
        assertThat(wg(1, "set", device, "listen-port", "1")).contains("Operation not supported");
        assertThat(wg(0, "show", device, "listen-port").strip())
                .isEqualTo(String.valueOf(mesh.underlayAddress().getPort()));
    }

    private static String wg(int status, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("wg"));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(output).isEqualTo(status);
        return output;
    }
}
