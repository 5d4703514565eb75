package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** However much is wrong, and whatever a path leads to, little is printed and nothing waits. */
class BoundsTest {
    @TempDir
    Path directory;

    @Test
    void a_file_above_the_bound_is_refused_without_reading_it_all() throws IOException {
        Path file = directory.resolve("huge.json");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(1L << 36);
        }
        assertThat(read(file))
                .singleElement()
                .extracting(Problem::message)
                .asString()
                .endsWith("huge.json is larger than 16MiB, the most that is read");
    }

    @Test
    void a_device_and_a_link_to_nowhere_are_refused() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link.json"), directory.resolve("nowhere"));
        assertThat(read(Path.of("/dev/zero")))
                .extracting(Problem::message)
                .containsExactly("/dev/zero is not a regular file; pipes and devices are not read");
        assertThat(read(link))
                .extracting(Problem::message)
                .containsExactly(link + " is a link to a file that does not exist");
    }

    @Test
    void json5_is_refused_with_a_hint() throws IOException {
        Path file = Files.writeString(directory.resolve("sixgate.json5"), "{}");
        assertThat(read(file)).singleElement().satisfies(problem -> {
            assertThat(problem.code()).isEqualTo(Code.JSON_007);
            assertThat(problem.help()).contains("\"//\" keys");
        });
    }

    @Test
    void at_most_a_hundred_problems_are_printed_and_the_rest_counted() throws Exception {
        List<Problem> problems = read(unknownKeys(3000));
        assertThat(problems).hasSize(3001);
        String text = ProblemPrinter.text(problems);
        assertThat(text.lines().filter(line -> line.startsWith("error["))).hasSizeLessThanOrEqualTo(100);
        assertThat(text.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(20_000);
        long printed = text.lines().filter(line -> line.startsWith("error[")).count();
        assertThat(text).endsWith("and " + (3001 - printed) + " more\n");
    }

    @Test
    void a_million_mistakes_cost_a_bounded_number_of_problems() throws Exception {
        assertThat(read(unknownKeys(50_000))).hasSize(Problems.CAPACITY);
    }

    @Test
    void long_messages_end_the_text_before_twenty_thousand_bytes() {
        String wide = "é".repeat(400);
        List<Problem> problems = IntStream.range(0, 100)
                .mapToObj(i -> new Problem(Code.JSON_003, Problem.Severity.ERROR, "f", i, 1, "/" + wide, wide, "h"))
                .toList();
        assertThat(ProblemPrinter.text(problems).getBytes(StandardCharsets.UTF_8))
                .hasSizeBetween(15_000, 20_000);
        assertThat(ProblemPrinter.json(problems).getBytes(StandardCharsets.UTF_8))
                .hasSizeBetween(15_000, 20_000);
    }

    @Test
    void the_json_form_carries_the_same() {
        List<Problem> problems = List.of(
                new Problem(Code.JSON_003, Problem.Severity.ERROR, "a\"b.json", 3, 5, "/x", "unknown key \"x\"", "y"),
                new Problem(Code.TLS_001, Problem.Severity.WARNING, "f", 1, 1, "", "m", null));
        JsonNode json = new ObjectMapper().readTree(ProblemPrinter.json(problems));
        assertThat(json.get("errors").intValue()).isEqualTo(1);
        assertThat(json.get("warnings").intValue()).isEqualTo(1);
        assertThat(json.get("more").intValue()).isZero();
        JsonNode first = json.get("problems").get(0);
        assertThat(first.get("code").stringValue()).isEqualTo("SG-JSON-003");
        assertThat(first.get("severity").stringValue()).isEqualTo("error");
        assertThat(first.get("file").stringValue()).isEqualTo("a\"b.json");
        assertThat(first.get("line").intValue()).isEqualTo(3);
        assertThat(first.get("column").intValue()).isEqualTo(5);
        assertThat(first.get("pointer").stringValue()).isEqualTo("/x");
        assertThat(first.get("message").stringValue()).isEqualTo("unknown key \"x\"");
        assertThat(first.get("help").stringValue()).isEqualTo("y");
        assertThat(json.get("problems").get(1).has("help")).isFalse();
        assertThat(ProblemPrinter.text(problems)).isEqualTo("""
            error[SG-JSON-003] a"b.json:3:5 /x
              unknown key "x"
              help: y
            warning[SG-TLS-001] f:1:1 /
              m
            """);
        assertThat(ProblemPrinter.text(List.of())).isEmpty();
    }

    @Test
    void words_of_a_file_cannot_move_the_terminal() {
        assertThat(Quoted.of("a\u001b[2J\u202e\n" + "b".repeat(200)))
                .isEqualTo("\"a\\u001b[2J\\u202e\\u000a" + "b".repeat(93) + "…\"");
    }

    private Path unknownKeys(int count) throws IOException {
        return Files.writeString(
                directory.resolve("wrong.json"),
                IntStream.range(0, count)
                        .mapToObj(i -> "\"nonsense" + i + "\": " + i)
                        .collect(Collectors.joining(",\n", "{", "}")));
    }

    private static List<Problem> read(Path file) {
        return ConfigReader.read(file, new FixedSurroundings()).problems();
    }
}
