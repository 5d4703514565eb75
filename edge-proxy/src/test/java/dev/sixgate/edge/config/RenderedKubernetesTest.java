package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.run.Snapshot;
import dev.sixgate.edge.servicemap.App;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code k8s render} prints is a document that an edge takes. */
class RenderedKubernetesTest {
    @TempDir
    Path directory;

    static Stream<Path> cases() throws IOException {
        Path root = Path.of(System.getProperty("sixgate.root", ".."));
        try (Stream<Path> cases = Files.list(root.resolve("k8s/src/test/resources/render"))) {
            return cases.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void a_rendered_document_joined_with_edge_and_mesh_has_no_error(Path folder) throws Exception {
        Reading reading = read(Files.readString(folder.resolve("expected.json")));
        assertThat(reading.problems().stream().filter(Problem::isError)).isEmpty();
        assertThat(Objects.requireNonNull(reading.snapshot()).apps()).isNotEmpty();
    }

    @Test
    void the_configuration_of_the_manifests_has_no_error() throws Exception {
        Path root = Path.of(System.getProperty("sixgate.root", ".."));
        String manifest = Files.readString(root.resolve("k8s/deploy/base/config.yaml"));
        String json = manifest.substring(manifest.indexOf("sixgate.json: |") + "sixgate.json: |".length());
        Path file = Files.writeString(directory.resolve("sixgate.json"), json);
        Reading reading = ConfigReader.read(
                file,
                new FixedSurroundings(
                        InstantSource.fixed(FixedSurroundings.NOW),
                        Map.of("SIXGATE_PRIVATE_KEY", "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="),
                        0));
        assertThat(reading.problems().stream().filter(Problem::isError)).isEmpty();
    }

    @Test
    void an_app_without_backends_is_warned_of_where_requests_would_go_there() throws Exception {
        Reading reading = read("""
            { "apps": { "idle": { "backends": [],
                "services": [ { "name": "http", "internal_port": 80, "ports": [ { "port": 80, "handlers": ["http"] } ] } ] } } }
            """);
        assertThat(reading.problems())
                .extracting(problem -> problem.code().toString())
                .contains("SG-JSON-010");
        Snapshot snapshot = Objects.requireNonNull(reading.snapshot());
        assertThat(snapshot.apps()).extracting(App::backends).containsExactly(List.of());
    }

    private Reading read(String document) throws IOException {
        Path apps = Files.createDirectory(directory.resolve("apps.d"));
        Files.writeString(apps.resolve("kubernetes.json"), document);
        Path key = Files.writeString(directory.resolve("edge.wgkey"), "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n");
        Files.setPosixFilePermissions(key, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        Path file = Files.writeString(directory.resolve("sixgate.json"), """
            { "edge": { "name": "k8s-fra-1", "addresses": ["203.0.113.20"] },
              "mesh": { "private_key": { "file": "edge.wgkey" }, "address": "fdaa:3:dde8:e002:1::1/128",
                "peers": [ { "public_key": "29VJbtNyOA+jnpCO+4OHo+Xt7C0QftAcAL98R53+Iyw=", "allowed_ips": ["fdaa::/16"] } ] },
              "sources": [ { "directory": "apps.d" } ] }
            """);
        return ConfigReader.read(file, new FixedSurroundings());
    }
}
