package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.certs.ca.DevelopmentCa;
import dev.sixgate.certs.pem.PemWriter;
import dev.sixgate.edge.run.Snapshot;
import dev.sixgate.edge.run.Snapshot.AccessLogSettings;
import dev.sixgate.edge.run.Snapshot.CertificateFiles;
import dev.sixgate.edge.run.Snapshot.ExplainSettings;
import dev.sixgate.edge.run.Snapshot.MeshSettings;
import dev.sixgate.edge.servicemap.AddressRange;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.Handler;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.ProxyProtocol;
import dev.sixgate.edge.servicemap.ProxyProtocol.Detail;
import dev.sixgate.edge.servicemap.ProxyProtocol.Version;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.servicemap.TcpOptions;
import dev.sixgate.edge.servicemap.TlsOptions;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PeerConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What good files become. Bad ones are folders under {@code src/test/resources/config/errors}. */
class ConfigReaderTest {
    private static final Path EXAMPLES = Path.of(System.getProperty("sixgate.root", ".."), "docs", "examples");
    private static final InetAddress BACKEND = InetAddress.ofLiteral("fdaa:0:48c8:a7b:228:4b6d:6e20:2");

    @TempDir
    Path directory;

    private OperatorFolder folder;

    @BeforeEach
    void open() throws IOException {
        folder = new OperatorFolder(directory.toRealPath());
        folder.write("mesh.conf", OperatorFolder.WG_QUICK);
        folder.write("edge.wgkey", OperatorFolder.EDGE_KEY.toBase64() + "\n");
    }

    @Test
    void the_minimal_example_serves_80_and_443_with_a_development_certificate() throws IOException {
        Reading reading = read(Files.readString(EXAMPLES.resolve("minimal.json")));
        assertThat(reading.problems()).extracting(Problem::code).containsExactly(Code.TLS_001);
        Snapshot snapshot = reading.snapshot();
        assertThat(snapshot.developmentCaHostnames()).containsExactly("hello.example.com");
        assertThat(snapshot.addresses()).isEmpty();
        assertThat(snapshot.metrics()).isNull();
        assertThat(snapshot.accessLog()).isNull();
        assertThat(snapshot.stateDirectory()).isEqualTo(folder.file("state"));
        assertThat(snapshot.adminSocket()).isEqualTo(folder.file("state/sixgate.sock"));
        assertThat(snapshot.apps()).singleElement().satisfies(app -> {
            assertThat(app.name()).isEqualTo("hello");
            assertThat(app.backends())
                    .containsExactly(new Backend("fdaa:0:48c8:a7b:228:4b6d:6e20:2", "static", BACKEND, 0, "", false));
            assertThat(app.services())
                    .containsExactly(new Service(
                            "http",
                            List.of("hello.example.com"),
                            8080,
                            List.of(
                                    binding(80, List.of(Handler.HTTP), TlsOptions.DEFAULT, 443),
                                    binding(443, List.of(Handler.TLS, Handler.HTTP), TlsOptions.DEFAULT, 0))));
        });
    }

    @Test
    void a_wg_quick_address_with_host_bits_is_one_address_of_ours() throws IOException {
        MeshSettings mesh = read(Files.readString(EXAMPLES.resolve("minimal.json")))
                .snapshot()
                .mesh();
        assertThat(mesh.config().addresses())
                .containsExactly(Ipv6Prefix.parse("fdaa:0:48c8:a7b:228:4b6d:6e20:102/128"));
        assertThat(mesh.config().privateKey().toBase64()).isEqualTo(OperatorFolder.EDGE_KEY.toBase64());
        assertThat(mesh.config().mtu()).isEqualTo(1420);
        assertThat(mesh.listenPort()).isZero();
        assertThat(mesh.config().peers())
                .containsExactly(new PeerConfig(
                        "peer-1",
                        OperatorFolder.PEER_KEY.publicKey(),
                        null,
                        new InetSocketAddress("192.0.2.21", 51820),
                        List.of(Ipv6Prefix.parse("fdaa:0:48c8::/48")),
                        Duration.ofSeconds(15)));
    }

