package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.config.KnotServer.Zones;
import dev.sixgate.edge.config.KnotServer.Zones.Instance;
import dev.sixgate.edge.dns.DnsMessages;
import dev.sixgate.edge.dns.DnsMessages.Seen;
import dev.sixgate.edge.peers.RealPeers;
import dev.sixgate.edge.run.Edge;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Three clients that others wrote ask our server, and another server says what the answers are. */
@Timeout(120)
class DnsIT {
    private static final InetAddress LOCALHOST = InetAddress.ofLiteral("127.0.0.1");
    private static final int QUESTIONS = 5_000;
    private static final int SOA = 6;
    private static final String WARNING =
            "(?is).*(warning: (?!recursion requested)|malformed|extra bytes|bad packet).*";

    private static final Instance[] SHOP = {
        new Instance("shop-a", "pod", "fra", "fdaa:0:48c8:a7b:228:1:1:2"),
        new Instance("shop-b", "vm", "ams", "fdaa:0:48c8:a7b:228:1:2:2"),
        new Instance("shop-c", "function", "fra", "fdaa:0:48c8:a7b:228:1:3:2")
    };
    private static final Instance[] KUARD = {new Instance("kuard-1", "pod", "fra", "fdaa:0:48c8:a7b:228:4b6d:6e20:2")};
    private static final Instance[] DB = {
        new Instance("db-0", "micro-vm", "fra", "fdaa:0:48c8:a7b:228:2:1:2"),
        new Instance("db-1", "pod", "ams", "fdaa:0:48c8:a7b:228:2:2:2")
    };
    private static final Instance[] WIDE = IntStream.range(0, 60)
            .mapToObj(i -> new Instance(
                    "wide-" + i,
                    "pod",
                    i % 2 == 0 ? "fra" : "ams",
                    "fdaa:0:48c8:a7b:228:3:" + Integer.toHexString(i + 1) + ":2"))
            .toArray(Instance[]::new);

    /** Of a zone that is not ours; {@code big} does not fit a datagram. */
    private static final String ELSEWHERE = """
            @ IN SOA ns hostmaster 1 60 10 3600 5
            @ IN NS ns
            www IN A 192.0.2.1
            alias IN CNAME www
            @ IN MX 10 www
            """
            + IntStream.range(0, 8)
                    .mapToObj(i -> "big IN TXT \"" + i + "x".repeat(200) + "\"\n")
                    .collect(Collectors.joining());

    @TempDir
    static Path directory;

    private static Edge edge;
    private static KnotServer knot;
    private static Zones zones;
    private static int port;
    private static int knotPort;
    private static final AtomicInteger PORTS = new AtomicInteger();

