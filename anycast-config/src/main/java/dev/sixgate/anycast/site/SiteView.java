package dev.sixgate.anycast.site;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What is known of the other sites. {@code nowNanos} as in {@link SiteJudge}. */
public final class SiteView {
    /** What is older says nothing of now. */
    public static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(3);

    private record Heard(SiteReport report, long atNanos) {}

    private final Map<String, @Nullable Heard> sites = new LinkedHashMap<>();

    public SiteView(List<String> others) {
        others.forEach(site -> sites.put(site, null));
    }

    /** What is known of the sites that stay. */
    public SiteView with(List<String> others) {
        SiteView next = new SiteView(others);
        for (String site : others) next.sites.put(site, sites.get(site));
        return next;
    }

    /** @param site by where it came from, not by what it says; of another than the listed ones it is passed over */
    public void onReport(String site, SiteReport report, long nowNanos) {
        if (!sites.containsKey(site)) return;
        Heard before = sites.get(site);
        // A late one; but a site whose clock was set back is heard again once its old word is stale.
        if (before != null && before.report.sequence() >= report.sequence() && isFresh(before, nowNanos)) return;
        sites.put(site, new Heard(report, nowNanos));
    }

    public boolean isEmpty() {
        return sites.isEmpty();
    }

    /** Whether one that announces, as far as is known at this moment, can serve more apps than {@code healthyApps}. */
    boolean anyBetterThan(int healthyApps, long nowNanos) {
        return anyServing(healthyApps + 1, nowNanos);
    }

    /** Whether clients of ours would find another site. */
    public boolean anyServing(long nowNanos) {
        return anyServing(1, nowNanos);
    }

    private boolean anyServing(int apps, long nowNanos) {
        for (Heard heard : sites.values())
            if (heard != null
                    && isFresh(heard, nowNanos)
                    && heard.report.announces()
                    && heard.report.healthyApps() >= apps) return true;
        return false;
    }

    private static boolean isFresh(Heard heard, long nowNanos) {
        return nowNanos - heard.atNanos <= FRESH_NANOS;
    }

    /**
     * @param report the last; null: none came yet
     * @param ageNanos of the report
     */
    public record Other(String site, @Nullable SiteReport report, long ageNanos, boolean fresh) {}

    /** In the order that they were listed. */
    public List<Other> others(long nowNanos) {
        List<Other> all = new ArrayList<>();
        sites.forEach((site, heard) -> all.add(
                heard == null
                        ? new Other(site, null, -1, false)
                        : new Other(site, heard.report, nowNanos - heard.atNanos, isFresh(heard, nowNanos))));
        return all;
    }
}