    @Test
    void the_plain_example_serves_http_https_and_raw_tcp_and_warns_of_backends_that_see_no_client() throws IOException {
        DevelopmentCa ca = DevelopmentCa.openOrCreate(folder.file("ca"), now());
        PemWriter.write(ca.issue(List.of("lab.test")), folder.file("lab.pem"), folder.file("lab.key"));
        Reading reading = read(Files.readString(EXAMPLES.resolve("plain.json")));
        assertThat(reading.problems()).extracting(Problem::code).containsExactly(Code.TRUST_002, Code.TRUST_002);
        assertThat(reading.files())
                .containsExactly(
                        folder.file("sixgate.json"),
                        folder.file("edge.wgkey"),
                        folder.file("lab.pem"),
                        folder.file("lab.key"));
        Snapshot snapshot = reading.snapshot();
        assertThat(snapshot.name()).isEqualTo("lab");
        assertThat(snapshot.addresses())
                .containsExactly(InetAddress.ofLiteral("10.99.0.2"), InetAddress.ofLiteral("2001:db8:99::2"));
        assertThat(snapshot.mesh().listenPort()).isEqualTo(51820);
        assertThat(snapshot.mesh().config().addresses())
                .containsExactly(Ipv6Prefix.parse("fdaa:0:48c8:a7b:228:4b6d:6e20:10/128"));
        assertThat(snapshot.mesh().config().peers())
                .singleElement()
                .extracting(PeerConfig::name, PeerConfig::endpoint)
                .containsExactly("node", new InetSocketAddress("10.98.0.2", 51820));
        assertThat(snapshot.certificates())
                .containsExactly(new CertificateFiles(List.of(), folder.file("lab.pem"), folder.file("lab.key")));
        assertThat(snapshot.developmentCaHostnames()).isEmpty();
        assertThat(snapshot.apps().getFirst().services())
                .containsExactly(
                        new Service(
                                "http",
                                List.of(),
                                8080,
                                List.of(
                                        binding(8080, List.of(Handler.HTTP), TlsOptions.DEFAULT, 0),
                                        binding(8443, List.of(Handler.TLS, Handler.HTTP), TlsOptions.DEFAULT, 0))),
                        new Service("iperf", List.of(), 5201, List.of(binding(9000, List.of(), TlsOptions.DEFAULT, 0))),
                        new Service("raw", List.of(), 8080, List.of(binding(9001, List.of(), TlsOptions.DEFAULT, 0))));
    }