    @BeforeAll
    static void start() throws Exception {
        RealPeers.requirePrograms("dig:bind9-dnsutils", "kdig:knot-dnsutils", "drill:ldnsutils", "knotd:knot");
        port = freePort();
        knotPort = freePort();
        int http = freePort();
        new OperatorFolder(directory).write("mesh.conf", OperatorFolder.WG_QUICK);
        Path file = Files.writeString(directory.resolve("sixgate.json"), """
            { "edge": { "name": "e", "region": "fra", "addresses": ["127.0.0.1"] }, "admin": { "listen": "unix:admin.sock" },
              "regions": { "fra": { "fallback": ["ams"] }, "ams": { "fallback": ["fra"] } },
              "mesh": { "wg_quick": "mesh.conf" },
              "dns": { "listen": ["127.0.0.1:%d"], "zones": ["internal", "flycast", "cluster.local"], "forward": ["127.0.0.1:%d"] },
              "apps": {
                "shop": { "backends": [%s], "services": [ { "name": "http", "internal_port": 8080 } ] },
                "kuard.default": { "private_address": "fdaa:0:48c8:0:1::1a", "backends": [%s],
                   "services": [ { "name": "http", "internal_port": 8080, "ports": [ { "port": %d, "handlers": ["http"] } ] } ] },
                "db.default": { "backends": [%s], "services": [ { "name": "sql", "internal_port": 5432 } ] },
                "wide": { "backends": [%s], "services": [ { "name": "http", "internal_port": 8080 } ] } } }
            """.formatted(
                        port, knotPort, backends(SHOP), backends(KUARD), http, backends(DB), backends(WIDE)));
        Reading reading = ConfigReader.read(file, Surroundings.ofThisProcess());
        assertThat(reading.problems().stream().filter(Problem::isError)).isEmpty();
        edge = Edge.start(reading.snapshot());

        String soa = DnsMessages.read(ask(port, DnsMessages.query(1, "internal", SOA)))
                .answers()
                .first();
        int serial =
                Integer.parseUnsignedInt(soa.substring(soa.lastIndexOf(' ') + 1).substring(0, 8), 16);
        zones = new Zones(serial);
        zones.app("shop", "", "http", 8080, SHOP);
        zones.app("kuard.default", "fdaa:0:48c8:0:1::1a", "http", http, KUARD);
        zones.app("db.default", "", "sql", 5432, DB);
        zones.app("wide", "", "http", 8080, WIDE);
        zones.peer("peer-1", "fdaa:0:48c8::");
        Map<String, String> files = zones.files();
        files.put("elsewhere.test", ELSEWHERE);
        Path home = Files.createDirectory(directory.resolve("knot"));
        knot = new KnotServer(home, new InetSocketAddress(LOCALHOST, knotPort), files);
        for (int tries = 0; ; tries++) {
            assertThat(tries)
                    .as("knotd answers; it printed%n%s", Files.readString(knot.log))
                    .isLessThan(40);
            byte[] answer = attempt(knotPort, DnsMessages.query(2, "internal", SOA), 250);
            if (answer != null && DnsMessages.read(answer).code() == 0) break;
        }
    }

    @AfterAll
    static void stop() {
        if (knot != null) knot.close();
        if (edge != null) edge.close();
    }

    private static String backends(Instance... instances) {
        return String.join(
                ", ",
                Arrays.stream(instances)
                        .map(each -> "{ \"name\": \"%s\", \"kind\": \"%s\", \"region\": \"%s\", \"address\": \"%s\" }"
                                .formatted(each.name(), each.kind(), each.region(), each.address()))
                        .toList());
    }

    /** Of both protocols, and below those that the kernel chooses from, so that nobody takes it meanwhile. */
    private static int freePort() throws IOException {
        while (true) {
            int port = 10_000 + (int) (ProcessHandle.current().pid() % 200) * 40 + PORTS.getAndIncrement();
            try (DatagramSocket udp = new DatagramSocket(new InetSocketAddress(LOCALHOST, port));
                    ServerSocket tcp = new ServerSocket(port, 1, LOCALHOST)) {
                if (udp.isBound() && tcp.isBound()) return port;
            } catch (BindException taken) {
                assertThat(PORTS.get()).as("ports tried").isLessThan(40);
            }
        }
    }

    private static byte[] ask(int port, byte[] query) throws IOException {
        byte[] answer = attempt(port, query, 8000);
        assertThat(answer).as("an answer on port " + port).isNotNull();
        return answer;
    }

    private static DatagramSocket connected(int to) throws IOException {
        DatagramSocket socket = new DatagramSocket(new InetSocketAddress(LOCALHOST, 0));
        socket.setSoTimeout(8000);
        socket.connect(LOCALHOST, to);
        return socket;
    }

    private static byte[] received(DatagramSocket socket, int id) throws IOException {
        DatagramPacket answer = new DatagramPacket(new byte[4096], 4096);
        socket.receive(answer);
        byte[] bytes = Arrays.copyOf(answer.getData(), answer.getLength());
        assertThat(DnsMessages.id(bytes)).isEqualTo(id);
        return bytes;
    }

