package dev.sixgate.edge.balancer;

import dev.sixgate.edge.balancer.Balancer.Lease;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.LoadBalancing.Policy;
import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * Requests on virtual time: they arrive by chance, each backend serves so many at once and the rest wait there. A backend
 * has a mean service time, and may fail every request at once.
 */
final class ServiceSimulation {
    private record Event(long at, int order, Runnable action) {}

    private static final int SLOTS = 8;

    private final Random random;
    private final PolicyBalancer balancer;
    private final App app;
    private final double[] meanMillis;
    private final boolean[] failing;
    private final PriorityQueue<Event> events =
            new PriorityQueue<>((a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Integer.compare(a.order, b.order));
    private final long[][] slotFreeAt;
    private final int[] served;
    private long[] latencies = new long[0];
    private int ended;
    private int failures;
    private int order;

    ServiceSimulation(Policy policy, long seed, double[] meanMillis, boolean[] failing) {
        this.random = new Random(seed);
        this.balancer = new PolicyBalancer("", new Random(seed + 1));
        this.meanMillis = meanMillis;
        this.failing = failing;
        this.app = Balancing.app("app", Balancing.backends(meanMillis.length), Balancing.policy(policy));
        this.slotFreeAt = new long[meanMillis.length][SLOTS];
        this.served = new int[meanMillis.length];
    }

    /** @param perSecond arrivals */
    ServiceSimulation run(int requests, double perSecond) {
        latencies = new long[requests];
        long at = Balancing.SECOND;
        for (int i = 0; i < requests; i++) {
            at += (long) (-Math.log(1 - random.nextDouble()) / perSecond * 1e9);
            long arrival = at;
            events.add(new Event(at, order++, () -> arrive(arrival)));
        }
        for (Event next = events.poll(); next != null; next = events.poll()) next.action.run();
        return this;
    }

    private void arrive(long now) {
        Lease lease = (Lease) balancer.pick(Balancing.call(app), now);
        int backend = Integer.parseInt(lease.backend().name().substring(1));
        served[backend]++;
        long[] slots = slotFreeAt[backend];
        int slot = 0;
        for (int i = 1; i < SLOTS; i++) if (slots[i] < slots[slot]) slot = i;
        double mean = failing[backend] ? 0.2 : meanMillis[backend];
        long took = (long) (-Math.log(1 - random.nextDouble()) * mean * Balancing.MILLI);
        long end = Math.max(now, slots[slot]) + took;
        slots[slot] = end;
        events.add(new Event(end, order++, () -> {
            lease.answered(failing[backend] ? 503 : 200, end - now, end);
            lease.succeeded(end);
            latencies[ended++] = end - now;
            if (failing[backend]) failures++;
        }));
    }

    double share(int backend) {
        return served[backend] / (double) Arrays.stream(served).sum();
    }

    double failureShare() {
        return failures / (double) ended;
    }

    double percentileMillis(double percentile) {
        long[] sorted = latencies.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1, sorted.length * percentile)] / (double) Balancing.MILLI;
    }
}
