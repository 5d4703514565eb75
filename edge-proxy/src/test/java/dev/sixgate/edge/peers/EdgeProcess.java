package dev.sixgate.edge.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.wireguard.PrivateKey;
import dev.sixgate.mesh.wireguard.PublicKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** {@code sixgate run} from the built jar in the edge's namespace, as nobody, without a capability and without TUN. */
final class EdgeProcess {
    static final String MESH_ADDRESS = "fdaa:0:48c8:a7b:228:4b6d:6e20:10";
    static final PrivateKey KEY = PrivateKey.generate(new SecureRandom());
    static final PublicKey PUBLIC_KEY = KEY.publicKey();

    private final Lab lab;
    private final Path home;
    private final Path log;
    private final Process process;

    /**
     * @param nodeKey the peer that has {@link StockNode#ADDRESS}
     * @param endpoint its UDP address, or null: the edge waits for the peer's handshake
     */
    EdgeProcess(Lab lab, PublicKey nodeKey, @org.jspecify.annotations.Nullable String endpoint) {
        this(lab, configuration(nodeKey, endpoint));
    }

    /** @param configuration the operator's JSON, with a TCP port 9001; its WireGuard key is in {@code edge.wgkey} */
    EdgeProcess(Lab lab, String configuration) {
        this.lab = lab;
        home = lab.directory.resolve("edge");
        log = lab.directory.resolve("edge.log");
        lab.file("edge/edge.wgkey", KEY.toBase64() + "\n");
        lab.file("edge/sixgate.json", configuration);
        lab.run(
                Lab.EDGE,
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "30",
                "-subj",
                "/CN=lab",
                "-addext",
                "subjectAltName=DNS:lab.test",
                "-keyout",
                home.resolve("lab.key").toString(),
                "-out",
                home.resolve("lab.pem").toString());
        Path jar = copyJar();
        lab.run(
                Lab.EDGE,
                "sh",
                "-c",
                "chown -R nobody " + home + " && chmod 700 " + home + " && chmod 600 " + home + "/*.wgkey " + home
                        + "/*.key");
        List<String> command = new ArrayList<>(Lab.asNobody());
        command.addAll(List.of(
                "env",
                "SIXGATE_WG_KEYLOG=" + home.resolve("wg.keylog"),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xms64m",
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-jar",
                jar.toString(),
                "run",
                home.resolve("sixgate.json").toString()));
        process = lab.start(Lab.EDGE, log, command.toArray(String[]::new));
        Lab.await("the edge accepts connections; it printed " + log, Duration.ofSeconds(60), () -> {
            assertThat(process.isAlive())
                    .as("the edge ended:%n%s", Lab.read(log))
                    .isTrue();
            return lab.attempt(Lab.EDGE, "sh", "-c", "ss -Htln 'sport = :9001' | grep -q .")
                            .exit()
                    == 0;
        });
    }

    private Path copyJar() {
        Path target = Path.of(System.getProperty("sixgate.root", ".."), "edge-proxy", "target");
        try (Stream<Path> files = Files.list(target)) {
            Path jar = files.filter(file -> file.getFileName().toString().endsWith("-all.jar"))
                    .findFirst()
                    .orElseThrow();
            return Files.copy(jar, lab.directory.resolve("sixgate.jar"), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String configuration(PublicKey nodeKey, String endpoint) {
        return """
            {
              "version": 1,
              "edge": { "name": "lab", "addresses": ["10.99.0.2", "2001:db8:99::2"] },
              "mesh": {
                "private_key": { "file": "edge.wgkey" },
                "address": "%s/128",
                "listen_port": 51820,
                "mtu": 1420,
                "peers": [ { "name": "node", "public_key": "%s", %s
                             "allowed_ips": ["%s/128"] } ]
              },
              "certificates": { "files": [ { "certificate": "lab.pem", "private_key": { "file": "lab.key" } } ] },
              "apps": {
                "web": {
                  "backends": [ { "name": "nginx", "address": "%s" } ],
                  "services": [
                    { "name": "http", "internal_port": 8080,
                      "ports": [ { "port": 8080, "handlers": ["http"] },
                                 { "port": 8443, "handlers": ["tls", "http"], "tls_options": { "alpn": ["h2", "http/1.1"] } } ] },
                    { "name": "iperf", "internal_port": 5201, "ports": [ { "port": 9000, "handlers": [] } ] },
                    { "name": "raw",   "internal_port": 8080, "ports": [ { "port": 9001, "handlers": [] } ] }
                  ]
                }
              },
              "dns": { "listen": ["mesh"], "zones": ["internal"] },
              "observability": { "access_log": { "format": "json", "to": "stdout" } },
              "admin": { "listen": "unix:admin.sock" }
            }
            """.formatted(
                        MESH_ADDRESS,
                        nodeKey,
                        endpoint == null ? "" : "\"endpoint\": \"" + endpoint + "\",",
                        StockNode.ADDRESS,
                        StockNode.ADDRESS);
    }

    long pid() {
        return process.pid(); // ip, setpriv and env each replace themselves
    }

    Path keyLog() {
        return home.resolve("wg.keylog");
    }

    String log() {
        return Lab.read(log);
    }

    /** {@code sixgate …} against this edge's admin socket. */
    String command(String... words) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                lab.directory.resolve("sixgate.jar").toString()));
        command.addAll(List.of(words));
        command.addAll(List.of("--admin", home.resolve("admin.sock").toString()));
        return lab.run(Lab.EDGE, command.toArray(String[]::new));
    }

    /** SIGTERM, as an init system sends it; returns the exit code. */
    int terminate() throws InterruptedException {
        process.destroy();
        assertThat(process.waitFor(30, TimeUnit.SECONDS))
                .as("the edge drained and ended:%n%s", log())
                .isTrue();
        return process.exitValue();
    }

    /** User plus system time of the process so far, in seconds. */
    double cpuSeconds() {
        String[] fields = Lab.read(Path.of("/proc/" + pid() + "/stat"))
                .replaceAll(".*\\) ", "")
                .split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    }
}
