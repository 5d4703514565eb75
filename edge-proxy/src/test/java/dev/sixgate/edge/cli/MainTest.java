package dev.sixgate.edge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.config.ConfigReader;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {
    private static final PrivateKey EDGE = PrivateKey.generate(new Random(1));
    private static final PrivateKey NODE = PrivateKey.generate(new Random(2));
    private static final byte[] PRESHARED = new byte[32];

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | a command is missing",
                "chekc | Did you mean: sixgate check",
                "check | Missing required parameter: 'FILE'",
                "check x.json --formt json | Unknown option",
                "demo --port-base 65000 | not between 1 and 64615",
                "route x.json GET nonsense | is not a URL such as https://",
                "route x.json GET http://a/ --from here | is not an IP address",
                "route x.json G(T http://a/ | METHOD is a word such as GET",
                "node x.conf --port http | has no port number; write PORT or PORT=ADDRESS:PORT",
                "mesh | a command is missing",
                "explain no/such | is no request id",
                "mesh ping 10.0.0.1 --admin x.sock | is not an IPv6 address",
            })
    void wrong_words_exit_with_2_and_a_sentence(String words, String sentence) {
        assertThat(run(words.isEmpty() ? new String[0] : words.split(" "))).isEqualTo(2);
        assertThat(err.toString()).contains(sentence).doesNotContain("\tat ").doesNotContain("Exception");
        assertThat(out.toString()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mesh pubkey %s/none | none does not exist",
                "mesh keygen %s/there | there exists already",
                "mesh pubkey %s/there | holds no private key",
                "explain --admin %s/none.sock | there is no admin socket",
                "mesh status --admin %s/there | no edge answers on",
                "load run browse | load is in a jar of its own",
            })
    void work_that_fails_exits_with_1_and_a_sentence(String words, String sentence) throws Exception {
        Files.writeString(directory.resolve("there"), "not a key");
        assertThat(run(words.formatted(directory).split(" "))).isEqualTo(1);
        assertThat(err.toString()).contains(sentence).doesNotContain("\tat ").doesNotContain("Exception");
    }

    @ParameterizedTest
    @CsvSource({"check", "run", "'route FILE GET http://a/'", "'mesh export'", "'node --port 80'"})
    void a_configuration_that_is_wrong_exits_with_3_and_its_problems(String words) throws Exception {
        Path file = Files.writeString(directory.resolve("bad.json"), "{ \"mesh\": 7, ");
        String line = words.contains("FILE") ? words.replace("FILE", file.toString()) : words + " " + file;
        assertThat(run(line.split(" "))).isEqualTo(3);
        assertThat(out + "" + err)
                .contains("error[SG-JSON-001]")
                .contains("bad.json:1:")
                .doesNotContain("\tat ");
    }

    @Test
    void help_and_version_exit_with_0() {
        for (String words : new String[] {"help", "--help", "version", "--version", "help run", "generate-completion"})
            assertThat(run(words.split(" "))).as(words).isZero();
        assertThat(out.toString()).contains("Exit codes", "sixgate 0.", "java ");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void keygen_writes_a_key_that_only_its_owner_may_read_and_prints_the_public_one() throws Exception {
        Path file = directory.resolve("edge.wgkey");
        assertThat(run("mesh", "keygen", file.toString())).isZero();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        String key = Files.readString(file).strip();
        assertThat(out.toString().strip())
                .isEqualTo(PrivateKey.parse(key).publicKey().toString());
        assertThat(run("mesh", "keygen", file.toString())).isEqualTo(1);
        assertThat(Files.readString(file).strip()).isEqualTo(key);
        assertThat(out + "" + err).doesNotContain(key);
        assertThat(run("mesh", "pubkey", file.toString())).isZero();
        assertThat(out.toString().lines().distinct()).hasSize(1);
    }

    @Test
    void export_is_the_other_end_of_a_tunnel_and_a_node_can_be_started_from_it() throws Exception {
        Path file = configuration();
        Path key = secret("node.wgkey", NODE.toBase64());
        assertThat(run("mesh", "export", file.toString(), "--private-key", key.toString()))
                .as(err.toString())
                .isZero();
        assertThat(out.toString())
                .contains("PrivateKey = " + NODE.toBase64())
                .contains("PublicKey = " + EDGE.publicKey())
                .contains("PresharedKey = " + Base64.getEncoder().encodeToString(PRESHARED))
                .contains("Address = fdaa:0:48c8:a7b:228:4b6d:6e20:2/128")
                .contains("AllowedIPs = fdaa:0:48c8:e001:1::1/128")
                .contains("Endpoint = 127.0.0.1:51820");
        Path node = secret("node.conf", out.toString());
        MeshConfig mirror =
                Objects.requireNonNull(ConfigReader.readNode(node).mesh()).config();
        assertThat(mirror.privateKey().publicKey()).isEqualTo(NODE.publicKey());
        assertThat(mirror.addresses()).containsExactly(Ipv6Prefix.parse("fdaa:0:48c8:a7b:228:4b6d:6e20:2/128"));
        PeerConfig edge = mirror.peers().getFirst();
        assertThat(edge.publicKey()).isEqualTo(EDGE.publicKey());
        assertThat(edge.presharedKey()).isEqualTo(PRESHARED);
        assertThat(edge.endpoint()).isEqualTo(new InetSocketAddress("127.0.0.1", 51820));
        assertThat(edge.allowedIps()).containsExactly(Ipv6Prefix.parse("fdaa:0:48c8:e001:1::1/128"));
        assertThat(edge.keepalive()).isEqualTo(Duration.ofSeconds(25));
        out.getBuffer().setLength(0);
        // It is read and found good; what is missing is a port.
        assertThat(run("node", node.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("no port is named").doesNotContain("error[");
    }

    @Test
    void export_has_a_peer_for_each_identity() throws Exception {
        Path file = configuration();
        Files.writeString(
                file, Files.readString(file).replace("e001:1::1/128\",", "e001:1::/80\", \"identities\": 2,"));
        assertThat(run("mesh", "export", file.toString())).as(err.toString()).isZero();
        assertThat(out.toString())
                .contains(
                        "PublicKey = " + EDGE.publicKey(),
                        "PublicKey = " + EDGE.derive(1).publicKey())
                .contains("AllowedIPs = fdaa:0:48c8:e001:1::/81", "AllowedIPs = fdaa:0:48c8:e001:1:8000::/81")
                .contains("Endpoint = 127.0.0.1:51820", "Endpoint = 127.0.0.1:51821");
    }

    @Test
    void export_refuses_a_key_that_is_not_the_peers() throws Exception {
        Path key = secret("other.wgkey", EDGE.toBase64());
        assertThat(run("mesh", "export", configuration().toString(), "--private-key", key.toString()))
                .isEqualTo(1);
        assertThat(err.toString()).contains("is not the key of peer").doesNotContain(EDGE.toBase64());
        assertThat(run("mesh", "export", configuration().toString(), "--peer", "nobody"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("there are node");
    }

    @Test
    void check_counts_and_strict_refuses_warnings() throws Exception {
        Path file = configuration();
        assertThat(run("check", file.toString())).isZero();
        assertThat(out.toString()).contains("warning[SG-TLS-001]").contains("0 errors, 2 warnings");
        assertThat(run("check", "--strict", file.toString())).isEqualTo(3);
        out.getBuffer().setLength(0);
        assertThat(run("check", "--format", "json", file.toString())).isZero();
        assertThat(out.toString()).startsWith("{\"errors\":0,\"warnings\":2,");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET http://hello.example.com:8080/a | 0 | backend   hello-fra  [fdaa:0:48c8:a7b:228:4b6d:6e20:2]:8080"
                        + "  region fra",
                "GET http://HELLO.example.com:8080/a | 0 | rule      hello.web host hello.example.com",
                "GET https://hello.example.com:8443/ | 0 | handlers [\"tls\", \"http\"]",
                "GET http://hello.example.com:8080/ --from 192.0.2.7 | 0 | X-Forwarded-For: 192.0.2.7",
                "GET http://hello.example.com:8080/ --from 2001:db8::7 | 1 | none of the client's family",
                "GET http://other.example.com:8080/ | 1 | 404, no_route",
                "GET http://hello.example.com:8081/ | 1 | no service has port 8081",
                "GET http://hello.example.com:8443/ | 1 | does not speak http",
                "TRACE http://hello.example.com:8080/ | 1 | 501, unsupported_method",
                "SYN tcp://127.0.0.1:9000 | 0 | rule      hello.echo any host",
            })
    void route_asks_the_router_that_serves(String words, int exit, String line) throws Exception {
        String[] all = ("route " + configuration() + " " + words).split(" ");
        assertThat(run(all)).as(out + "" + err).isEqualTo(exit);
        assertThat(out.toString()).contains(line);
    }

    private Path secret(String name, String text) throws Exception {
        Path file = Files.writeString(directory.resolve(name), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }

    private Path configuration() throws Exception {
        secret("edge.wgkey", EDGE.toBase64());
        secret("node.psk", Base64.getEncoder().encodeToString(PRESHARED));
        return Files.writeString(directory.resolve("sixgate.json"), """
            {
              "version": 1,
              "edge": { "name": "lab", "addresses": ["127.0.0.1"] },
              "mesh": {
                "private_key": { "file": "edge.wgkey" },
                "address": "fdaa:0:48c8:e001:1::1/128",
                "listen_port": 51820,
                "peers": [ { "name": "node", "public_key": "%s", "preshared_key": { "file": "node.psk" },
                             "allowed_ips": ["fdaa:0:48c8:a7b:228:4b6d:6e20:2/128"] } ]
              },
              "apps": { "hello": {
                "backends": [ { "name": "hello-fra", "address": "fdaa:0:48c8:a7b:228:4b6d:6e20:2", "region": "fra" } ],
                "services": [
                  { "name": "web", "hostnames": ["hello.example.com"], "internal_port": 8080,
                    "ports": [ { "port": 8080, "handlers": ["http"] }, { "port": 8443, "handlers": ["tls", "http"] } ] },
                  { "name": "echo", "internal_port": 9000, "ports": [ { "port": 9000, "handlers": [] } ] }
                ] } }
            }
            """.formatted(NODE.publicKey()));
    }

    private int run(String... words) {
        return Main.run(words, new PrintWriter(out, true), new PrintWriter(err, true));
    }
}
