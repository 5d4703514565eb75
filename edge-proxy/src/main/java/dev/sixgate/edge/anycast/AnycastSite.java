package dev.sixgate.edge.anycast;

import dev.sixgate.anycast.SiteState;
import dev.sixgate.anycast.site.SiteHealth;
import dev.sixgate.anycast.site.SiteJudge;
import dev.sixgate.anycast.site.SiteReport;
import dev.sixgate.anycast.site.SiteView;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This edge as a site of an anycast address: asks how it is, has {@link SiteJudge} decide, has an {@link Announcer} tell. On a thread
 * of its own, so that a stuck event loop is noticed and its routes are taken back. Any thread may call it.
 */
public final class AnycastSite implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AnycastSite.class);

    /** After the last word to routers, until they sent the last client our way. */
    private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long STOP_SECONDS = 6;

    private final EventLoopGroup group;
    private final EventLoop loop;
    private final SiteProbe probe;
    private final @Nullable SiteReports reports;
    private final CompletableFuture<Void> left = new CompletableFuture<>();

    // All below: the loop's own.
    private AnycastSettings settings;
    private SiteView view;
    private SiteJudge judge;
    private Announcer announcer;
    private @Nullable SiteHealth health;
    private SiteState told = SiteState.WITHDRAWN;
    private boolean asking;
    private boolean leaving;
    private boolean closed;
    private long sequence = System.currentTimeMillis();

    private AnycastSite(AnycastSettings settings, SiteProbe probe, @Nullable SiteReports reports) {
        this.settings = settings;
        this.probe = probe;
        this.reports = reports;
        group = new MultiThreadIoEventLoopGroup(
                1,
                new DefaultThreadFactory("sixgate-anycast", true),
                Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        loop = group.next();
        view = new SiteView(settings.rules().others());
        judge = new SiteJudge(settings.rules(), view, System.nanoTime());
        announcer = speaker(settings);
    }

    /**
     * Announces as soon as {@code probe} says that the edge is well.
     *
     * @param reports closed with it; null: nothing is heard of other sites
     */
    public static AnycastSite start(AnycastSettings settings, SiteProbe probe, @Nullable SiteReports reports) {
        AnycastSite site = new AnycastSite(settings, probe, reports);
        site.listen(settings);
        site.loop.scheduleAtFixedRate(site::turn, 0, SiteJudge.OBSERVE_NANOS, TimeUnit.NANOSECONDS);
        return site;
    }

    private Announcer speaker(AnycastSettings of) {
        return switch (of.speaker()) {
            case AnycastSettings.Speaker.Embedded() -> new EmbeddedSpeaker(loop, of);
            case AnycastSettings.Speaker.Bird bird -> new BirdSpeaker(bird, of.plan());
            case AnycastSettings.Speaker.None() -> new Silent(of.plan());
        };
    }

    private void listen(AnycastSettings to) {
        if (reports != null)
            reports.listen(
                    to.sites(), (site, report) -> loop.execute(() -> view.onReport(site, report, System.nanoTime())));
    }

    /** The sessions that both have stay. */
    public void use(AnycastSettings next) {
        loop.execute(() -> {
            if (closed || next.equals(settings)) return;
            view = view.with(next.rules().others());
            judge.use(next.rules(), view, System.nanoTime());
            if (announcer instanceof EmbeddedSpeaker speaker
                    && next.speaker() instanceof AnycastSettings.Speaker.Embedded) speaker.use(next);
            else if (announcer instanceof BirdSpeaker speaker && speaker.bird().equals(next.speaker()))
                speaker.use(next.plan());
            else {
                announcer.close();
                announcer = speaker(next);
                announcer.announce(told);
            }
            settings = next;
            listen(next);
        });
    }

    private void turn() {
        if (closed) return;
        long now = System.nanoTime();
        judge.tick(now);
        announcer.neighbors(now);
        if (!asking) {
            asking = true;
            probe.beat().whenComplete((_, _) -> loop.execute(this::observe));
        }
        tell(now);
        if (reports != null && health != null)
            reports.send(new SiteReport(
                    ++sequence,
                    judge.state(),
                    health.serving() ? health.healthyApps() : 0,
                    health.apps(),
                    settings.rules().site()));
    }

    private void observe() {
        asking = false;
        if (closed) return;
        SiteHealth sample = probe.health();
        health = sample;
        long now = System.nanoTime();
        judge.observe(sample, now);
        tell(now);
    }

    private void tell(long now) {
        SiteState state = judge.state();
        if (state != told) {
            LOG.info("anycast: {} → {}: {}", word(told), word(state), judge.why());
            told = state;
            announcer.announce(state);
        }
        if (leaving && judge.isDrained() && now - judge.sinceNanos() >= SETTLE_NANOS) left.complete(null);
    }

    static String word(SiteState state) {
        return state.name().toLowerCase(java.util.Locale.ROOT);
    }

    /**
     * Lets clients go elsewhere, then withdraws, and stays away until {@link #undrain}.
     *
     * @param force although no other site is known to serve
     * @return null: it has begun; else a sentence why not
     */
    public CompletionStage<@Nullable String> drain(boolean force) {
        return onLoop(() -> {
            long now = System.nanoTime();
            if (!force && !judge.isDraining() && !view.isEmpty() && !view.anyServing(now))
                return "no other site is known to serve, so a drain would leave clients with none; force it to drain"
                        + " all the same";
            judge.drain(now);
            tell(now);
            return null;
        });
    }

    /** Back to what health says. */
    public CompletionStage<@Nullable Void> undrain() {
        return onLoop(() -> {
            long now = System.nanoTime();
            if (!leaving) judge.undrain(now);
            tell(now);
            return null;
        });
    }

    /** Drains for good. The stage ends when routers know and clients stopped coming; then the edge may stop. */
    public CompletionStage<Void> leave() {
        loop.execute(() -> {
            leaving = true;
            judge.drain(System.nanoTime());
            tell(System.nanoTime());
        });
        return left;
    }

    /**
     * @param health null: not known yet
     * @param changes of the state since the start
     */
    public record Status(
            SiteState state,
            String why,
            long sinceNanos,
            long changes,
            boolean draining,
            @Nullable SiteHealth health,
            List<NeighborStatus> neighbors,
            List<SiteView.Other> others) {}

    public CompletionStage<Status> status() {
        return onLoop(() -> {
            long now = System.nanoTime();
            return new Status(
                    judge.state(),
                    judge.why(),
                    now - judge.sinceNanos(),
                    judge.changes(),
                    judge.isDraining(),
                    health,
                    announcer.neighbors(now),
                    view.others(now));
        });
    }

    private <T extends @Nullable Object> CompletionStage<T> onLoop(Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                answer.complete(question.get());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    /** Takes the routes back. Blocks; not on its own loop. */
    @Override
    public void close() {
        loop.submit(() -> {
                    if (closed) return;
                    closed = true;
                    announcer.close();
                    left.complete(null);
                })
                .awaitUninterruptibly(TimeUnit.SECONDS.toMillis(STOP_SECONDS));
        if (reports != null) reports.close();
        group.shutdownGracefully(50, 1000, TimeUnit.MILLISECONDS).awaitUninterruptibly(2000);
    }
}