    @Test
    void every_key_reaches_the_snapshot() {
        folder.write("a.psk", OperatorFolder.EDGE_KEY.toBase64());
        Reading reading = read(
                """
                {
                  "//": "a comment", "$schema": "sixgate.schema.json", "version": 1,
                  "edge": { "name": "fra-1", "region": "fra", "addresses": ["203.0.113.10"],
                            "drain": { "timeout": "1.5m", "//": "comments stand anywhere", "//": "and twice" },
                            "state": "var" },
                  "networks": { "default": { "prefix": "fdaa:0:48c8::/48" }, "partner": { "prefix": "fdaa:0:5121::/48" } },
                  "mesh": {
                    "private_key": { "env": "WGKEY" }, "address": "fdaa:0:48c8:e001:1::/80", "listen_port": 51821, "mtu": 1400,
                    "peers": [ { "name": "a", "region": "ams", "public_key": "%s", "endpoint": "a.resolves.test:51820",
                                 "allowed_ips": ["fdaa:0:5121::/48"], "preshared_key": { "file": "a.psk" },
                                 "persistent_keepalive": "25s" } ] },
                  "apps": { "shop": {
                    "network": "partner",
                    "backends": [ { "name": "a", "kind": "micro-vm", "address": "[fdaa:0:5121::9]:9000" },
                                  { "address": "fdaa:0:5121::8", "region": "iad" },
                                  { "name": "old", "address": "10.0.0.7", "insecure_direct": true } ],
                    "services": [ {
                      "name": "web", "protocol": "tcp", "hostnames": ["Shop.Example.com.", "*.shop.example.com"], "internal_port": 8080,
                      "http_options": { "header_timeout": "3s", "max_headers": 50 },
                      "tls_options": { "versions": ["TLSv1.3"] },
                      "tcp_options": { "connect_timeout": "250ms" },
                      "ports": [ { "port": 8080, "handlers": ["http"], "force_https": true,
                                   "http_options": { "max_headers": 60, "max_request_body": "50MiB", "max_header_bytes": "16KiB",
                                                     "idle_timeout": "1h", "max_concurrent_streams": 7 },
                                   "tcp_options": { "idle_timeout": "1d", "max_lifetime": "2d" } },
                                 { "port": 8443, "handlers": ["tls", "http"], "tls_options": { "alpn": ["http/1.1"] } } ] } ] } },
                  "observability": { "access_log": { "format": "json", "to": "access.log", "sample": { "success": 0.1, "error": 1.0 } },
                                     "metrics": { "listen": "[::1]:9090" }, "explain": { "keep": 5, "keep_errors": 6 } },
                  "admin": { "listen": "unix:run/admin.sock" }
                }
                """.formatted(OperatorFolder.PEER_KEY.publicKey()),
                Map.of("WGKEY", OperatorFolder.EDGE_KEY.toBase64()));
        assertThat(reading.problems()).extracting(Problem::code).containsExactly(Code.TLS_001, Code.TLS_001);
        Snapshot snapshot = reading.snapshot();
        assertThat(snapshot.region()).isEqualTo("fra");
        assertThat(snapshot.drainTimeout()).isEqualTo(Duration.ofSeconds(90));
        assertThat(snapshot.stateDirectory()).isEqualTo(folder.file("var"));
        assertThat(snapshot.adminSocket()).isEqualTo(folder.file("run/admin.sock"));
        assertThat(snapshot.metrics()).isEqualTo(new InetSocketAddress("::1", 9090));
        assertThat(snapshot.explain()).isEqualTo(new ExplainSettings(5, 6));
        assertThat(snapshot.accessLog())
                .isEqualTo(new AccessLogSettings(folder.file("access.log").toString(), 0.1, 1.0));
        assertThat(snapshot.developmentCaHostnames()).containsExactly("shop.example.com", "*.shop.example.com");
        assertThat(snapshot.mesh().config().mtu()).isEqualTo(1400);
        PeerConfig peer = snapshot.mesh().config().peers().getFirst();
        assertThat(peer.endpoint()).isEqualTo(new InetSocketAddress("192.0.2.1", 51820));
        assertThat(peer.presharedKey()).isEqualTo(OperatorFolder.EDGE_KEY.toBytes());
        assertThat(peer.keepalive()).isEqualTo(Duration.ofSeconds(25));
        assertThat(snapshot.apps().getFirst().backends())
                .as("a backend without a region is where its peer is")
                .containsExactly(
                        new Backend("a", "micro-vm", InetAddress.ofLiteral("fdaa:0:5121::9"), 9000, "ams", false),
                        new Backend(
                                "fdaa:0:5121::8", "static", InetAddress.ofLiteral("fdaa:0:5121::8"), 0, "iad", false),
                        new Backend("old", "static", InetAddress.ofLiteral("10.0.0.7"), 0, "", true));
        Service service = snapshot.apps().getFirst().services().getFirst();
        assertThat(service.hostnames()).containsExactly("shop.example.com", "*.shop.example.com");
        assertThat(service.ports())
                .as("the port wins over the service, key by key")
                .containsExactly(
                        new PortBinding(
                                8080,
                                List.of(Handler.HTTP),
                                new TlsOptions(List.of("h2", "http/1.1"), List.of("TLSv1.3")),
                                new HttpOptions(Duration.ofSeconds(3), Duration.ofHours(1), 16 << 10, 60, 50L << 20, 7),
                                new TcpOptions(Duration.ofMillis(250), Duration.ofDays(1), Duration.ofDays(2)),
                                8443),
                        new PortBinding(
                                8443,
                                List.of(Handler.TLS, Handler.HTTP),
                                new TlsOptions(List.of("http/1.1"), List.of("TLSv1.3")),
                                new HttpOptions(
                                        Duration.ofSeconds(3),
                                        HttpOptions.DEFAULT.idleTimeout(),
                                        HttpOptions.DEFAULT.maxHeaderBytes(),
                                        50,
                                        HttpOptions.DEFAULT.maxRequestBodyBytes(),
                                        HttpOptions.DEFAULT.maxConcurrentStreams()),
                                new TcpOptions(
                                        Duration.ofMillis(250),
                                        TcpOptions.DEFAULT.idleTimeout(),
                                        TcpOptions.DEFAULT.maxLifetime()),
                                0));
    }

