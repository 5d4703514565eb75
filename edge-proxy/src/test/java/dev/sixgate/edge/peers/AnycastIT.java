package dev.sixgate.edge.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.wireguard.PrivateKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Two sites announce one IPv4 and one IPv6 address to a real BIRD, which prefers the first; a client behind that router asks without end.
 * The sites are edges as nobody, each with an nginx; they hear of each other over their mesh, through the router.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AnycastIT {
    private static final String LAB = "sy" + ProcessHandle.current().pid() % 100_000;
    private static final Map<String, Process> RUNNING = new LinkedHashMap<>();
    private static final PrivateKey[] KEYS = {
        PrivateKey.generate(new SecureRandom()), PrivateKey.generate(new SecureRandom())
    };

    private static Path directory;

    @BeforeAll
    static void start() throws Exception {
        RealPeers.require("bird:bird2", "birdc:bird2", "nginx", "curl", "bash", "ip:iproute2", "setpriv:util-linux");
        directory = Files.createTempDirectory("sixgate-anycast");
        sh("""
        set -e; P=%s
        for h in r a b c; do ip netns add $P$h; ip -n $P$h link set lo up; done
        n=0
        for h in a b c; do
          ip link add ${P}r$h netns ${P}r type veth peer name $P${h}r netns $P$h
          ip -n ${P}r link set ${P}r$h up; ip -n $P$h link set $P${h}r up
          ip -n ${P}r addr add 192.0.2.$((n*4+1))/30 dev ${P}r$h; ip -n $P$h addr add 192.0.2.$((n*4+2))/30 dev $P${h}r
          ip -n ${P}r addr add 2001:db8:ff:$n::1/64 dev ${P}r$h nodad
          ip -n $P$h addr add 2001:db8:ff:$n::2/64 dev $P${h}r nodad
          ip -n $P$h route add default via 192.0.2.$((n*4+1)); ip -n $P$h -6 route add default via 2001:db8:ff:$n::1
          n=$((n+1))
        done
        ip netns exec ${P}r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
        for h in a b; do ip -n $P$h addr add 203.0.113.1/32 dev lo; ip -n $P$h addr add 2001:db8:10::1/128 dev lo nodad; done
        chmod 755 %s
        """.formatted(LAB, directory));
        write("bird.conf", """
            router id 192.0.2.254;
            protocol device { scan time 1; }
            protocol kernel k4 { ipv4 { export all; import none; }; }
            protocol kernel k6 { ipv6 { export all; import none; }; }
            filter near { bgp_local_pref = 200; if (65535,0) ~ bgp_community then bgp_local_pref = 0; accept; }
            filter far { bgp_local_pref = 100; if (65535,0) ~ bgp_community then bgp_local_pref = 0; accept; }
            protocol bgp site_a {
              local 192.0.2.1 as 64500; neighbor 192.0.2.2 as 64512; password "s3cret"; passive;
              ipv4 { import filter near; export none; }; ipv6 { import filter near; export none; };
            }
            protocol bgp site_b {
              local 192.0.2.5 as 64500; neighbor 192.0.2.6 as 64512; passive;
              ipv4 { import filter far; export none; }; ipv6 { import filter far; export none; };
            }
            """);
        start(
                "r",
                "bird",
                "bird",
                "-f",
                "-c",
                directory.resolve("bird.conf").toString(),
                "-s",
                directory.resolve("bird.ctl").toString(),
                "-P",
                directory.resolve("bird.pid").toString());
        site("a", 0, 1, "b", ", \"password\": { \"file\": \"md5\" }");
        site("b", 1, 0, "a", "");
        Lab.await(
                "both routes of both sites are there",
                Duration.ofSeconds(60),
                () -> count(routes(), "site_a") == 2 && count(routes(), "site_b") == 2);
        Lab.await("the client is answered by the preferred site", Duration.ofSeconds(20), () -> ask().equals("a"));
    }

    private static void site(String name, int number, int other, String otherName, String password) throws Exception {
        write(name + "/wg.key", KEYS[number].toBase64() + "\n");
        write(name + "/md5", "s3cret");
        write(name + "/sixgate.json", """
            { "edge": { "name": "%1$s", "addresses": ["203.0.113.1", "2001:db8:10::1", "192.0.2.%2$d", "2001:db8:ff:%3$d::2"] },
              "mesh": { "private_key": { "file": "wg.key" }, "address": "fdaa:0:48c8:%3$d::2/128", "listen_port": 51820,
                "peers": [ { "name": "other", "public_key": "%4$s", "endpoint": "192.0.2.%5$d:51820", "allowed_ips": ["fdaa:0:48c8:%6$d::2/128"] } ] },
              "anycast": { "announce": ["203.0.113.0/24", "2001:db8:10::/48"], "local_as": 64512, "router_id": "192.0.2.%2$d",
                "neighbors": [ { "address": "192.0.2.%7$d", "remote_as": 64500, "multiprotocol": true %8$s } ],
                "sites": [ { "name": "%9$s", "address": "fdaa:0:48c8:%6$d::2" } ],
                "withdraw_when": { "healthy_apps_below": 1, "for": "1s" }, "return_after": "2s", "drain_wait": "10s" },
              "apps": { "web": { "backends": [ { "name": "local", "address": "127.0.0.1", "insecure_direct": true } ],
                "services": [ { "name": "http", "internal_port": 8081, "ports": [ { "port": 8080, "handlers": ["http"] } ],
                  "checks": [ { "type": "http", "path": "/", "interval": "500ms", "timeout": "300ms" } ] } ] } },
              "admin": { "listen": "unix:admin.sock" } }
            """.formatted(
                        name,
                        4 * number + 2,
                        number,
                        KEYS[other].publicKey(),
                        4 * other + 2,
                        other,
                        4 * number + 1,
                        password,
                        otherName));
        write(name + "/nginx.conf", """
            daemon off; worker_processes 1; pid %1$s/nginx.pid; error_log %1$s/nginx.err; events { worker_connections 64; }
            http { access_log off; server { listen 127.0.0.1:8081; location / { return 200 "%2$s\\n"; } } }
            """.formatted(directory.resolve(name), name));
        sh("chown -R nobody %1$s && chmod 600 %1$s/wg.key %1$s/md5".formatted(directory.resolve(name)));
        nginx(name);
        edge(name);
    }

    private static void nginx(String site) throws IOException {
        start(
                site,
                site + "-nginx",
                "nginx",
                "-c",
                directory.resolve(site).resolve("nginx.conf").toString());
    }

    private static Path jar() throws IOException {
        Path copy = directory.resolve("sixgate.jar");
        if (Files.exists(copy)) return copy;
        try (Stream<Path> files =
                Files.list(Path.of(System.getProperty("sixgate.root", ".."), "edge-proxy", "target"))) {
            Path built = files.filter(file -> file.getFileName().toString().endsWith("-all.jar"))
                    .findFirst()
                    .orElseThrow();
            return Files.copy(built, copy, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void edge(String site) throws IOException {
        List<String> command = new ArrayList<>(Lab.asNobody());
        command.addAll(sixgate());
        command.addAll(
                List.of("run", directory.resolve(site).resolve("sixgate.json").toString()));
        start(site, site + "-edge", command.toArray(String[]::new));
    }

    private static List<String> sixgate() throws IOException {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                jar().toString());
    }

    private static String command(String site, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", LAB + site));
        command.addAll(sixgate());
        command.addAll(List.of(words));
        command.addAll(
                List.of("--admin", directory.resolve(site).resolve("admin.sock").toString()));
        return run(command);
    }

    private static void start(String host, String name, String... command) throws IOException {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", LAB + host));
        all.addAll(List.of(command));
        RUNNING.put(
                name,
                new ProcessBuilder(all)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(
                                directory.resolve(name + ".log").toFile()))
                        .start());
    }

    private static void write(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private static String sh(String script) throws Exception {
        return run(List.of("bash", "-c", script));
    }

    private static String run(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return output;
    }

    private static String routes() {
        try {
            return sh("birdc -s %s show route".formatted(directory.resolve("bird.ctl")));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static int count(String text, String part) {
        return text.split(part, -1).length - 1;
    }

    private static String ask() {
        try {
            return sh("ip netns exec %sc curl -s -m 1 http://203.0.113.1:8080/".formatted(LAB))
                    .strip();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** A client that opens a connection for each request, until {@link #answers} are asked for. */
    private static Process client() throws IOException {
        Path log = directory.resolve("client.log");
        Files.deleteIfExists(log);
        return new ProcessBuilder(
                        "ip",
                        "netns",
                        "exec",
                        LAB + "c",
                        "bash",
                        "-c",
                        "for i in $(seq 2000); do curl -s -m 1 http://203.0.113.1:8080/ || echo FAILED; sleep 0.02;"
                                + " done")
                .redirectOutput(log.toFile())
                .redirectErrorStream(true)
                .start();
    }

    /** Ends the client; what it was answered, in order. */
    private static List<String> answers(Process client) throws Exception {
        client.destroy(); // the loop; its last request ends by itself
        client.waitFor();
        List<String> lines = Files.readAllLines(directory.resolve("client.log"));
        assertThat(lines).isNotEmpty();
        return lines;
    }

    private static void awaitAnswer(String site) {
        Lab.await("site " + site + " answers", Duration.ofSeconds(30), () -> {
            try {
                List<String> lines = Files.readAllLines(directory.resolve("client.log"));
                return lines.size() > 5
                        && lines.subList(lines.size() - 5, lines.size()).stream()
                                .allMatch(site::equals);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    private static void end(String name, String signal) throws Exception {
        Process process = RUNNING.remove(name);
        sh("kill -" + signal + " " + process.pid()); // ip netns exec and setpriv became the command
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    @AfterAll
    static void stop() throws Exception {
        for (Process each : RUNNING.values()) {
            each.descendants().forEach(ProcessHandle::destroyForcibly);
            each.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
        for (String host : List.of("r", "a", "b", "c")) sh("ip netns del " + LAB + host);
        if (directory == null) return;
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
        }
    }

    @Test
    @Order(1)
    void a_drain_and_its_end_lose_no_request() throws Exception {
        Process client = client();
        awaitAnswer("a");
        assertThat(command("a", "anycast", "drain", "--wait")).contains("withdrawn", "drained by an operator");
        awaitAnswer("b");
        assertThat(routes()).contains("site_b").doesNotContain("site_a");
        assertThat(command("b", "anycast", "status")).contains("other site a: withdrawn");
        assertThat(command("b", "anycast", "drain")).contains("no other site is known to serve");
        assertThat(command("a", "anycast", "undrain")).contains("site a: able");
        awaitAnswer("a");
        assertThat(answers(client)).containsOnly("a", "b");
        assertThat(sh("ip netns exec %sc curl -gs -m 2 'http://[2001:db8:10::1]:8080/'".formatted(LAB)))
                .isEqualTo("a\n");
    }

    @Test
    @Order(2)
    void a_site_whose_app_died_withdraws_and_the_last_one_stays() throws Exception {
        Process client = client();
        end("a-nginx", "TERM");
        awaitAnswer("b");
        assertThat(answers(client)).doesNotContain("FAILED");
        assertThat(command("a", "anycast", "status"))
                .contains("site a: withdrawn", "0 of 1 apps can be served, fewer than 1");
        end("b-nginx", "TERM");
        Lab.await("site b says that it stays", Duration.ofSeconds(20), () -> {
            try {
                return command("b", "anycast", "status").contains("stays, for no other site is known to serve more");
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        assertThat(routes()).contains("site_b");
        nginx("a");
        nginx("b");
        client = client();
        awaitAnswer("a");
        answers(client);
    }

    @Test
    @Order(3)
    void sigterm_sends_clients_elsewhere_first() throws Exception {
        Process client = client();
        awaitAnswer("a");
        end("a-edge", "TERM");
        awaitAnswer("b");
        assertThat(answers(client)).containsOnly("a", "b");
        edge("a");
        client = client();
        awaitAnswer("a");
        assertThat(answers(client)).containsOnly("a", "b");
    }

    @Test
    @Order(4)
    void a_killed_process_is_a_withdrawn_route() throws Exception {
        Process client = client();
        awaitAnswer("a");
        end("a-edge", "KILL");
        awaitAnswer("b");
        assertThat(routes()).doesNotContain("site_a");
        // The request under way, and what came before the router had noticed.
        assertThat(answers(client).stream().filter("FAILED"::equals).count()).isLessThanOrEqualTo(3);
    }
}
