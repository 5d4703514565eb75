package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One folder a case, named by the code it reproduces: {@code sixgate.json}, the files it names, and {@code expected.txt}, what
 * {@code check} prints on {@link FixedSurroundings#NOW}. Adding a case needs no code; {@code -Dsixgate.golden.rewrite=true} writes the
 * expected texts, to be read in the diff. Files are private (mode 0600) unless {@code setup.txt} says otherwise, with lines such as
 * {@code chmod rw-r--r-- FILE}, {@code mkdir FILE}, {@code move FILE FILE}, {@code mkfifo FILE}, {@code env NAME=VALUE} and {@code ports-from 1024}.
 */
class ErrorCasesTest {
    private static final boolean REWRITE = Boolean.getBoolean("sixgate.golden.rewrite");
    private static final Path ROOT = Path.of(System.getProperty("sixgate.root", ".."));
    private static final Path CASES = ROOT.resolve("edge-proxy/src/test/resources/config/errors");

    @TempDir
    Path directory;

    private final Map<String, String> environment = new LinkedHashMap<>();
    private int firstUnprivilegedPort;

    static List<String> cases() throws IOException {
        try (Stream<Path> folders = Files.list(CASES)) {
            return folders.map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void what_check_prints_is_as_expected(String name) throws Exception {
        Path folder = directory.toRealPath();
        copy(CASES.resolve(name), folder);
        setUp(folder);
        Reading reading = ConfigReader.read(
                folder.resolve("sixgate.json"),
                new FixedSurroundings(InstantSource.fixed(FixedSurroundings.NOW), environment, firstUnprivilegedPort));
        String printed = ProblemPrinter.text(reading.problems()).replace(folder + "/", "");
        Path expected = CASES.resolve(name).resolve("expected.txt");
        if (REWRITE) Files.writeString(expected, printed);
        assertThat(printed).isEqualTo(Files.exists(expected) ? Files.readString(expected) : "");
        assertThat(printed).as("the folder is named by what it reproduces").contains("[" + code(name) + "]");
        assertThat(reading.snapshot() == null)
                .isEqualTo(reading.problems().stream()
                        .anyMatch(
                                problem -> problem.isError() && !problem.file().startsWith("apps.d/")));
    }

    @Test
    void every_code_has_a_case() throws IOException {
        List<String> codes =
                cases().stream().map(ErrorCasesTest::code).distinct().toList();
        assertThat(codes)
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(Code.values()).map(Code::toString).toList());
    }

    @Test
    void every_code_is_on_the_page_of_errors_with_an_example_of_a_case() throws IOException {
        String page = Files.readString(ROOT.resolve("docs/reference/errors.md"));
        List<String> missing = new ArrayList<>();
        for (Code code : Code.values()) {
            int start = page.indexOf("\n### " + code + " ");
            if (start < 0) {
                missing.add(code + ": no section");
                continue;
            }
            int end = page.indexOf("\n### ", start + 1);
            String section = page.substring(start, end < 0 ? page.length() : end);
            String expected = Files.readString(CASES.resolve(code.toString()).resolve("expected.txt"));
            boolean quoted = section.lines()
                    .map(String::strip)
                    .filter(line -> line.contains("[" + code + "]"))
                    .anyMatch(expected::contains);
            if (!quoted) missing.add(code + ": no line of its case is quoted");
            if (!section.contains("Mend:")) missing.add(code + ": no mend");
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void no_case_repeats_a_secret() throws IOException {
        for (String name : cases())
            assertThat(Files.readString(CASES.resolve(name).resolve("expected.txt")))
                    .as(name)
                    .doesNotContain("CAgICAgI", "BEGIN PRIVATE KEY");
    }

    private static String code(String name) {
        return name.split("-").length < 3 ? name : String.join("-", Arrays.copyOf(name.split("-"), 3));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Path copy = Files.copy(file, to.resolve(file.getFileName().toString()));
                Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-------"));
            }
        }
    }

    private void setUp(Path folder) throws Exception {
        Path script = folder.resolve("setup.txt");
        if (!Files.exists(script)) return;
        for (String line : Files.readAllLines(script)) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "chmod" ->
                    Files.setPosixFilePermissions(folder.resolve(words[2]), PosixFilePermissions.fromString(words[1]));
                case "move" -> Files.move(folder.resolve(words[1]), folder.resolve(words[2]));
                case "mkdir" -> Files.createDirectory(folder.resolve(words[1]));
                case "mkfifo" ->
                    assertThat(new ProcessBuilder(
                                            "mkfifo", folder.resolve(words[1]).toString())
                                    .start()
                                    .waitFor())
                            .isZero();
                case "env" -> environment.put(words[1].split("=", 2)[0], words[1].split("=", 2)[1]);
                case "ports-from" -> firstUnprivilegedPort = Integer.parseInt(words[1]);
                default -> throw new AssertionError("setup.txt has no word " + words[0]);
            }
        }
    }
}
