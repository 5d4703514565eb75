package dev.sixgate.edge.run;

import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * How requests ended since this was made: how many, how many of them badly, and how long the first byte of their answers took.
 * From any event loop; of a fixed size.
 */
final class Outcomes {
    // Eight steps to each power of two: a value is known to 12.5 %.
    private static final int STEPS = 8;
    private static final int SHIFT = 3;
    private static final int BUCKETS = 64 * STEPS;

    private final long sinceNanos;
    private final LongAdder requests = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final AtomicLongArray firstBytes = new AtomicLongArray(BUCKETS);

    /** @param sinceNanos by the clock of the event loops; requests that began before do not count: they are the older version's */
    Outcomes(long sinceNanos) {
        this.sinceNanos = sinceNanos;
    }

    void finish(RequestRecord record) {
        if (record.startNanos - sinceNanos < 0) return;
        boolean clients = record.closedBy == Side.CLIENT && record.status < 500;
        ended(
                record.status >= 500 || record.reason != null && !clients && record.status / 100 != 4,
                record.firstByteNanos == 0 ? -1 : record.firstByteNanos - record.startNanos);
    }

    /** @param firstByteNanos negative: there was none */
    void ended(boolean badly, long firstByteNanos) {
        requests.increment();
        if (badly) failed.increment();
        if (firstByteNanos >= 0) firstBytes.incrementAndGet(bucket(firstByteNanos));
    }

    long requests() {
        return requests.sum();
    }

    /** Share of requests that ended badly, 0 to 1: an answer from 500 on, or none through no fault of the client's. */
    double errorRate() {
        long all = requests.sum();
        return all == 0 ? 0 : (double) failed.sum() / all;
    }

    /**
     * The time that this share of answers began within, rounded up to the next of the steps.
     *
     * @param share above 0, at most 1
     */
    Duration quantile(double share) {
        long all = 0;
        for (int i = 0; i < BUCKETS; i++) all += firstBytes.get(i);
        long wanted = (long) Math.ceil(all * share);
        long seen = 0;
        for (int i = 0; i < BUCKETS && wanted > 0; i++) {
            seen += firstBytes.get(i);
            if (seen >= wanted) return Duration.ofNanos(top(i));
        }
        return Duration.ZERO;
    }

    private static int bucket(long nanos) {
        if (nanos < STEPS) return (int) nanos;
        int power = 63 - Long.numberOfLeadingZeros(nanos);
        return (power - SHIFT + 1) * STEPS + (int) (nanos >>> power - SHIFT & STEPS - 1);
    }

    /** The largest value of a bucket. */
    private static long top(int bucket) {
        if (bucket < STEPS) return bucket;
        int power = bucket / STEPS + SHIFT - 1;
        return (STEPS + bucket % STEPS + 1L << power - SHIFT) - 1;
    }
}
