package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonSchemaTest {
    private static final Path ROOT = Path.of(System.getProperty("sixgate.root", ".."));
    private static final Path ERRORS = ROOT.resolve("edge-proxy/src/test/resources/config/errors");
    private static final Schema SCHEMA = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(JsonSchema.text());

    @Test
    void the_published_schema_is_that_of_the_reader() throws IOException {
        assertThat(Files.readString(ROOT.resolve("docs/reference/sixgate.schema.json")))
                .as("stale; write it anew: ./sixgate schema > docs/reference/sixgate.schema.json")
                .isEqualTo(JsonSchema.text());
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"DOCUMENT", "NODE_FILE", "NODE", "NODE_PORT"})
    void every_key_has_a_shape(KeyCatalogue keys) {
        assertThat(keys.built())
                .allSatisfy(key -> assertThat(SchemaShapes.shape(keys, key)).isNotNull());
    }

    static Stream<Path> examples() throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> found = Files.list(ROOT.resolve("docs/examples"))) {
            found.filter(file -> file.toString().endsWith(".json")).forEach(files::add);
        }
        try (Stream<Path> found = Files.walk(ERRORS)) {
            found.filter(file -> file.endsWith("sixgate.json") && Files.isRegularFile(file) && isAccepted(file))
                    .forEach(files::add);
        }
        assertThat(files).hasSizeGreaterThan(10);
        return files.stream();
    }

    /** Those that only warn. */
    private static boolean isAccepted(Path file) {
        return ConfigReader.read(file, new FixedSurroundings()).snapshot() != null;
    }

    @ParameterizedTest
    @MethodSource("examples")
    void what_the_reader_takes_the_schema_takes_too(Path file) throws IOException {
        assertThat(errors(Files.readString(file))).isEmpty();
    }

    @Test
    void what_kubernetes_objects_amount_to_fits_the_schema() throws IOException {
        try (Stream<Path> found = Files.walk(ROOT.resolve("k8s/src/test/resources/render"))) {
            List<Path> files =
                    found.filter(file -> file.endsWith("expected.json")).toList();
            assertThat(files).isNotEmpty();
            for (Path file : files) {
                JsonNode node = JsonMapper.builder().build().readTree(Files.readString(file));
                JsonNode document = node.has("document") ? node.get("document") : node;
                assertThat(errors(document.toString())).as(file.toString()).isEmpty();
            }
        }
    }

    @Test
    void whole_files_in_the_documents_fit_the_schema() throws IOException {
        int seen = 0;
        for (String page : List.of("README.md", "docs/reference/config.md", "docs/reference/kubernetes.md")) {
            String[] parts = Files.readString(ROOT.resolve(page)).split("```");
            for (int i = 1; i < parts.length; i += 2) {
                String block = parts[i].replaceFirst("^json\\s", "").strip();
                if (!block.startsWith("{") || block.contains("…")) continue;
                JsonNode node = JsonMapper.builder().build().readTree(block);
                if (!node.has("app") && !node.has("apps")) continue;
                seen++;
                assertThat(errors(block)).as(page + ": " + block).isEmpty();
            }
        }
        assertThat(seen).isPositive();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SG-JSON-003",
                "SG-JSON-004",
                "SG-JSON-004-backends",
                "SG-JSON-004-top",
                "SG-JSON-005",
                "SG-JSON-008",
                "SG-SEC-001"
            })
    void what_has_a_wrong_key_or_type_the_schema_refuses_too(String folder) throws IOException {
        assertThat(errors(Files.readString(ERRORS.resolve(folder).resolve("sixgate.json"))))
                .isNotEmpty();
    }

    @Test
    void comments_may_stand_in_any_object() {
        assertThat(errors("""
            { "//": "a", "app": "a", "http_service": { "//": 1, "internal_port": 80 }, "backends": [],
              "regions": { "//": "b", "fra": {} } }
            """)).isEmpty();
    }

    private static List<Error> errors(String json) {
        return SCHEMA.validate(json, InputFormat.JSON);
    }
}
