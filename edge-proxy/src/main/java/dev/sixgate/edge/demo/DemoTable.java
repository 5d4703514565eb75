package dev.sixgate.edge.demo;

import dev.sixgate.edge.demo.Try.Outcome;
import java.io.PrintStream;
import java.util.List;

/** What was asked, what answered, and the fdaa:: address that served it. */
final class DemoTable {
    private DemoTable() {}

    /** Runs the tries one after the other, a row each as soon as it is known. Returns whether all passed. */
    static boolean print(List<Try> tries, PrintStream out) {
        int width = tries.stream().mapToInt(t -> t.what().length()).max().orElse(0);
        String row = "%-4s  %-" + width + "s  %-34s  %s%n";
        out.printf(row, "", "asked", "answered by", "answer");
        int failures = 0;
        for (Try attempt : tries) {
            Outcome outcome = attempt.run();
            if (!outcome.passed()) failures++;
            out.printf(row, outcome.passed() ? "ok" : "FAIL", attempt.what(), servedBy(outcome), outcome.answer());
        }
        out.printf("%d passed, %d failed%n", tries.size() - failures, failures);
        return failures == 0;
    }

    private static String servedBy(Outcome outcome) {
        return outcome.servedBy().equals("-") ? "the edge itself" : outcome.servedBy();
    }
}
