package dev.sixgate.edge.balancer;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Maglev hashing (Eisenbud et al., NSDI 2016, §3.4): a table that backends fill in turns, each in an order of its own. Keys
 * are spread more evenly than on a ring and found in one step; a change of backends moves a few keys more than it must.
 */
final class Maglev implements Chooser.OfHash {
    /** Primes; the smallest that has at least {@link #SLOTS_PER_BACKEND} slots for each is taken, else the largest. */
    private static final int[] SIZES = {251, 1021, 4093, 16381, 65537};

    private static final int SLOTS_PER_BACKEND = 100;

    private final int[] table;

    /** @param names of the backends, unique */
    Maglev(List<String> names, double[] weights) {
        int size = SIZES[SIZES.length - 1];
        for (int i = SIZES.length - 1; i >= 0 && SIZES[i] >= names.size() * SLOTS_PER_BACKEND; i--) size = SIZES[i];
        table = new int[size];
        Arrays.fill(table, -1);
        if (!names.isEmpty()) fill(names, weights);
    }

    private void fill(List<String> names, double[] weights) {
        int count = names.size();
        int size = table.length;
        long[] next = new long[count];
        long[] skip = new long[count];
        for (int i = 0; i < count; i++) {
            long hash = Hash64.of(names.get(i));
            next[i] = Long.remainderUnsigned(hash, size);
            skip[i] = Long.remainderUnsigned(Hash64.mix(hash ^ Hash64.START), size - 1) + 1;
        }
        double heaviest = Arrays.stream(weights).max().orElse(1);
        double[] due = new double[count];
        int filled = 0;
        while (true) {
            for (int i = 0; i < count; i++) {
                due[i] += weights[i] / heaviest; // the heaviest has one slot in each round
                if (due[i] < 1) continue;
                due[i] -= 1;
                while (table[(int) next[i]] >= 0) next[i] = (next[i] + skip[i]) % size;
                table[(int) next[i]] = i;
                if (++filled == size) return;
            }
        }
    }

    @Override
    public int choose(long hash, IntPredicate eligible) {
        int start = (int) Long.remainderUnsigned(hash, table.length);
        for (int i = 0; i < table.length; i++) {
            int owner = table[(start + i) % table.length];
            if (owner >= 0 && eligible.test(owner)) return owner;
        }
        return -1;
    }

    /** For tests: who owns each slot. */
    int[] slots() {
        return table.clone();
    }

    @Override
    public String why() {
        return "the key's place in the table";
    }

    @Override
    public String whyNot() {
        return "the key belongs to another";
    }
}
