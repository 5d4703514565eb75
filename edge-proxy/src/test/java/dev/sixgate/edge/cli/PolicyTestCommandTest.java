package dev.sixgate.edge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyTestCommandTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Path file;

    @BeforeEach
    void write() throws Exception {
        file = Files.writeString(directory.resolve("sixgate.json"), """
            { "edge": { "name": "fra-1", "addresses": ["127.0.0.1"] },
              "apps": {
                "shop": { "backends": [ { "name": "a", "address": "10.0.0.1", "insecure_direct": true } ],
                          "services": [ { "name": "http", "internal_port": 8080 } ] },
                "api": { "backends": [ { "name": "a", "address": "10.0.0.2", "insecure_direct": true },
                                       { "name": "b", "address": "10.0.0.3", "insecure_direct": true } ],
                         "services": [ { "name": "http", "internal_port": 8080 } ] } },
              "policies": [ { "name": "api-callers", "to": { "app": "api" },
                              "allow": [ { "app": "shop", "ports": [8080] }, { "edge": "*", "ports": [9090] } ] } ] }
            """);
    }

    private int run(String... words) {
        return Main.run(words, new PrintWriter(out, true), new PrintWriter(err, true));
    }

    private int test(String from, String to) {
        return run("policy", "test", file.toString(), "--from", from, "--to", to);
    }

    @Test
    void what_is_allowed_names_the_rule_and_exits_with_0() {
        assertThat(test("shop", "api:8080")).as(err::toString).isZero();
        assertThat(out.toString().lines()).hasSize(2).allMatch(line -> line.startsWith("allowed  "));
        assertThat(out.toString()).contains("10.0.0.3:8080/tcp: policy \"api-callers\" allows app \"shop\" on 8080");
    }

    @Test
    void what_is_denied_names_the_nearest_rule_and_exits_with_1() {
        assertThat(test("shop/a", "api/b:9090")).isEqualTo(1);
        assertThat(out.toString())
                .startsWith("denied   ")
                .contains("allows app \"shop\" on 8080, and port 9090/tcp is not among them");
    }

    @Test
    void a_public_client_comes_through_the_edge() {
        assertThat(test("203.0.113.9", "[10.0.0.2]:9090")).isZero();
        assertThat(out.toString()).contains("this edge for 203.0.113.9").contains("allows every edge on 9090");
    }

    @Test
    void nobody_of_that_name_is_a_wrong_command_line() {
        assertThat(test("shp", "api:8080")).isEqualTo(2);
        assertThat(err.toString()).contains("\"shp\" is no address").contains("apps: shop, api");
        assertThat(test("shop", "api")).isEqualTo(2);
    }
}
