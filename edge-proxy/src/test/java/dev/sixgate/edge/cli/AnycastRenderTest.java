package dev.sixgate.edge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnycastRenderTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... words) {
        return Main.run(words, new PrintWriter(out, true), new PrintWriter(err, true));
    }

    private String file(String anycast) throws Exception {
        return Files.writeString(directory.resolve("sixgate.json"), """
            { "edge": { "name": "fra-1", "addresses": ["203.0.113.10", "192.0.2.10"] }, %s
              "apps": { "shop": { "backends": [ { "name": "a", "address": "10.0.0.7", "insecure_direct": true } ], "services": [] } } }
            """.formatted(anycast))
                .toString();
    }

    private String plan() throws Exception {
        return file("""
            "anycast": { "announce": ["203.0.113.0/24"], "local_as": 64512,
                         "neighbors": [ { "address": "192.0.2.1", "remote_as": 64500, "communities": ["64500:100"] } ] },\
            """);
    }

    @Test
    void a_daemons_configuration_is_all_that_stands_on_stdout() throws Exception {
        assertThat(run("anycast", "render", "bird", plan())).isZero();
        assertThat(out.toString())
                .startsWith("# What fra-1 announces.")
                .contains("router id 203.0.113.10;", "local 192.0.2.10 as 64512;", "bgp_community.add((64500, 100));");
    }

    @Test
    void a_state_changes_what_is_announced() throws Exception {
        assertThat(run("anycast", "render", "exabgp", plan(), "--state", "draining"))
                .isZero();
        assertThat(out.toString()).contains("as-path [ 64512 64512 64512 ] community [ 64500:100 65535:0 ]");
    }

    @Test
    void without_a_plan_there_is_nothing_to_render() throws Exception {
        assertThat(run("anycast", "render", "frr", file(""))).isEqualTo(3);
        assertThat(err.toString()).contains("has no \"anycast\"");
    }

    @Test
    void an_unknown_daemon_is_a_wrong_command_line() throws Exception {
        assertThat(run("anycast", "render", "quagga", plan())).isEqualTo(2);
    }
}
