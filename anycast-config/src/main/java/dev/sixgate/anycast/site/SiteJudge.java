package dev.sixgate.anycast.site;

import dev.sixgate.anycast.SiteState;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Decides how much traffic a site asks for. Reads no clock; the caller says {@link #observe} every {@link #OBSERVE_NANOS} and
 * {@link #tick} at least as often, and tells routers {@link #state} whenever it changed. One thread at a time; {@code nowNanos} is
 * monotonic and never goes back.
 *
 * <ul>
 *   <li><em>Hard:</em> a site that does not serve, or is not heard of for {@link #DEAD_MAN_NANOS}, withdraws at once.
 *   <li><em>Soft:</em> bad health for as long as the operator says withdraws too, but only while another site is known to serve
 *       more: of sites that fail together the best stays, and one that hears nobody stays, or comes back.
 *   <li>It comes back after a time of good health, which each withdrawal of the last {@link #MEMORY_NANOS} doubles: routers of others
 *       punish prefixes that flap.
 *   <li>A drain is an operator's word and asks nobody: avoided first, withdrawn when clients stopped coming.
 * </ul>
 */
public final class SiteJudge {
    public static final long OBSERVE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** Without an observation for so long, the process that serves is stuck. */
    static final long DEAD_MAN_NANOS = TimeUnit.SECONDS.toNanos(3);

    static final long MEMORY_NANOS = TimeUnit.MINUTES.toNanos(5);
    private static final int MAX_DOUBLINGS = 6;

    /** How long the soft limit has to be reached, and not to be, before the path changes. */
    static final long LIMITED_AFTER_NANOS = TimeUnit.SECONDS.toNanos(1);

    static final long UNLIMITED_AFTER_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** Fewer than one new connection a second over this long: clients have gone elsewhere. */
    static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** Others need a moment to hear of a drain. */
    static final long DRAIN_NANOS_MIN = TimeUnit.SECONDS.toNanos(2);

    private static final long NEVER = Long.MIN_VALUE;

    private SiteView view;
    private SiteSettings settings;

    private SiteState state = SiteState.WITHDRAWN;
    private String why = "starting: nothing is known of its health yet";
    private long sinceNanos;
    private long changes;

    private @Nullable SiteHealth health;
    private long observedAt = NEVER;
    /** Since when health is too bad to announce, or good enough; NEVER: it is not. */
    private long badSince = NEVER;

    private long goodSince = NEVER;
    private long limitSince = NEVER;
    private long noLimitSince = NEVER;
    /** Whether its own health keeps it away. */
    private boolean away;

    private final Deque<Long> withdrawals = new ArrayDeque<>();

    private long drainSince = NEVER;
    private boolean drained;
    private long quietSince = NEVER;
    private long acceptedThen;

    public SiteJudge(SiteSettings settings, SiteView view, long nowNanos) {
        this.settings = settings;
        this.view = view;
        sinceNanos = nowNanos;
    }

    public SiteState state() {
        return state;
    }

    /** In words, for operators. */
    public String why() {
        return why;
    }

    /** When the state began. */
    public long sinceNanos() {
        return sinceNanos;
    }

    /** How often it changed. */
    public long changes() {
        return changes;
    }

    public boolean isDraining() {
        return drainSince != NEVER;
    }

    /** Whether an operator's drain has come to its end: no router is told of us. */
    public boolean isDrained() {
        return drained && state == SiteState.WITHDRAWN;
    }

    public void use(SiteSettings next, SiteView others, long nowNanos) {
        settings = next;
        view = others;
        tick(nowNanos);
    }

    public void observe(SiteHealth now, long nowNanos) {
        health = now;
        observedAt = nowNanos;
        SiteSettings.Withdraw rule = settings.withdraw();
        boolean bad = rule != null && now.healthyApps() < rule.healthyAppsBelow();
        badSince = !bad ? NEVER : badSince == NEVER ? nowNanos : badSince;
        goodSince = bad || !now.serving() ? NEVER : goodSince == NEVER ? nowNanos : goodSince;
        limitSince = !now.atSoftLimit() ? NEVER : limitSince == NEVER ? nowNanos : limitSince;
        noLimitSince = now.atSoftLimit() ? NEVER : noLimitSince == NEVER ? nowNanos : noLimitSince;
        watchArrivals(now, nowNanos);
        tick(nowNanos);
    }

    private void watchArrivals(SiteHealth now, long nowNanos) {
        if (drainSince == NEVER) return;
        boolean come = now.accepted() - acceptedThen >= TimeUnit.NANOSECONDS.toSeconds(QUIET_NANOS);
        if (quietSince != NEVER && !come) return;
        quietSince = nowNanos;
        acceptedThen = now.accepted();
    }

    /** Lets clients go elsewhere, then withdraws, and stays away until {@link #undrain}. */
    public void drain(long nowNanos) {
        if (drainSince != NEVER) return;
        drainSince = nowNanos;
        quietSince = nowNanos;
        acceptedThen = health == null ? 0 : health.accepted();
        tick(nowNanos);
    }

    public void undrain(long nowNanos) {
        drainSince = NEVER;
        drained = false;
        tick(nowNanos);
    }

    /** As time passes. */
    public void tick(long nowNanos) {
        SiteHealth known = health;
        if (known == null) return;
        while (!withdrawals.isEmpty() && nowNanos - withdrawals.peekFirst() > MEMORY_NANOS) withdrawals.pollFirst();
        if (nowNanos - observedAt >= DEAD_MAN_NANOS) {
            goodSince = NEVER;
            leave("the event loops of this edge do not turn", nowNanos);
        } else if (!known.serving()) leave("this edge does not accept connections", nowNanos);
        else if (drainSince != NEVER) drainOn(nowNanos);
        else if (away || state == SiteState.WITHDRAWN) comeBack(known, nowNanos);
        else judge(known, nowNanos);
    }

    private void leave(String because, long nowNanos) {
        if (!away && state != SiteState.WITHDRAWN) {
            if (withdrawals.size() > MAX_DOUBLINGS) withdrawals.pollFirst();
            withdrawals.add(nowNanos);
        }
        away = true;
        become(SiteState.WITHDRAWN, because, nowNanos);
    }

    private void drainOn(long nowNanos) {
        long passed = nowNanos - drainSince;
        boolean quiet = passed >= DRAIN_NANOS_MIN && nowNanos - quietSince >= QUIET_NANOS;
        boolean over = drained
                || state == SiteState.WITHDRAWN
                || quiet
                || passed >= settings.drainWait().toNanos();
        if (!over) {
            become(SiteState.DRAINING, "draining: clients are asked to take another site", nowNanos);
            return;
        }
        drained = true;
        become(SiteState.WITHDRAWN, "drained by an operator", nowNanos);
    }

    private void comeBack(SiteHealth known, long nowNanos) {
        SiteSettings.Withdraw rule = settings.withdraw();
        if (rule != null
                && !rule.alone()
                && badSince != NEVER
                && nowNanos - badSince >= rule.after().toNanos()
                && !view.anyServing(nowNanos)) {
            away = false; // what it can serve is better than no route at all
            judge(known, nowNanos);
            return;
        }
        long needed = withdrawals.isEmpty()
                ? 0
                : Math.min(MEMORY_NANOS, settings.returnAfter().toNanos() << (withdrawals.size() - 1));
        if (goodSince != NEVER && nowNanos - goodSince >= needed) {
            away = false;
            judge(known, nowNanos);
            return;
        }
        String wait = goodSince == NEVER
                ? badness(known)
                : "healthy again, comes back after " + text(needed) + " of it"
                        + (withdrawals.size() > 1 ? ", for it withdrew " + withdrawals.size() + " times of late" : "");
        become(SiteState.WITHDRAWN, wait, nowNanos);
    }

    private void judge(SiteHealth known, long nowNanos) {
        SiteSettings.Withdraw rule = settings.withdraw();
        if (rule != null
                && badSince != NEVER
                && nowNanos - badSince >= rule.after().toNanos()) {
            if (rule.alone() || view.anyBetterThan(known.healthyApps(), nowNanos)) {
                leave(badness(known), nowNanos);
                return;
            }
            stay(badness(known) + "; stays, for no other site is known to serve more", nowNanos);
            return;
        }
        stay(null, nowNanos);
    }

    /** Announces, by the longer path at the soft limit. @param but what is wrong all the same; null: nothing */
    private void stay(@Nullable String but, long nowNanos) {
        boolean limited = state == SiteState.LIMITED
                ? noLimitSince == NEVER || nowNanos - noLimitSince < UNLIMITED_AFTER_NANOS
                : limitSince != NEVER && nowNanos - limitSince >= LIMITED_AFTER_NANOS;
        if (settings.prependAtSoftLimit() && limited)
            become(SiteState.LIMITED, but != null ? but : "an app is at its soft limit", nowNanos);
        else become(SiteState.ABLE, but != null ? but : "serves", nowNanos);
    }

    private String badness(SiteHealth known) {
        SiteSettings.Withdraw rule = settings.withdraw();
        return known.healthyApps() + " of " + known.apps() + " apps can be served"
                + (rule == null ? "" : ", fewer than " + rule.healthyAppsBelow());
    }

    private static String text(long nanos) {
        return Duration.ofNanos(nanos).toSeconds() + " s";
    }

    private void become(SiteState next, String because, long nowNanos) {
        why = because;
        if (next == state) return;
        state = next;
        sinceNanos = nowNanos;
        changes++;
    }
}
