package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.run.Edge;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** UDP services from the operator's JSON, with real sockets on loopback. */
@Timeout(30)
class UdpTrafficTest {
    private static final InetAddress LOCALHOST = InetAddress.ofLiteral("127.0.0.1");
    private static final InetAddress IPV6_LOCALHOST = InetAddress.ofLiteral("::1");

    private static final AtomicInteger PORTS = new AtomicInteger();

    @TempDir
    Path directory;

    private final List<DatagramSocket> sockets = new ArrayList<>();
    private Edge edge;

    @AfterEach
    void stop() {
        if (edge != null) edge.close();
        sockets.forEach(DatagramSocket::close);
    }

    private DatagramSocket socket(InetAddress address) throws IOException {
        DatagramSocket socket = new DatagramSocket(new InetSocketAddress(address, 0));
        socket.setSoTimeout(5000);
        sockets.add(socket);
        return socket;
    }

    /** A backend that answers with its name and what came. */
    private int backend(String name) throws IOException {
        DatagramSocket socket = socket(LOCALHOST);
        Thread.ofVirtual().start(() -> {
            byte[] buffer = new byte[65_536];
            while (!socket.isClosed()) {
                try {
                    DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                    socket.setSoTimeout(0);
                    socket.receive(packet);
                    byte[] text = (name + ":" + text(packet)).getBytes(StandardCharsets.ISO_8859_1);
                    socket.send(new DatagramPacket(text, text.length, packet.getSocketAddress()));
                } catch (IOException e) {
                    return;
                }
            }
        });
        return socket.getLocalPort();
    }