    @Test
    void without_internal_port_each_port_is_its_own() {
        Reading reading = read(direct("""
            { "name": "s", "ports": [ { "port": 9000, "handlers": [] }, { "port": 9001, "handlers": [] } ] }\
            """));
        assertThat(reading.snapshot().apps().getFirst().services())
                .containsExactly(
                        new Service("s", List.of(), 9000, List.of(binding(9000, List.of(), TlsOptions.DEFAULT, 0))),
                        new Service("s", List.of(), 9001, List.of(binding(9001, List.of(), TlsOptions.DEFAULT, 0))));
    }

    @Test
    void the_proxy_protocol_goes_out_and_comes_in_as_the_port_says() {
        Reading reading = read(direct("""
            { "name": "s", "internal_port": 1883, "ports": [
                { "port": 9000, "handlers": ["proxy_proto"] },
                { "port": 9001, "handlers": ["tls", "proxy_proto"],
                  "proxy_proto_options": { "version": "v2", "tlvs": ["authority", "unique_id"] } },
                { "port": 9002, "handlers": ["http"], "accept_proxy_proto": { "from": ["198.51.100.0/24"] } } ] }\
            """));
        assertThat(reading.problems()).extracting(Problem::code).containsOnly(Code.TLS_001);
        assertThat(reading.snapshot().apps().getFirst().services().getFirst().ports())
                .extracting(PortBinding::proxyProtocol)
                .containsExactly(
                        new ProxyProtocol(Version.V1, Set.of(), List.of()),
                        new ProxyProtocol(Version.V2, Set.of(Detail.AUTHORITY, Detail.UNIQUE_ID), List.of()),
                        new ProxyProtocol(null, Set.of(), List.of(AddressRange.parse("198.51.100.0/24"))));
    }

    @Test
    void tls_without_http_offers_no_application_protocol_unless_told_to() {
        Reading reading = read(direct("""
            { "name": "s", "internal_port": 1883, "ports": [
                { "port": 8883, "handlers": ["tls"] },
                { "port": 8884, "handlers": ["tls"], "tls_options": { "alpn": ["http/1.1"] } } ] }\
            """));
        assertThat(reading.snapshot().apps().getFirst().services().getFirst().ports())
                .extracting(port -> port.tls().alpn())
                .containsExactly(List.of(), List.of("http/1.1"));
        assertThat(reading.snapshot().developmentCaHostnames()).containsExactly("localhost");
    }

    @Test
    void direct_backends_need_no_mesh() {
        Reading reading = read(direct("{ \"name\": \"s\", \"internal_port\": 80 }"));
        assertThat(reading.problems()).isEmpty();
        assertThat(reading.snapshot().mesh()).isNull();
    }

