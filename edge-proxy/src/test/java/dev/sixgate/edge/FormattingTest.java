package dev.sixgate.edge;

import static org.assertj.core.api.Assertions.assertThat;

import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.JavaFormatterOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every source file of every module stands as palantir-java-format writes it. A test instead of a Maven plugin, because
 * the formatter needs the parser of the JDK we write for, and Maven may run on an older one.
 */
class FormattingTest {
    private static final boolean REWRITE = Boolean.getBoolean("sixgate.format.rewrite");

    @Test
    void every_source_file_is_formatted() throws IOException {
        Path root = Path.of(System.getProperty("sixgate.root", "..")).toRealPath();
        List<Path> unformatted;
        try (Stream<Path> files = Files.walk(root)) {
            unformatted = files
                    .filter(file -> file.toString().endsWith(".java")
                            && root.relativize(file).toString().contains("/src/"))
                    .toList()
                    .parallelStream()
                    .filter(FormattingTest::differs)
                    .map(root::relativize)
                    .sorted()
                    .toList();
        }
        assertThat(unformatted)
                .as("files to format; ./sixgate dev format does it")
                .isEmpty();
    }

    private static boolean differs(Path file) {
        try {
            Formatter formatter = Formatter.createFormatter(JavaFormatterOptions.builder()
                    .style(JavaFormatterOptions.Style.PALANTIR)
                    .build());
            String found = Files.readString(file);
            String wanted = formatter.formatSourceAndFixImports(found);
            if (found.equals(wanted)) return false;
            if (!REWRITE) return true;
            Files.writeString(file, wanted);
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (FormatterException e) {
            throw new AssertionError(file + ": " + e.getMessage(), e);
        }
    }
}