    /** Null: none came in time. */
    private static byte[] attempt(int port, byte[] query, int millis) throws IOException {
        try (DatagramSocket client = new DatagramSocket(new InetSocketAddress(LOCALHOST, 0))) {
            client.setSoTimeout(millis);
            client.send(new DatagramPacket(query, query.length, LOCALHOST, port));
            DatagramPacket answer = new DatagramPacket(new byte[65_535], 65_535);
            client.receive(answer);
            return Arrays.copyOf(answer.getData(), answer.getLength());
        } catch (SocketTimeoutException e) {
            return null;
        }
    }

    /** What a program prints, given our port; @server and -p as it likes them. */
    private static String run(String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of(words[0], "@127.0.0.1", "-p", Integer.toString(port)));
        command.addAll(List.of(words).subList(1, words.length));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String printed = new String(process.getInputStream().readAllBytes());
        process.waitFor();
        return printed;
    }

    @ParameterizedTest
    @CsvSource({"dig", "kdig", "drill"})
    void an_ipv6_only_name_has_no_ipv4_address_and_is_there(String client) throws Exception {
        String printed = run(client, "shop.internal", "A");
        assertThat(printed)
                .containsPattern("(status|rcode): NOERROR")
                .contains("ANSWER: 0")
                .contains("SOA");
        assertThat(printed).doesNotMatch(WARNING);
        printed = run(client, "shop.internal", "AAAA");
        for (Instance each : SHOP) assertThat(printed).contains(each.address());
        assertThat(printed).doesNotMatch(WARNING);
        printed = run(client, "nobody.internal", "AAAA");
        assertThat(printed).contains("NXDOMAIN").contains("SOA").doesNotMatch(WARNING);
    }

    @Test
    void large_answers_come_by_tcp() throws Exception {
        assertThat(run("dig", "+notcp", "+ignore", "wide.internal", "AAAA"))
                .contains(" tc")
                .contains("ANSWER: 0");
        assertThat(run("dig", "wide.internal", "AAAA"))
                .contains("Truncated, retrying in TCP")
                .contains("ANSWER: 60");
        assertThat(run("kdig", "+tcp", "wide.internal", "AAAA"))
                .contains("ANSWER: 60")
                .doesNotMatch(WARNING);
        assertThat(run("drill", "-t", "wide.internal", "AAAA"))
                .contains("ANSWER: 60")
                .doesNotMatch(WARNING);
    }

    @Test
    void one_connection_takes_several_questions() throws Exception {
        String printed = run("kdig", "+tcp", "+keepopen", "shop.internal", "AAAA", "db.default.internal", "AAAA");
        assertThat(printed)
                .contains(SHOP[0].address())
                .contains(DB[1].address())
                .doesNotMatch(WARNING);
    }

    @Test
    void services_and_reverse_names_read_as_others_expect_them() throws Exception {
        assertThat(run("kdig", "_sql._tcp.db.default.svc.cluster.local", "SRV"))
                .contains("0 100 5432 db-0.db.default.svc.cluster.local.")
                .doesNotMatch(WARNING);
        assertThat(run("dig", "-x", KUARD[0].address())).contains("kuard-1.vm.kuard.default.internal.");
        assertThat(run("drill", "-x", KUARD[0].address())).contains("kuard-1.vm.kuard.default.internal.");
        assertThat(run("dig", "+short", "kuard.svc.default.flycast", "AAAA").strip())
                .isEqualTo("fdaa:0:48c8:0:1::1a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "+opcode=notify shop.internal | NOTIMP",
                "+edns=1 +noednsnegotiation shop.internal | BADVERS",
                "-c CH -t TXT version.bind | REFUSED",
                "www.example.com AAAA | REFUSED",
                "+tcp -t AXFR internal | Transfer failed",
                "+noedns shop.internal AAAA | NOERROR",
                "+dnssec +cd +ad shop.internal AAAA | NOERROR",
                "+ednsopt=65001:00112233 shop.internal AAAA | NOERROR",
                "+subnet=192.0.2.0/24 shop.internal AAAA | NOERROR",
                "+padding=128 shop.internal AAAA | NOERROR"
            })
    void odd_questions_get_the_answers_of_their_rfcs(String words, String answer) throws Exception {
        String[] command = ("dig " + words).split(" ");
        assertThat(run(command)).contains(answer);
    }

    @Test
    void other_names_come_from_the_other_server_whole() throws Exception {
        for (int i = 0; i < 2; i++) // the second time from memory
        assertThat(run("dig", "alias.elsewhere.test", "A"))
                    .contains("flags: qr", " ra", "CNAME\twww.elsewhere.test.", "192.0.2.1")
                    .doesNotMatch(WARNING);
        assertThat(run("kdig", "elsewhere.test", "MX")).contains("10 www.elsewhere.test.");
        assertThat(run("dig", "big.elsewhere.test", "TXT")).contains("Truncated, retrying in TCP", "ANSWER: 8");
        assertThat(run("drill", "nobody.elsewhere.test", "A")).contains("NXDOMAIN", "SOA");
        assertThat(run("dig", "+norecurse", "www.elsewhere.test", "A")).contains("REFUSED");
    }

    @Test
    void random_questions_are_answered_as_knot_answers_them() throws Exception {
        Random random = new Random(11);
        List<String> owners = zones.owners();
        List<String> labels = new ArrayList<>(owners.stream()
                .flatMap(owner -> Arrays.stream(owner.split("\\.")))
                .distinct()
                .toList());
        labels.removeIf(label -> label.length() == 1); // of reverse names
        labels.addAll(List.of("nobody", "x", "_udp", "svc", "vm", "xn--a", "-", "a_b"));
        int[] types = {28, 28, 28, 1, 16, 33, 12, 2, 6, 15, 5, 65, 43, 257};
        int same = 0;
        try (DatagramSocket us = connected(port);
                DatagramSocket them = connected(knotPort)) {
            for (int id = 0; id < QUESTIONS; id++) {
                String name = mixed(name(owners, labels, random), random);
                if (name.length() > 250) continue;
                int type = random.nextInt(3) == 0 ? types[random.nextInt(types.length)] : fitting(name);
                byte[] query = DnsMessages.query(id, name, type);
                us.send(new DatagramPacket(query, query.length));
                them.send(new DatagramPacket(query, query.length));
                Seen ours = DnsMessages.read(received(us, id));
                assertThat(ours)
                        .as("question %d: %s type %d", id, name, type)
                        .isEqualTo(DnsMessages.read(received(them, id)));
                if (!ours.answers().isEmpty()) same++;
            }
        }
        assertThat(same).as("questions with records").isGreaterThan(QUESTIONS / 10);
    }

    /** A name that exists, one near it, or any. */
    private static String name(List<String> owners, List<String> labels, Random random) {
        String owner = owners.get(random.nextInt(owners.size()));
        boolean reverse = owner.endsWith(".arpa");
        String any = labels.get(random.nextInt(labels.size()));
        return switch (random.nextInt(reverse ? 4 : 10)) {
            case 0, 1, 2 -> owner;
            case 3 -> any + "." + owner;
            case 4, 5 -> owner.substring(owner.indexOf('.') + 1);
            case 6 -> any + owner.substring(Math.max(0, owner.indexOf('.')));
            default -> {
                StringBuilder name = new StringBuilder();
                for (int i = random.nextInt(5); i > 0; i--)
                    name.append(labels.get(random.nextInt(labels.size()))).append('.');
                yield name
                        + List.of("internal", "flycast", "cluster.local", "example")
                                .get(random.nextInt(4));
            }
        };
    }

    /** What a name of that look has, if it is there. */
    private static int fitting(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.endsWith(".arpa")) return 12;
        if (lower.startsWith("_sql.") || lower.startsWith("_http.")) return 33;
        boolean list = lower.startsWith("_") && !lower.contains("._") || lower.matches("(vms|regions)\\..*");
        return list ? 16 : 28;
    }

    private static String mixed(String name, Random random) {
        StringBuilder text = new StringBuilder(name);
        for (int i = 0; i < text.length(); i++)
            if (random.nextInt(4) == 0) text.setCharAt(i, Character.toUpperCase(text.charAt(i)));
        return text.toString();
    }
}
