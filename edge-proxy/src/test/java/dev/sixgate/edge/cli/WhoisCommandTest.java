package dev.sixgate.edge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.wireguard.PrivateKey;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WhoisCommandTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Path file;

    @BeforeEach
    void write() throws Exception {
        Path key = directory.resolve("edge.wgkey");
        Files.writeString(key, PrivateKey.generate(new Random(1)).toBase64());
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        file = Files.writeString(directory.resolve("sixgate.json"), """
            {
              "edge": { "addresses": ["127.0.0.1"] },
              "networks": { "default": { "prefix": "fdaa:0:48c8::/48" }, "partner": { "prefix": "fd12:3456:789a::/48" } },
              "mesh": {
                "private_key": { "file": "edge.wgkey" },
                "address": "fdaa:0:48c8:e001:1::/80",
                "peers": [ { "name": "fra-w1", "region": "fra", "public_key": "29VJbtNyOA+jnpCO+4OHo+Xt7C0QftAcAL98R53+Iyw=",
                  "allowed_ips": ["fdaa:0:48c8:a7b:228::/80", "fd12:3456:789a:a7b:228::/80"] } ]
              },
              "apps": {
                "kuard": {
                  "backends": [ { "name": "kuard-1", "kind": "pod", "address": "[fdaa:0:48c8:a7b:228:4b6d:6e20:2]:8080" } ],
                  "services": [ { "name": "http", "internal_port": 8080, "ports": [ { "port": 18080, "handlers": ["http"] } ] } ]
                },
                "shop": {
                  "private_address": "fdaa:0:48c8:0:1::1a",
                  "backends": [ "fdaa:0:48c8:a7b:228::7:2" ],
                  "services": [ { "name": "http", "internal_port": 8080 } ]
                },
                "abroad": {
                  "network": "partner",
                  "backends": [ "fd12:3456:789a:a7b:228:4b6d:6e20:2" ],
                  "services": [ { "name": "http", "internal_port": 8080, "ports": [ { "port": 18081, "handlers": ["http"] } ] } ]
                }
              }
            }
            """);
    }

    @Test
    void an_address_has_a_network_a_host_a_machine_and_an_owner() {
        assertThat(whois("[fdaa:0:48c8:a7b:228:4b6d:6e20:2]:8080")).isZero();
        assertThat(out).hasToString("""
            fdaa:0:48c8:a7b:228:4b6d:6e20:2
              network     0:48c8 (fdaa:0:48c8::/48, default)
              host        a7b:228 (fdaa:0:48c8:a7b:228::/80, peer fra-w1)
              machine     4b6d:6e20
              free        2
              owner       kuard/kuard-1 (pod, region fra, port 8080)
            """);
    }

    @Test
    void a_private_address_is_its_apps() {
        assertThat(whois("fdaa:0:48c8:0:1::1a")).isZero();
        assertThat(out).hasToString("""
            fdaa:0:48c8:0:1::1a
              network     0:48c8 (fdaa:0:48c8::/48, default)
              host        0:1 (fdaa:0:48c8:0:1::/80, services)
              machine     0:0
              free        1a
              owner       shop (private address)
            """);
        out.getBuffer().setLength(0);
        assertThat(whois("shop")).isZero();
        assertThat(out.toString().lines().filter(line -> !line.startsWith(" ")))
                .containsExactly("fdaa:0:48c8:0:1::1a", "fdaa:0:48c8:a7b:228:0:7:2");
    }

    @Test
    void any_prefix_reads_alike() {
        assertThat(whois("fd12:3456:789a:a7b:228:4b6d:6e20:2")).isZero();
        assertThat(out.toString())
                .contains("network     3456:789a (fd12:3456:789a::/48, partner)")
                .contains("owner       abroad/fd12:3456:789a:a7b:228:4b6d:6e20:2 (static, region fra)");
    }

    @Test
    void an_address_of_our_own_range_stands_for_a_client_and_back() {
        assertThat(whois("fdaa:0:48c8:e001:1:cb00:7107:0")).isZero();
        assertThat(out.toString()).contains("this edge").contains("stands for  client 203.0.113.7");
        out.getBuffer().setLength(0);
        assertThat(whois("203.0.113.7")).isZero();
        assertThat(out.toString()).startsWith("fdaa:0:48c8:e001:1:cb00:7107:0\n");
        out.getBuffer().setLength(0);
        assertThat(whois("fdaa:0:48c8:e001:1:cb00:7107:1")).isZero();
        assertThat(out.toString()).doesNotContain("client");
    }

    @ParameterizedTest
    @CsvSource({"kuard", "kuard-1", "kuard/kuard-1"})
    void a_name_has_its_addresses(String name) {
        assertThat(whois(name)).isZero();
        assertThat(out.toString().lines().filter(line -> !line.startsWith(" ")))
                .containsExactly("fdaa:0:48c8:a7b:228:4b6d:6e20:2");
    }

    @Test
    void a_peer_has_its_ranges() {
        assertThat(whois("fra-w1")).isZero();
        assertThat(out.toString().lines().filter(line -> !line.startsWith(" ")))
                .containsExactly("fdaa:0:48c8:a7b:228::", "fd12:3456:789a:a7b:228::");
    }

    @ParameterizedTest
    @CsvSource({"fdaa:0:48c8:a7b:229::2, nobody is known to have it", "nobody, nothing here has an address by that"})
    void what_nobody_has_fails_and_says_so(String asked, String said) {
        assertThat(whois(asked)).isEqualTo(1);
        assertThat(out.toString()).contains(said);
    }

    @Test
    void json_has_the_same() {
        assertThat(run("whois", "--json", "fdaa:0:48c8:a7b:228:4b6d:6e20:2", file.toString()))
                .isZero();
        assertThat(out.toString())
                .contains("\"network_name\":\"default\"")
                .contains("\"host_owner\":\"peer fra-w1\"")
                .contains("\"app\":\"kuard\"");
    }

    private int whois(String asked) {
        return run("whois", asked, file.toString());
    }

    private int run(String... words) {
        return Main.run(words, new PrintWriter(out), new PrintWriter(err));
    }
}
