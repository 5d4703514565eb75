package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyCatalogueTest {
    private static final Path ROOT = Path.of(System.getProperty("sixgate.root", ".."));

    @ParameterizedTest
    @EnumSource
    void keys_that_are_not_built_yet_are_refused_by_name(KeyCatalogue keys) {
        for (String key : keys.notBuiltYet()) {
            Problems problems = new Problems();
            Fields.of(
                    JsonReader.read("f", ("{\"" + key + "\": 1}").getBytes(StandardCharsets.UTF_8), problems),
                    "it",
                    keys,
                    problems);
            assertThat(problems.inReadingOrder("f")).singleElement().satisfies(problem -> {
                assertThat(problem.code()).isEqualTo(Code.JSON_008);
                assertThat(problem.pointer()).isEqualTo("/" + key);
                assertThat(problem.message()).isEqualTo("\"" + key + "\" is not supported yet");
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_key_is_built_or_not(KeyCatalogue keys) {
        assertThat(keys.built()).doesNotHaveDuplicates();
        assertThat(keys.notBuiltYet()).doesNotHaveDuplicates();
        assertThat(Collections.disjoint(keys.built(), keys.notBuiltYet())).isTrue();
    }

    /** Files of the whole language, most of which is for later: nothing of it is unknown, nothing is passed over. */
    @ParameterizedTest
    @ValueSource(strings = {"multi-region.json", "kubernetes.json"})
    void documented_keys_of_later_issues_are_never_called_unknown(String name) {
        Reading reading = ConfigReader.read(
                ROOT.resolve("edge-proxy/src/test/resources/config/later").resolve(name), new FixedSurroundings());
        assertThat(reading.snapshot()).isNull();
        assertThat(reading.problems().stream()
                        .filter(Problem::isError)
                        .map(Problem::code)
                        .distinct())
                .isSubsetOf(Code.JSON_006, Code.JSON_008, Code.JSON_009)
                .contains(Code.JSON_008);
        assertThat(reading.problems().stream()
                        .filter(problem -> problem.code() == Code.JSON_009)
                        .map(Problem::message))
                .as("only what stands under a key of a later issue is missing")
                .allMatch(message -> message.contains("\"port\"")
                        || message.contains("\"handlers\"")
                        || message.contains("serves nothing"));
    }

    @Test
    void every_key_is_in_the_reference() throws IOException {
        String page = Files.readString(ROOT.resolve("docs/reference/config.md"));
        List<String> missing = new ArrayList<>();
        for (KeyCatalogue keys : KeyCatalogue.values()) {
            for (String key : keys.built()) if (!page.contains("`" + key + "`")) missing.add(key);
            for (String key : keys.notBuiltYet()) if (!page.contains("`" + key + "`")) missing.add(key);
        }
        assertThat(missing).isEmpty();
    }
}
