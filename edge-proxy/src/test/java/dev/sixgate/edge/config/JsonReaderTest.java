package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.config.JsonNode.JsonArray;
import dev.sixgate.edge.config.JsonNode.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonReaderTest {
    private final Problems problems = new Problems();

    @Test
    void keys_and_values_know_their_line_column_and_pointer() {
        var root = (JsonObject) read("{\r\n  \"a/b\": [ 1,\n    { \"~\": \"x\" } ],\r  \"ü😀\": true }");
        var array = (JsonArray) root.members().get("a/b").value();
        assertThat(root.keySpot("a/b")).isEqualTo(new Spot("f", 2, 3, "/a~1b"));
        assertThat(array.spot()).isEqualTo(new Spot("f", 2, 10, "/a~1b"));
        var inner = (JsonObject) array.items().get(1);
        assertThat(inner.spot()).isEqualTo(new Spot("f", 3, 5, "/a~1b/1"));
        assertThat(inner.keySpot("~")).isEqualTo(new Spot("f", 3, 7, "/a~1b/1/~0"));
        assertThat(inner.members().get("~").value().spot()).isEqualTo(new Spot("f", 3, 12, "/a~1b/1/~0"));
        assertThat(root.members().get("ü😀").value().spot()).isEqualTo(new Spot("f", 4, 10, "/ü😀"));
        assertThat(problems.hasErrors()).isFalse();
    }

    @Test
    void nesting_is_bounded() {
        int most = JsonReader.MAX_DEPTH;
        assertThat(read("[".repeat(most) + "]".repeat(most))).isNotNull();
        assertThat(read("[".repeat(most + 1) + "]".repeat(most + 1))).isNull();
        assertThat(read("{\"a\":".repeat(100_000))).isNull();
        assertThat(problems.inReadingOrder("f"))
                .hasSize(2)
                .allSatisfy(problem -> assertThat(problem.message()).startsWith("nested deeper than 64 levels"));
    }

    @Test
    void the_number_of_values_and_the_length_of_keys_and_numbers_are_bounded() {
        assertThat(read("[1" + ",1".repeat(JsonReader.MAX_VALUES) + "]")).isNull();
        assertThat(read("{\"" + "k".repeat(JsonReader.MAX_KEY_LENGTH + 10) + "\": 1}"))
                .isNull();
        assertThat(read("[" + "1".repeat(JsonReader.MAX_NUMBER_LENGTH + 1) + "]"))
                .isNull();
        assertThat(problems.inReadingOrder("f"))
                .extracting(Problem::message)
                .satisfiesExactlyInAnyOrder(
                        message -> assertThat(message).isEqualTo("the file holds more than 1000000 values"),
                        message -> assertThat(message).isEqualTo("a key is longer than 1000 characters"),
                        message -> assertThat(message).startsWith("expected a value, found \"111"));
    }

    /** Random damage to good documents: whatever the parser refuses, the explanation finds, and nothing else. */
    @Test
    void the_parser_and_the_explanation_agree_on_what_is_json() {
        List<String> seeds = List.of(
                "{\"a\": [1, -2.5e+3, true, false, null, {}], \"b\": {\"c\": \"x\\n\\u00e9\"}, \"d\": []}",
                "[[\"\\\"\", 0, -0, 0.5, 1E9], {\"//\": \"comment\"}]");
        String alphabet = "{}[]\",:\\/' \n\t0123456789.eE+-truefalsn#u*é\u0001";
        Random random = new Random(7);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(seeds.get(random.nextInt(seeds.size())));
            for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
                int at = random.nextInt(text.length());
                char c = alphabet.charAt(random.nextInt(alphabet.length()));
                switch (random.nextInt(3)) {
                    case 0 -> text.deleteCharAt(at);
                    case 1 -> text.insert(at, c);
                    default -> text.setCharAt(at, c);
                }
            }
            Problems found = new Problems();
            JsonNode node = JsonReader.read("f", text.toString().getBytes(StandardCharsets.UTF_8), found);
            JsonSyntax.Mistake mistake = JsonSyntax.first(text.toString());
            assertThat(mistake == null)
                    .as("%s: %s", text, found.inReadingOrder("f"))
                    .isEqualTo(node != null);
            if (node == null) refused++;
        }
        assertThat(refused).as("the test damages something").isGreaterThan(10_000);
    }

    private JsonNode read(String text) {
        return JsonReader.read("f", text.getBytes(StandardCharsets.UTF_8), problems);
    }
}
