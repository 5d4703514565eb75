package dev.sixgate.edge.config;

import dev.sixgate.edge.config.Problem.Severity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What one reading finds wrong. Bounded: a hostile file of a million mistakes costs no more than {@link #CAPACITY} of them. */
final class Problems {
    /** Kept of each severity; more are dropped, but still make the reading fail. */
    static final int CAPACITY = 5_000;

    private final List<Problem> errors = new ArrayList<>();
    private final List<Problem> warnings = new ArrayList<>();

    void error(Code code, Spot spot, String message, @Nullable String help) {
        add(errors, Severity.ERROR, code, spot, message, help);
    }

    void error(Code code, Spot spot, String message) {
        error(code, spot, message, null);
    }

    void warning(Code code, Spot spot, String message, @Nullable String help) {
        add(warnings, Severity.WARNING, code, spot, message, help);
    }

    void warning(Code code, Spot spot, String message) {
        warning(code, spot, message, null);
    }

    private static void add(
            List<Problem> list, Severity severity, Code code, Spot spot, String message, @Nullable String help) {
        if (list.size() >= CAPACITY) return;
        list.add(new Problem(code, severity, spot.file(), spot.line(), spot.column(), spot.pointer(), message, help));
    }

    /** With those of another reading as well. */
    Problems and(List<Problem> others) {
        for (Problem other : others) {
            List<Problem> list = other.isError() ? errors : warnings;
            if (list.size() < CAPACITY) list.add(other);
        }
        return this;
    }

    /** So far, for those who want to know whether what they just read was sound. */
    int errorCount() {
        return errors.size();
    }

    boolean hasErrors() {
        return !errors.isEmpty();
    }

    /** Those of {@code mainFile} first, then file by file, in reading order. */
    List<Problem> inReadingOrder(String mainFile) {
        return Stream.concat(errors.stream(), warnings.stream())
                .sorted(Comparator.comparing(
                                (Problem problem) -> !problem.file().equals(mainFile))
                        .thenComparing(Problem::file)
                        .thenComparingInt(Problem::line)
                        .thenComparingInt(Problem::column)
                        .thenComparing(Problem::code))
                .toList();
    }
}
