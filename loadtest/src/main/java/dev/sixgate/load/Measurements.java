package dev.sixgate.load;

import io.gatling.commons.stats.OK$;
import io.gatling.commons.stats.Status;
import io.gatling.core.actor.ActorRef;
import io.gatling.core.controller.Controller;
import io.gatling.core.session.GroupBlock;
import io.gatling.core.stats.StatsEngine;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import scala.Option;
import scala.collection.immutable.List;

/**
 * What a run counts, from all of Gatling's event loops. Latencies come from {@link #answered} in nanoseconds, because
 * Gatling's own are whole milliseconds; outcomes come from Gatling, which knows why a request failed.
 */
final class Measurements implements StatsEngine {
    /** Distinct messages kept; a server that answers each request differently must not fill our memory. */
    private static final int MAX_MESSAGES = 100;

    private static final long LONGEST_NANOS = Duration.ofHours(1).toNanos();

    private final Histogram latencies = new ConcurrentHistogram(LONGEST_NANOS, 3);
    private final LongAdder successes = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final Map<String, LongAdder> messages = new ConcurrentHashMap<>();
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final long warmUpNanos;
    private final long durationNanos;
    private volatile long startNanos;
    private volatile long startMillis;

    Measurements(Duration warmUp, Duration duration) {
        warmUpNanos = warmUp.toNanos();
        durationNanos = duration.toNanos();
    }

    @Override
    public void start() {
        startMillis = System.currentTimeMillis();
        startNanos = System.nanoTime();
    }

    /** A request that began at the one and ended at the other {@code System.nanoTime}, whatever came of it. */
    void answered(long beganNanos, long endedNanos) {
        if (beganNanos - startNanos >= warmUpNanos)
            latencies.recordValue(Math.clamp(endedNanos - beganNanos, 0, LONGEST_NANOS));
    }

    @Override
    public void logResponse(
            String scenario,
            List<String> groups,
            String request,
            long beganMillis,
            long endedMillis,
            Status status,
            Option<String> code,
            Option<String> message) {
        if (beganMillis - startMillis < warmUpNanos / 1_000_000) return;
        if (status == OK$.MODULE$) {
            successes.increment();
            return;
        }
        failures.increment();
        failed(code.isDefined() ? "status " + code.get() : message.isDefined() ? message.get() : "no answer");
    }

    @Override
    public void logRequestCrash(String scenario, List<String> groups, String request, String error) {
        failures.increment();
        failed(error);
    }

    private void failed(String message) {
        String kept = messages.size() < MAX_MESSAGES || messages.containsKey(message) ? message : "other failures";
        messages.computeIfAbsent(kept, _ -> new LongAdder()).increment();
    }

    @Override
    public void stop(ActorRef<Controller.Command> controller, Option<Exception> failure) {
        if (stopped.compareAndSet(false, true))
            controller.$bang(io.gatling.core.controller.Controller$Command$StatsEngineStopped$.MODULE$);
    }

    @Override
    public void logUserStart(String scenario) {}

    @Override
    public void logUserEnd(String scenario) {}

    @Override
    public void logGroupEnd(String scenario, GroupBlock group, long exitMillis) {}

    /** What was measured so far. The rate is over the time that the run was to take, or took if it took longer. */
    Summary summary() {
        long took = Math.max(durationNanos, System.nanoTime() - startNanos - warmUpNanos);
        Map<String, Long> counted = new TreeMap<>();
        messages.forEach((message, count) -> counted.put(message, count.sum()));
        return new Summary(successes.sum(), failures.sum(), took, latencies.copy(), counted);
    }
}