    @Test
    void the_admin_socket_is_in_the_runtime_directory_if_there_is_one() {
        String file = direct("{ \"name\": \"s\", \"internal_port\": 80 }");
        assertThat(read(file, Map.of("XDG_RUNTIME_DIR", "/run/user/7"))
                        .snapshot()
                        .adminSocket())
                .isEqualTo(Path.of("/run/user/7/sixgate/sixgate.sock"));
        assertThat(read(file, Map.of("XDG_RUNTIME_DIR", "relative")).snapshot().adminSocket())
                .isEqualTo(folder.file("state/sixgate.sock"));
    }

    @Test
    void a_certificate_decides_which_names_the_development_ca_stands_in_for() throws IOException {
        DevelopmentCa ca = DevelopmentCa.openOrCreate(folder.file("ca"), now());
        PemWriter.write(ca.issue(List.of("*.example.com", "example.com")), folder.file("a.pem"), folder.file("a.key"));
        Reading reading = read(direct("""
            { "name": "s", "internal_port": 80, "hostnames": ["example.com", "shop.example.com", "a.shop.example.com", "*.example.com"],
              "ports": [ { "port": 8443, "handlers": ["tls", "http"] } ] }\
            """)
                .replaceFirst(
                        "\\{",
                        "{ \"certificates\": { \"files\": [ { \"certificate\": \"a.pem\", \"private_key\": {"
                                + " \"file\": \"a.key\" } } ] },"));
        assertThat(reading.snapshot().developmentCaHostnames()).containsExactly("a.shop.example.com");
    }

    @Test
    void a_mesh_alone_is_read_from_a_wg_quick_file_or_from_the_json() {
        MeshReading quick = ConfigReader.readMesh(folder.file("mesh.conf"), new FixedSurroundings());
        folder.write("sixgate.json", "{ \"mesh\": { \"wg_quick\": \"mesh.conf\" }, \"app\": 5 }");
        MeshReading json = ConfigReader.readMesh(folder.file("sixgate.json"), new FixedSurroundings());
        assertThat(quick.problems()).isEmpty();
        assertThat(json.problems()).isEmpty();
        assertThat(json.mesh().config().peers()).isEqualTo(quick.mesh().config().peers());
    }

    @Test
    void this_process_has_a_clock_a_port_limit_and_a_resolver() {
        Surroundings real = Surroundings.ofThisProcess();
        assertThat(real.firstUnprivilegedPort()).isBetween(0, 65536);
        assertThat(real.clock().instant()).isAfter(Instant.EPOCH);
        assertThat(real.environment("SIXGATE_NO_SUCH_VARIABLE")).isNull();
        assertThat(real.resolve(List.of("127.0.0.1"))).containsEntry("127.0.0.1", InetAddress.ofLiteral("127.0.0.1"));
        assertThat(real.resolve(List.of())).isEmpty();
    }

    private static PortBinding binding(int port, List<Handler> handlers, TlsOptions tls, int forceHttpsPort) {
        return new PortBinding(port, handlers, tls, HttpOptions.DEFAULT, TcpOptions.DEFAULT, forceHttpsPort);
    }

    private static InstantSource now() {
        return InstantSource.fixed(FixedSurroundings.NOW);
    }

    private static String direct(String service) {
        return "{ \"apps\": { \"a\": { \"backends\": [ { \"address\": \"10.0.0.7\", \"insecure_direct\": true } ],"
                + " \"services\": [ "
                + service + " ] } } }";
    }

    private Reading read(String json) {
        return read(json, Map.of());
    }

    private Reading read(String json, Map<String, String> environment) {
        Reading reading =
                ConfigReader.read(folder.write("sixgate.json", json), new FixedSurroundings(now(), environment, 0));
        assertThat(reading.problems().stream().filter(Problem::isError))
                .as(ProblemPrinter.text(reading.problems()))
                .isEmpty();
        return reading;
    }
}
