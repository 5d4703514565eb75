package dev.sixgate.edge.run;

import static dev.sixgate.edge.run.Loopback.exchange;
import static dev.sixgate.edge.run.Snapshots.direct;
import static dev.sixgate.edge.run.Snapshots.raw;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.edge.admin.AdminClient;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.listener.SocketTransport;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.Handler;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A whole edge on loopback, with raw TCP and backends that the kernel reaches. */
@Timeout(30)
class EdgeTest {
    private static final int PORT = 9000;
    private static final int OTHER_PORT = 9001;

    @TempDir
    Path directory;

    private final Loopback loopback = new Loopback();
    private Snapshots snapshots;
    private Backend a;
    private Backend b;
    private Edge edge;

    @BeforeEach
    void backends() throws IOException {
        snapshots = Snapshots.in(directory, loopback.address);
        a = direct("a", loopback.address, loopback.echo("a:"));
        b = direct("b", loopback.address, loopback.echo("b:"));
    }

    @AfterEach
    void close() throws Exception {
        if (edge != null) edge.close();
        loopback.close();
    }

    @ParameterizedTest
    @EnumSource(SocketTransport.class)
    void raw_tcp_reaches_its_backend_and_leaves_a_record_a_log_line_and_metrics(SocketTransport transport)
            throws Exception {
        Path log = directory.resolve("access.log");
        edge = Edge.start(
                snapshots
                        .apps(raw("echo", PORT, a))
                        .accessLog(log.toString())
                        .metrics(new InetSocketAddress(loopback.address, 0))
                        .build(),
                transport);
        try (Socket client = loopback.connect(PORT)) {
            assertThat(exchange(client, "hello", 7)).isEqualTo("a:hello");
            assertThat(status().get("connections").asInt()).isEqualTo(1);
            assertThat(AdminClient.get(socket(), "/whois?of=fdaa%3A0%3A48c8%3Aa7b%3A228%3A%3A2")
                            .body())
                    .contains("\"host\":\"a7b:228\"", "\"owners\":[]");
            client.shutdownOutput();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
        RequestRecord record = eventually(() -> edge.sinks().ring().recent(1)).getFirst();
        assertThat(record.app).isEqualTo("echo");
        assertThat(record.requestBytes).isEqualTo(5);
        assertThat(record.responseBytes).isEqualTo(7);
        assertThat(AdminClient.get(socket(), "/explain/" + record.id + "?format=text")
                        .body())
                .contains("Served by backend a", "route       echo.tcp any host", "took a (0 in flight)");
        String scraped = http(edge.metricsAddress(), "/metrics");
        assertThat(scraped)
                .startsWith("HTTP/1.1 200 OK")
                .contains("sixgate_requests_total{app=\"echo\",protocol=\"tcp\",reason=\"none\",service=\"tcp\"")
                .contains("sixgate_connections_total 1.0");
        edge.close();
        assertThat(Files.readString(log)).startsWith("{\"time\":").contains("\"id\":\"" + record.id + "\"");
    }

    @ParameterizedTest
    @EnumSource(SocketTransport.class)
    void a_client_that_asks_and_ends_in_one_breath_gets_its_whole_answer(SocketTransport transport) throws Exception {
        edge = Edge.start(snapshots.apps(raw("echo", PORT, a)).build(), transport);
        byte[] question = new byte[200_000];
        for (int i = 0; i < 50; i++) {
            try (Socket client = loopback.connect(PORT)) {
                Thread.ofVirtual().start(() -> {
                    try {
                        client.getOutputStream().write(question);
                        client.shutdownOutput();
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
                assertThat(client.getInputStream().readAllBytes()).hasSize(2 + question.length);
            }
        }
    }

    @Test
    void both_families_are_served_and_an_ipv4_client_is_seen_as_one() throws Exception {
        int port = freePort();
        edge = Edge.start(
                snapshots.addresses(List.of()).apps(raw("echo", port, a)).build());
        for (String family : List.of("127.0.0.1", "::1")) {
            Socket client = loopback.connect(new InetSocketAddress(InetAddress.ofLiteral(family), port));
            assertThat(exchange(client, "x", 3)).isEqualTo("a:x");
            client.close();
        }
        List<RequestRecord> records = eventually(() ->
                edge.sinks().ring().recent(2).size() == 2 ? edge.sinks().ring().recent(2) : List.of());
        assertThat(records.getLast().client.getAddress()).isInstanceOf(Inet4Address.class);
        assertThat(records.getFirst().client.getAddress()).isEqualTo(InetAddress.ofLiteral("::1"));
    }

    @Test
    void a_refused_backend_is_named_as_the_culprit() throws Exception {
        edge = Edge.start(snapshots
                .apps(raw("echo", PORT, direct("gone", loopback.address, loopback.refusing())))
                .build());
        // Connecting may see the reset already.
        assertThatThrownBy(() -> loopback.connect(PORT).getInputStream().read()).hasMessageContaining("reset");
        eventually(() -> edge.sinks().ring().failures(1)); // the list is asked once there is one
        JsonNode listed =
                json(AdminClient.get(socket(), "/explain?kind=failures").body()).at("/requests/0");
        assertThat(listed.get("reason").asString()).isEqualTo("backend_refused");
        assertThat(listed.get("verdict").asString())
                .startsWith("The cause lies with the backend: the backend refused the connection (127.");
        assertThat(status().at("/apps/0/backends/0/failing").asBoolean()).isTrue();
    }

    @Test
    void a_reload_lets_connections_live_and_sends_new_ones_to_the_new_backend() throws Exception {
        edge = Edge.start(snapshots.apps(raw("echo", PORT, a)).build());
        Socket before = loopback.connect(PORT);
        assertThat(exchange(before, "1", 3)).isEqualTo("a:1");
        for (int i = 0; i < 20; i++) {
            Backend next = i % 2 == 0 ? b : a;
            assertThat(edge.apply(snapshots.apps(raw("echo", PORT, next)).build()))
                    .isEqualTo(new Verdict(List.of(), List.of("~ app echo")));
            assertThat(exchange(before, "2", 1)).isEqualTo("2");
        }
        edge.apply(snapshots.apps(raw("echo", PORT, b)).build());
        assertThat(exchange(loopback.connect(PORT), "3", 3)).isEqualTo("b:3");
        assertThat(exchange(before, "4", 1)).isEqualTo("4");
    }

    @Test
    void listeners_come_and_go_with_a_reload_and_their_connections_stay() throws Exception {
        edge = Edge.start(snapshots.apps(raw("one", PORT, a)).build());
        Socket before = loopback.connect(PORT);
        assertThat(exchange(before, "1", 3)).isEqualTo("a:1");
        Verdict verdict = edge.apply(snapshots.apps(raw("two", OTHER_PORT, b)).build());
        String address = loopback.address.getHostAddress();
        assertThat(verdict.changes())
                .containsExactly(
                        "+ app two",
                        "- app one",
                        "+ listener " + address + ":" + OTHER_PORT,
                        "- listener " + address + ":" + PORT);
        assertThat(exchange(loopback.connect(OTHER_PORT), "2", 3)).isEqualTo("b:2");
        assertThatThrownBy(() -> loopback.connect(PORT)).isInstanceOf(ConnectException.class);
        assertThat(exchange(before, "3", 1)).isEqualTo("3");
    }

    @Test
    void a_configuration_that_cannot_be_served_changes_nothing_and_is_told_everywhere() throws Exception {
        edge = Edge.start(snapshots.apps(raw("echo", PORT, a)).build());
        ServerSocket taken = loopback.listen(OTHER_PORT);
        Verdict verdict = edge.apply(snapshots
                .apps(raw("echo", PORT, b), raw("new", 9002, b), raw("taken", OTHER_PORT, b))
                .build());
        assertThat(verdict.ok()).isFalse();
        assertThat(verdict.problems())
                .singleElement()
                .asString()
                .startsWith("port in use: " + loopback.address.getHostAddress() + ":" + OTHER_PORT
                        + " is taken by this process itself (pid ");
        assertThat(exchange(loopback.connect(PORT), "1", 3)).isEqualTo("a:1");
        assertThatThrownBy(() -> loopback.connect(9002))
                .as("bound first, then given back")
                .isInstanceOf(ConnectException.class);
        assertThat(status().at("/last_reload/ok").asBoolean()).isFalse();
        assertThat(status().at("/last_reload/problems/0").asString()).startsWith("port in use");
        assertThat(AdminClient.get(socket(), "/metrics").body())
                .contains("sixgate_reloads_total{result=\"failed\"} 1.0")
                .doesNotContain("sixgate_map_staleness_seconds 0.0\n");
        taken.close();
        assertThat(edge.apply(snapshots.apps(raw("taken", OTHER_PORT, b)).build())
                        .ok())
                .isTrue();
        assertThat(AdminClient.get(socket(), "/metrics").body()).contains("sixgate_map_staleness_seconds 0.0\n");
    }

    @Test
    void services_that_share_a_port_and_disagree_on_handlers_are_refused() throws Exception {
        edge = Edge.start(snapshots.apps(raw("echo", PORT, a)).build());
        Verdict verdict = edge.apply(snapshots
                .apps(
                        raw("echo", PORT, a),
                        Apps.app("web", List.of(b), Apps.service("http", List.of("x.example"), PORT, Handler.HTTP)))
                .build());
        assertThat(verdict.problems())
                .containsExactly("port 9000 has handlers [] by echo.tcp and [\"http\"] by web.http; "
                        + "services that share a port need the same handlers");
    }

    @Test
    void what_takes_a_restart_is_told_and_nothing_is_applied() throws Exception {
        edge = Edge.start(snapshots.apps(raw("echo", PORT, a)).build());
        Snapshot moved = Snapshots.in(directory.resolve("elsewhere"), loopback.address)
                .apps(raw("echo", PORT, b))
                .build();
        assertThat(edge.apply(moved).problems())
                .containsExactly(
                        "edge.state changed, which takes a restart; until then nothing of the new configuration is"
                                + " used",
                        "admin.listen changed, which takes a restart; until then nothing of the new configuration is"
                                + " used");
        assertThat(exchange(loopback.connect(PORT), "1", 3)).isEqualTo("a:1");
    }

    @Test
    void a_port_in_use_fails_the_start_says_by_whom_and_leaves_nothing() throws Exception {
        loopback.listen(OTHER_PORT);
        Snapshot snapshot = snapshots
                .apps(raw("echo", PORT, a), raw("taken", OTHER_PORT, a))
                .build();
        assertThatThrownBy(() -> Edge.start(snapshot))
                .isInstanceOf(EdgeStartException.class)
                .hasMessageContaining("port in use")
                .hasMessageContaining("pid " + ProcessHandle.current().pid());
        assertThatThrownBy(() -> loopback.connect(PORT)).isInstanceOf(ConnectException.class);
        assertThat(Files.exists(socket())).isFalse();
    }

    @Test
    void a_second_edge_fails_on_the_ports_and_disturbs_nothing() throws Exception {
        Snapshot snapshot = snapshots.apps(raw("echo", PORT, a)).build();
        edge = Edge.start(snapshot);
        Socket client = loopback.connect(PORT);
        assertThat(exchange(client, "1", 3)).isEqualTo("a:1");
        assertThatThrownBy(() -> Edge.start(snapshot)).hasMessageContaining("port in use");
        assertThat(exchange(client, "2", 1)).isEqualTo("2");
        assertThat(status().get("name").asString()).isEqualTo("test");
    }

    @Test
    void an_edge_with_the_admin_socket_of_a_live_one_is_refused() throws Exception {
        edge = Edge.start(snapshots.apps(raw("echo", PORT, a)).build());
        assertThatThrownBy(() ->
                        Edge.start(snapshots.apps(raw("echo", OTHER_PORT, a)).build()))
                .hasMessageContaining("another edge is running: it answers on the admin socket");
        assertThat(status().get("name").asString()).isEqualTo("test");
    }

    @Test
    void a_missing_certificate_fails_the_start_in_a_plain_sentence() {
        Path missing = directory.resolve("none.pem");
        assertThatThrownBy(() -> Edge.start(snapshots
                        .certificates(missing, missing)
                        .apps(raw("echo", PORT, a))
                        .build()))
                .isInstanceOf(EdgeStartException.class)
                .hasMessage(missing + " does not exist");
    }

    @Test
    void a_drain_waits_for_work_in_flight_and_accepts_no_more() throws Exception {
        edge = Edge.start(snapshots.apps(raw("echo", PORT, a)).build());
        Socket client = loopback.connect(PORT);
        assertThat(exchange(client, "1", 3)).isEqualTo("a:1");
        CompletableFuture<Boolean> drained = edge.drain();
        assertThatThrownBy(() -> loopback.connect(PORT)).isInstanceOf(ConnectException.class);
        assertThat(status().get("draining").asBoolean()).isTrue();
        assertThat(exchange(client, "2", 1)).isEqualTo("2");
        assertThat(drained).isNotDone();
        assertThat(edge.apply(edge.snapshot()).problems()).containsExactly("the edge is shutting down");
        client.close();
        assertThat(drained.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void a_drain_that_takes_too_long_cuts_what_is_left() throws Exception {
        edge = Edge.start(snapshots
                .apps(raw("echo", PORT, a))
                .drain(Duration.ofMillis(50))
                .build());
        Socket client = loopback.connect(PORT);
        assertThat(exchange(client, "1", 3)).isEqualTo("a:1");
        assertThat(edge.drain().get(10, TimeUnit.SECONDS)).isFalse();
        assertThat(client.getInputStream().read()).isEqualTo(-1);
    }

    @Test
    void an_idle_edge_has_drained_at_once() throws Exception {
        edge = Edge.start(snapshots.apps(raw("echo", PORT, a)).build());
        assertThat(edge.drain().get(10, TimeUnit.SECONDS)).isTrue();
    }

    private Path socket() {
        return directory.resolve("admin.sock");
    }

    private JsonNode status() throws IOException {
        return json(AdminClient.get(socket(), "/status").body());
    }

    private static JsonNode json(String text) {
        return JsonMapper.builder().build().readTree(text);
    }

    private static String http(InetSocketAddress to, String path) throws IOException {
        try (Socket client = new Socket(to.getAddress(), to.getPort())) {
            client.setSoTimeout(10_000);
            client.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").getBytes());
            return new String(client.getInputStream().readAllBytes());
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0)) {
            return any.getLocalPort();
        }
    }

    /** The record of a connection follows its end, which the client sees first. */
    private static <T> List<T> eventually(Supplier<List<T>> wanted) {
        for (long end = System.nanoTime() + 10_000_000_000L; System.nanoTime() < end; Thread.onSpinWait()) {
            List<T> found = wanted.get();
            if (!found.isEmpty()) return found;
        }
        throw new AssertionError("nothing came within 10 s");
    }
}
