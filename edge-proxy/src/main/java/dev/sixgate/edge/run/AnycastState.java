package dev.sixgate.edge.run;

import dev.sixgate.anycast.Prefix;
import dev.sixgate.anycast.site.SiteView;
import dev.sixgate.edge.admin.AnycastView;
import dev.sixgate.edge.anycast.AnycastSettings;
import dev.sixgate.edge.anycast.AnycastSite;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What a running edge tells of its announcements. */
record AnycastState(Edge edge) implements AnycastView {
    private static final String NOTHING = "this edge announces nothing: its configuration has no \"anycast\"";

    @Override
    public CompletionStage<@Nullable SiteStatus> status() {
        AnycastSite site = edge.announcing().site();
        AnycastSettings settings = edge.snapshot().anycast();
        if (site == null || settings == null) return CompletableFuture.completedStage(null);
        return site.status().thenApply(status -> status(status, settings));
    }

    private static SiteStatus status(AnycastSite.Status status, AnycastSettings settings) {
        return new SiteStatus(
                settings.rules().site(),
                word(status.state()),
                status.why(),
                seconds(status.sinceNanos()),
                status.changes(),
                status.draining(),
                status.health() == null ? -1 : status.health().healthyApps(),
                status.health() == null ? 0 : status.health().apps(),
                word(settings.speaker()),
                settings.plan().announce().stream().map(Prefix::toString).toList(),
                status.neighbors().stream()
                        .map(each -> new NeighborStatus(
                                each.address(),
                                each.remoteAs(),
                                each.state(),
                                each.sinceNanos() == -1 ? null : seconds(System.nanoTime() - each.sinceNanos()),
                                each.told(),
                                each.problem().isEmpty() ? null : each.problem()))
                        .toList(),
                status.others().stream().map(AnycastState::other).toList());
    }

    private static OtherSite other(SiteView.Other other) {
        return other.report() == null
                ? new OtherSite(other.site(), "unknown", 0, 0, null, false)
                : new OtherSite(
                        other.site(),
                        word(other.report().state()),
                        other.report().healthyApps(),
                        other.report().apps(),
                        seconds(other.ageNanos()),
                        other.fresh());
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static String word(AnycastSettings.Speaker speaker) {
        return switch (speaker) {
            case AnycastSettings.Speaker.Embedded() -> "embedded";
            case AnycastSettings.Speaker.Bird _ -> "bird";
            case AnycastSettings.Speaker.None() -> "none";
        };
    }

    private static double seconds(long nanos) {
        return Math.round(nanos / 1e6) / 1e3;
    }

    @Override
    public CompletionStage<@Nullable String> drain(boolean force) {
        AnycastSite site = edge.announcing().site();
        return site == null ? CompletableFuture.completedStage(NOTHING) : site.drain(force);
    }

    @Override
    public CompletionStage<@Nullable String> undrain() {
        AnycastSite site = edge.announcing().site();
        return site == null
                ? CompletableFuture.completedStage(NOTHING)
                : site.undrain().thenApply(_ -> null);
    }
}
