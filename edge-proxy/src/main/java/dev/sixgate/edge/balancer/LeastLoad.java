package dev.sixgate.edge.balancer;

/** The fewest uses in flight for its weight; at equal load by rotation. */
final class LeastLoad implements Chooser.OfList {
    private int rotation;

    @Override
    public int choose(int[] eligible, int count, Weights weights, long nowNanos) {
        int start = Math.floorMod(rotation++, count);
        int best = -1;
        double bestLoad = 0;
        for (int i = 0; i < count; i++) {
            int at = eligible[(start + i) % count];
            double load = load(weights, at, nowNanos);
            if (best >= 0 && load >= bestLoad) continue;
            best = at;
            bestLoad = load;
        }
        return best;
    }

    static double load(Weights weights, int backend, long nowNanos) {
        return (weights.state(backend).inFlight + 1) / weights.weight(backend, nowNanos);
    }

    @Override
    public String why() {
        return "the least loaded";
    }

    @Override
    public String whyNot() {
        return "as loaded, and not its turn";
    }
}
