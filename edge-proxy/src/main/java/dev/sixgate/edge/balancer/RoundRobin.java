package dev.sixgate.edge.balancer;

/** Each in its turn, as often as its weight says and as evenly spread as that allows (smooth weighted round robin). */
final class RoundRobin implements Chooser.OfList {
    @Override
    public int choose(int[] eligible, int count, Weights weights, long nowNanos) {
        double total = 0;
        int best = -1;
        for (int i = 0; i < count; i++) {
            BackendState state = weights.state(eligible[i]);
            double weight = weights.weight(eligible[i], nowNanos);
            total += weight;
            state.turn += weight;
            if (best < 0 || state.turn > weights.state(best).turn) best = eligible[i];
        }
        weights.state(best).turn -= total;
        return best;
    }

    @Override
    public String why() {
        return "its turn in the round";
    }

    @Override
    public String whyNot() {
        return "not its turn";
    }
}