    private static String text(DatagramPacket packet) {
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.ISO_8859_1);
    }

    /** Below those that the kernel chooses from, so that nobody takes it meanwhile. */
    private static int freePort() {
        return 20_000 + (int) (ProcessHandle.current().pid() % 100) * 100 + PORTS.getAndAdd(4) % 100;
    }

    private String json(String service, int... backends) {
        List<String> items = new ArrayList<>();
        for (int i = 0; i < backends.length; i++)
            items.add("{ \"name\": \"%c\", \"address\": \"127.0.0.1:%d\", \"insecure_direct\": true }"
                    .formatted('a' + i, backends[i]));
        return """
            { "edge": { "name": "e", "addresses": ["127.0.0.1", "::1"], "drain": { "timeout": "10s" } },
              "admin": { "listen": "unix:admin.sock" },
              "apps": { "game": { "backends": [ %s ], "services": [ { "name": "play", "protocol": "udp", %s } ] } } }
            """.formatted(String.join(", ", items), service);
    }

    private Reading read(String json) throws IOException {
        Path file = Files.writeString(directory.resolve("sixgate.json"), json);
        Reading reading = ConfigReader.read(file, Surroundings.ofThisProcess());
        assertThat(reading.problems().stream().filter(Problem::isError)).isEmpty();
        return reading;
    }

    private void start(String service, int... backends) throws Exception {
        edge = Edge.start(read(json(service, backends)).snapshot());
    }

    private static void send(DatagramSocket from, InetAddress to, int port, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        from.send(new DatagramPacket(bytes, bytes.length, to, port));
    }

    private static String ask(DatagramSocket client, InetAddress to, int port, String text) throws IOException {
        send(client, to, port, text);
        return answer(client, to, port);
    }

    private static String answer(DatagramSocket client, InetAddress from, int port) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
        client.receive(packet);
        assertThat(packet.getSocketAddress())
                .as("it comes from where the client sent to")
                .isEqualTo(new InetSocketAddress(from, port));
        return text(packet);
    }

    @Test
    void clients_of_both_families_have_sessions_of_their_own() throws Exception {
        int port = freePort();
        start("\"ports\": [ { \"port\": " + port + " } ]", backend("x"));
        DatagramSocket four = socket(LOCALHOST);
        DatagramSocket six = socket(IPV6_LOCALHOST);
        for (int i = 0; i < 10; i++) {
            assertThat(ask(four, LOCALHOST, port, "four " + i)).isEqualTo("x:four " + i);
            assertThat(ask(six, IPV6_LOCALHOST, port, "six " + i)).isEqualTo("x:six " + i);
        }
        assertThat(metric("sixgate_udp_sessions")).isEqualTo("2.0");
        assertThat(metric("sixgate_udp_datagrams_total{direction=\"from_client\"}"))
                .isEqualTo("20.0");
    }

    @Test
    void long_datagrams_pass_and_too_long_ones_are_counted() throws Exception {
        int port = freePort();
        start("\"ports\": [ { \"port\": " + port + " } ]", backend("x"));
        DatagramSocket client = socket(LOCALHOST);
        assertThat(ask(client, LOCALHOST, port, "y".repeat(1472))).hasSize(1474);
        send(client, LOCALHOST, port, "y".repeat(2048));
        assertThat(ask(client, LOCALHOST, port, "still")).isEqualTo("x:still");
        assertThat(metric("sixgate_udp_dropped_total{reason=\"too_large\"}")).isEqualTo("1.0");
    }

    @Test
    void a_range_keeps_its_numbers() throws Exception {
        DatagramSocket first = socket(LOCALHOST);
        int port = freePort() - 1;
        // The backend listens on the port's own number, on another address.
        try (DatagramSocket backend = new DatagramSocket(new InetSocketAddress("127.0.0.2", port + 1))) {
            backend.setSoTimeout(5000);
            String json = json("\"ports\": [ { \"start_port\": %d, \"end_port\": %d } ]".formatted(port + 1, port + 3))
                    .replace("\"backends\": [  ]", """
                        "backends": [ { "name": "a", "address": "127.0.0.2", "insecure_direct": true } ]\
                        """);
            edge = Edge.start(read(json).snapshot());
            send(first, LOCALHOST, port + 1, "hello");
            DatagramPacket packet = new DatagramPacket(new byte[100], 100);
            backend.receive(packet);
            assertThat(text(packet)).isEqualTo("hello");
        }
    }

    @Test
    void the_client_address_alone_chooses_the_backend_where_the_key_says_so() throws Exception {
        int port = freePort();
        start(
                "\"ports\": [ { \"port\": " + port + " } ], \"udp\": { \"load_balancing_key\": [\"client_ip\"] }",
                backend("a"),
                backend("b"),
                backend("c"));
        Set<String> answers = new HashSet<>();
        for (int i = 0; i < 8; i++) answers.add(ask(socket(LOCALHOST), LOCALHOST, port, "?"));
        assertThat(answers).hasSize(1);
    }

    @Test
    void a_backend_that_does_not_listen_is_left_for_one_that_does() throws Exception {
        int port = freePort();
        start(
                "\"ports\": [ { \"port\": " + port + " } ], \"load_balancing\": { \"policy\": \"round_robin\" }",
                freePort(),
                backend("b"));
        DatagramSocket client = socket(LOCALHOST);
        client.setSoTimeout(200);
        String answer = null;
        for (int i = 0; i < 20 && answer == null; i++) {
            try {
                answer = ask(client, LOCALHOST, port, "?");
            } catch (SocketTimeoutException e) {
                // Lost, as datagrams are; the kernel's refusal ends that session.
            }
        }
        assertThat(answer).isEqualTo("b:?");
    }

    @Test
    void the_head_of_a_session_says_who_the_client_is() throws Exception {
        int port = freePort();
        start(
                "\"ports\": [ { \"port\": " + port
                        + ", \"handlers\": [\"proxy_proto\"], \"proxy_proto_options\": { \"version\": \"v2\" } } ]",
                backend(""));
        DatagramSocket client = socket(LOCALHOST);
        String first = ask(client, LOCALHOST, port, "one").substring(1);
        assertThat(HexFormat.of().formatHex(first.getBytes(StandardCharsets.ISO_8859_1)))
                .isEqualTo("0d0a0d0a000d0a515549540a" + "2112000c" + "7f0000017f000001"
                        + "%04x%04x".formatted(client.getLocalPort(), port)
                        + "6f6e65");
        assertThat(ask(client, LOCALHOST, port, "two")).isEqualTo(":two");
    }

    @Test
    void every_datagram_has_a_head_where_the_port_says_so() throws Exception {
        int port = freePort();
        start(
                "\"ports\": [ { \"port\": " + port + ", \"handlers\": [\"proxy_proto\"],"
                        + " \"proxy_proto_options\": { \"version\": \"v2\", \"per\": \"datagram\" } } ]",
                backend(""));
        DatagramSocket client = socket(LOCALHOST);
        for (String each : List.of("one", "two"))
            assertThat(ask(client, LOCALHOST, port, each))
                    .startsWith(":\r\n\r\n")
                    .endsWith(each);
    }

    @Test
    void a_session_that_got_no_answer_makes_room_and_one_that_talks_does_not() throws Exception {
        int port = freePort();
        int deaf = socket(LOCALHOST).getLocalPort(); // takes and never answers
        start("\"ports\": [ { \"port\": " + port + " } ], \"udp\": { \"max_sessions\": 2 }", deaf);
        for (int i = 0; i < 5; i++) send(socket(LOCALHOST), LOCALHOST, port, "?");
        await("sixgate_udp_datagrams_total{direction=\"from_client\"}", "5.0");
        assertThat(metric("sixgate_udp_sessions")).isEqualTo("2.0");
        edge.close();

        start("\"ports\": [ { \"port\": " + port + " } ], \"udp\": { \"max_sessions\": 2 }", backend("x"));
        DatagramSocket one = socket(LOCALHOST);
        DatagramSocket two = socket(LOCALHOST);
        ask(one, LOCALHOST, port, "1");
        ask(two, LOCALHOST, port, "2");
        send(socket(LOCALHOST), LOCALHOST, port, "3");
        await("sixgate_udp_dropped_total{reason=\"max_sessions\"}", "1.0");
        assertThat(ask(one, LOCALHOST, port, "1")).isEqualTo("x:1");
        assertThat(ask(two, LOCALHOST, port, "2")).isEqualTo("x:2");
    }

    @Test
    void a_rate_limit_counts_datagrams() throws Exception {
        int port = freePort();
        start(
                "\"ports\": [ { \"port\": " + port
                        + " } ], \"rate_limits\": [ { \"name\": \"pps\", \"key\": [\"client_ip\"], \"limit\": \"3/h\""
                        + " } ]",
                backend("x"));
        DatagramSocket client = socket(LOCALHOST);
        for (int i = 0; i < 3; i++)
            assertThat(ask(client, LOCALHOST, port, "?")).isEqualTo("x:?");
        send(client, LOCALHOST, port, "?");
        await("sixgate_udp_dropped_total{reason=\"rate_limited\"}", "1.0");
    }

    @Test
    void an_idle_session_ends_and_is_recorded() throws Exception {
        int port = freePort();
        start("\"ports\": [ { \"port\": " + port + " } ], \"udp\": { \"idle_timeout\": \"1ms\" }", backend("x"));
        ask(socket(LOCALHOST), LOCALHOST, port, "?");
        await("sixgate_udp_sessions", "0.0");
        assertThat(metrics()).contains("protocol=\"udp\"");
    }

    @Test
    void a_reload_leaves_sessions_alone_and_a_port_may_come_back() throws Exception {
        int port = freePort();
        int other = freePort();
        int x = backend("x");
        start("\"ports\": [ { \"port\": " + port + " } ]", x);
        DatagramSocket client = socket(LOCALHOST);
        assertThat(ask(client, LOCALHOST, port, "1")).isEqualTo("x:1");
        assertThat(edge.apply(read(json("\"ports\": [ { \"port\": " + other + " } ]", x))
                                .snapshot())
                        .ok())
                .isTrue();
        assertThat(ask(client, LOCALHOST, port, "2")).as("its session lives on").isEqualTo("x:2");
        assertThat(ask(socket(LOCALHOST), LOCALHOST, other, "3")).isEqualTo("x:3");
        assertThat(edge.apply(read(json("\"ports\": [ { \"port\": " + port + " } ]", backend("y")))
                                .snapshot())
                        .ok())
                .isTrue();
        assertThat(ask(socket(LOCALHOST), LOCALHOST, port, "4")).isEqualTo("y:4");
        assertThat(ask(client, LOCALHOST, port, "5")).isEqualTo("x:5");
    }

    @Test
    void a_drain_waits_for_sessions_that_talk_and_takes_no_new_ones() throws Exception {
        int port = freePort();
        start("\"ports\": [ { \"port\": " + port + " } ]", backend("x"));
        DatagramSocket client = socket(LOCALHOST);
        ask(client, LOCALHOST, port, "1");
        var drained = edge.drain();
        assertThat(ask(client, LOCALHOST, port, "2")).isEqualTo("x:2");
        assertThat(drained.get(10, TimeUnit.SECONDS)).isTrue();
    }

    private String metrics() throws Exception {
        return dev.sixgate.edge.admin.AdminClient.get(directory.resolve("admin.sock"), "/metrics")
                .body();
    }

    private String metric(String name) throws Exception {
        return metrics()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .map(line -> line.substring(name.length() + 1))
                .findFirst()
                .orElse("absent");
    }

    /** At most 10 s. */
    private void await(String metric, String value) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!metric(metric).equals(value) && System.nanoTime() < deadline) Thread.onSpinWait();
        assertThat(metric(metric)).as(metric).isEqualTo(value);
    }
}
