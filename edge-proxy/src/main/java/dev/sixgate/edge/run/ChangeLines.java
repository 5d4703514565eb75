package dev.sixgate.edge.run;

import dev.sixgate.edge.admin.EdgeView.ApplyAnswer;
import dev.sixgate.edge.admin.EdgeView.ChangeLine;
import dev.sixgate.edge.admin.EdgeView.DiffAnswer;
import dev.sixgate.edge.admin.EdgeView.TrialStatus;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Comparisons as operators get them. */
public final class ChangeLines {
    private ChangeLines() {}

    /** @param version null: no edge was asked */
    public static DiffAnswer diff(List<String> problems, @Nullable Comparison comparison, @Nullable Long version) {
        return comparison == null
                ? new DiffAnswer(false, problems, version, List.of(), false, "")
                : new DiffAnswer(
                        true, problems, version, lines(comparison), comparison.needsRestart(), comparison.summary());
    }

    static ApplyAnswer applied(LiveReload.Applied applied, long version, @Nullable TrialStatus trial) {
        Comparison comparison = applied.comparison();
        return new ApplyAnswer(
                applied.verdict().ok(),
                applied.verdict().problems(),
                version,
                comparison == null ? List.of() : lines(comparison),
                comparison == null ? "" : comparison.summary(),
                trial);
    }

    private static List<ChangeLine> lines(Comparison comparison) {
        return comparison.changes().stream()
                .map(change -> new ChangeLine(
                        change.kind().name().toLowerCase(Locale.ROOT),
                        change.noun(),
                        change.name(),
                        change.document(),
                        change.pointer(),
                        change.before(),
                        change.after(),
                        change.restart(),
                        change.live() < 0 ? null : change.live(),
                        change.text()))
                .toList();
    }
}
