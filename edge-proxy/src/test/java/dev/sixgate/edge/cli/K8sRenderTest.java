package dev.sixgate.edge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class K8sRenderTest {
    private static final String LEGACY = """
        apiVersion: v1
        kind: Service
        metadata: { name: legacy }
        spec: { ipFamilies: ["IPv4"], ports: [ { port: 80 } ] }
        """;

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void json_goes_to_stdout_and_verdicts_to_stderr() throws Exception {
        Path good = write("good.yaml", LEGACY.replace("IPv4", "IPv6").replace("legacy", "kuard"));
        Path legacy = write("legacy.yaml", LEGACY + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: p }\n");
        assertThat(run("k8s", "render", good.toString(), legacy.toString())).isZero();
        assertThat(out.toString()).startsWith("{").contains("\"kuard.default\"").doesNotContain("legacy");
        assertThat(err.toString())
                .contains("Service default/legacy: Accepted=False UnsupportedIPFamily [SG-K8S-001] Service"
                        + " default/legacy is ipFamilies [IPv4]; sixgate serves SingleStack IPv6 only")
                .contains("ConfigMap p: means nothing to an edge");
        assertThat(run("k8s", "render", "--strict", legacy.toString())).isEqualTo(3);
    }

    @Test
    void what_is_no_manifest_exits_with_3_and_its_place() throws Exception {
        Path broken = write("broken.yaml", "apiVersion: v1\nkind: [unclosed\n");
        assertThat(run("k8s", "render", broken.toString())).isEqualTo(3);
        assertThat(err.toString()).contains("broken.yaml:3:1:").doesNotContain("Exception");
        Path wrong = write("wrong.yaml", LEGACY.replace("{ port: 80 }", "{ port: eighty }"));
        assertThat(run("k8s", "render", wrong.toString())).isEqualTo(3);
        assertThat(err.toString())
                .contains("Service legacy at /spec/ports/0/port")
                .doesNotContain("Exception");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void wrong_words_exit_with_2() throws Exception {
        Path file = write("legacy.yaml", LEGACY);
        assertThat(run("k8s", "render", "--accept", "10.0.0.0/8", file.toString()))
                .isEqualTo(2);
        assertThat(err.toString()).contains("\"10.0.0.0/8\" is no IPv6 prefix");
    }

    private Path write(String name, String text) throws Exception {
        return Files.writeString(directory.resolve(name), text);
    }

    private int run(String... words) {
        return Main.run(words, new PrintWriter(out), new PrintWriter(err));
    }
}
