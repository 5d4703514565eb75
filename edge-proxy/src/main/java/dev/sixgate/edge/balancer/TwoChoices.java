package dev.sixgate.edge.balancer;

import java.util.random.RandomGenerator;

/**
 * The better of two drawn at random, each as likely as its weight: nearly as good as looking at all, and many edges that
 * know the same do not all run to the same backend.
 */
final class TwoChoices implements Chooser.OfList {
    private final RandomGenerator random;
    private final boolean byLatency;

    /** @param byLatency by expected time, load and failures; else by load alone */
    TwoChoices(RandomGenerator random, boolean byLatency) {
        this.random = random;
        this.byLatency = byLatency;
    }

    @Override
    public int choose(int[] eligible, int count, Weights weights, long nowNanos) {
        if (count == 1) return eligible[0];
        int first = draw(eligible, count, -1, weights, nowNanos);
        int second = draw(eligible, count, first, weights, nowNanos);
        return cost(weights, eligible[second], nowNanos) < cost(weights, eligible[first], nowNanos)
                ? eligible[second]
                : eligible[first];
    }

    /** @return a position in the list other than {@code except} */
    private int draw(int[] eligible, int count, int except, Weights weights, long nowNanos) {
        double total = 0;
        for (int i = 0; i < count; i++) if (i != except) total += weights.weight(eligible[i], nowNanos);
        double left = random.nextDouble() * total;
        int last = -1;
        for (int i = 0; i < count; i++) {
            if (i == except) continue;
            last = i;
            left -= weights.weight(eligible[i], nowNanos);
            if (left < 0) break;
        }
        return last;
    }

    private double cost(Weights weights, int backend, long nowNanos) {
        BackendState state = weights.state(backend);
        return byLatency
                ? state.answerTime.cost(state.inFlight, nowNanos)
                : state.inFlight; // the draw has weighed them already
    }

    @Override
    public String why() {
        return byLatency ? "of two drawn, the one expected to answer first" : "of two drawn, the less loaded";
    }

    @Override
    public String whyNot() {
        return byLatency ? "not drawn, or expected to answer later" : "not drawn, or more loaded";
    }
}
