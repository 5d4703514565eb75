package dev.sixgate.edge.run;

import static dev.sixgate.edge.run.Loopback.exchange;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.DOUBLE;

import dev.sixgate.edge.admin.AdminClient;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.servicemap.TcpOptions;
import dev.sixgate.edge.servicemap.TlsOptions;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import java.net.Inet6Address;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An edge on several loops, each with an identity of its own, and nodes that know them all. */
@Timeout(30)
class EdgeIdentitiesTest {
    private static final int PORT = 9000;
    private static final int IDENTITIES = 3;
    private static final int CONNECTIONS = 6;
    private static final Ipv6Prefix RANGE = Ipv6Prefix.parse("fdaa:0:48c8:e001:1::/80");
    private static final String NODE = "fdaa::2";
    private static final String OTHER = "fdaa::3";

    @TempDir
    Path directory;

    private final MeshConfig ours = new MeshConfig(PrivateKey.generate(new Random(1)), List.of(RANGE), 1420, List.of());
    private final Loopback loopback = new Loopback();
    private EchoNode node;
    private EchoNode other;
    private Edge edge;

    @BeforeEach
    void start() throws Exception {
        List<PeerConfig> identities = IntStream.range(0, IDENTITIES)
                .mapToObj(i -> ours.identity(i, IDENTITIES))
                .map(identity -> new PeerConfig(
                        "edge", identity.privateKey().publicKey(), null, null, identity.addresses(), Duration.ZERO))
                .toList();
        node = new EchoNode(PrivateKey.generate(new Random(2)), NODE, identities);
        other = new EchoNode(PrivateKey.generate(new Random(3)), OTHER, identities);
        edge = Edge.start(snapshot(IDENTITIES, NODE, node.asPeer("node")));
    }

    @AfterEach
    void close() throws Exception {
        edge.close();
        node.close();
        other.close();
        loopback.close();
    }

    @Test
    void clients_are_spread_over_identities_with_keys_and_ranges_of_their_own() throws Exception {
        assertThat(sources()).hasSize(IDENTITIES);
        assertThat(edge.identities())
                .hasSize(IDENTITIES)
                .extracting(driver -> driver.underlayAddress().getPort())
                .doesNotHaveDuplicates();
    }

    @Test
    void operators_see_every_identity_and_metrics_count_their_peers_together() throws Exception {
        assertThat(sources()).hasSize(IDENTITIES);
        Path socket = directory.resolve("admin.sock");
        JsonNode mesh = JsonMapper.builder()
                .build()
                .readTree(AdminClient.get(socket, "/mesh").body());
        assertThat(mesh.get("name").asString()).isEqualTo("test, identity 1 of 3");
        assertThat(mesh.at("/further_identities").size()).isEqualTo(IDENTITIES - 1);
        assertThat(mesh.at("/further_identities/1/public_key").asString())
                .isEqualTo(ours.identity(2, IDENTITIES).privateKey().publicKey().toString());
        double received = mesh.at("/peers/0/received_bytes").asDouble();
        for (JsonNode further : mesh.get("further_identities"))
            received += further.at("/peers/0/received_bytes").asDouble();
        // The last acknowledgements may still come between the two questions.
        String series = "sixgate_mesh_received_bytes_total{peer=\"node\"} ";
        assertThat(AdminClient.get(socket, "/metrics").body().lines())
                .filteredOn(line -> line.startsWith(series))
                .singleElement()
                .extracting(line -> Double.parseDouble(line.substring(series.length())), DOUBLE)
                .isGreaterThanOrEqualTo(received);
    }

    @Test
    void a_reload_changes_the_peers_of_every_identity_and_live_connections_stay() throws Exception {
        try (Socket before = loopback.connect(PORT)) {
            assertThat(exchange(before, "1", 1)).isEqualTo("1");
            assertThat(edge.apply(snapshot(IDENTITIES, OTHER, node.asPeer("node"), other.asPeer("other")))
                            .changes())
                    .containsExactlyInAnyOrder("~ app echo", "+ peer other");
            assertThat(exchange(before, "2", 1)).isEqualTo("2");
        }
        assertThat(sources()).hasSize(IDENTITIES);
        assertThat(edge.apply(snapshot(IDENTITIES, OTHER, other.asPeer("other")))
                        .changes())
                .containsExactly("- peer node");
        assertThat(sources()).hasSize(IDENTITIES);
    }

    @Test
    void their_number_takes_a_restart() {
        assertThat(edge.apply(snapshot(1, NODE, node.asPeer("node"))).problems())
                .singleElement()
                .asString()
                .startsWith("mesh.identities changed, which takes a restart");
    }

    /** The ranges that backends saw the edge in, over several connections. */
    private Set<Ipv6Prefix> sources() throws Exception {
        for (int i = 0; i < CONNECTIONS; i++)
            try (Socket client = loopback.connect(PORT)) {
                assertThat(exchange(client, "hello", 5)).isEqualTo("hello");
                client.shutdownOutput();
                assertThat(client.getInputStream().read()).isEqualTo(-1);
            }
        return records().stream()
                .peek(record -> assertThat(record.reason).isNull())
                .map(record -> Ipv6Address.of((Inet6Address) record.innerLocal.getAddress()))
                .map(address -> new Ipv6Prefix(address, RANGE.length() + Ipv6Prefix.partBits(IDENTITIES)))
                .collect(Collectors.toSet());
    }

    /** Of the connections made last; a record is finished just after its client saw the end. */
    private List<RequestRecord> records() {
        for (long end = System.nanoTime() + 10_000_000_000L; System.nanoTime() < end; Thread.onSpinWait()) {
            List<RequestRecord> found = edge.sinks().ring().recent(CONNECTIONS);
            if (found.size() == CONNECTIONS && found.stream().allMatch(record -> record.innerLocal != null))
                return found;
        }
        throw new AssertionError("no records came within 10 s");
    }

    private Snapshot snapshot(int identities, String backend, PeerConfig... peers) {
        PortBinding binding = new PortBinding(
                PORT,
                List.of(),
                TlsOptions.DEFAULT,
                HttpOptions.DEFAULT,
                new TcpOptions(Duration.ofSeconds(5), Duration.ofHours(1), Duration.ZERO),
                0);
        MeshConfig config = new MeshConfig(ours.privateKey(), List.of(RANGE), 1420, List.of(peers));
        return Snapshots.in(directory, loopback.address)
                .apps(Apps.app(
                        "echo",
                        List.of(Apps.backend("b", backend)),
                        new Service("tcp", List.of(), EchoNode.PORT, List.of(binding))))
                .mesh(new Snapshot.MeshSettings(config, 0, identities, null))
                .build();
    }
}
