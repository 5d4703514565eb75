package dev.sixgate.edge.run;

import java.util.List;

/**
 * What became of a new configuration: all of it is served, or none.
 *
 * @param problems why it was refused, in plain sentences; empty when it was not
 * @param changes what is different now; empty when refused, or when nothing changed
 */
public record Verdict(List<String> problems, List<String> changes) {
    public Verdict {
        problems = List.copyOf(problems);
        changes = List.copyOf(changes);
    }

    public static Verdict refused(List<String> problems) {
        return new Verdict(problems, List.of());
    }

    public boolean ok() {
        return problems.isEmpty();
    }
}
