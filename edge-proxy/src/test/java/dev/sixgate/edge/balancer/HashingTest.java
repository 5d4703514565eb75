package dev.sixgate.edge.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Statistical properties of the two consistent hashes, over keys from a seed. */
class HashingTest {
    private static final int KEYS = 20_000;

    enum Kind {
        RING {
            @Override
            Chooser.OfHash of(List<String> names, double... weights) {
                return new HashRing(names, weights);
            }
        },
        MAGLEV {
            @Override
            Chooser.OfHash of(List<String> names, double... weights) {
                return new Maglev(names, weights);
            }
        };

        abstract Chooser.OfHash of(List<String> names, double... weights);
    }

    @ParameterizedTest
    @EnumSource
    void keys_are_spread_evenly(Kind kind) {
        int[] counts = spread(kind.of(names(10), ones(10)), 10);
        double mean = KEYS / 10.0;
        double worst = kind == Kind.RING ? 0.35 : 0.08; // 160 points on a ring; the table is even by construction
        for (int count : counts) assertThat(count).isBetween((int) (mean * (1 - worst)), (int) (mean * (1 + worst)));
    }

    @ParameterizedTest
    @EnumSource
    void weights_are_shares(Kind kind) {
        double[] weights = {1, 1, 2, 4};
        int[] counts = spread(kind.of(names(4), weights), 4);
        for (int i = 0; i < 4; i++)
            assertThat(counts[i] / (KEYS * weights[i] / 8)).isBetween(0.7, 1.3);
    }

    @ParameterizedTest
    @EnumSource
    void a_backend_that_goes_moves_its_own_keys_and_hardly_any_other(Kind kind) {
        List<String> before = names(10);
        List<String> after = new ArrayList<>(before);
        after.remove(3);
        Chooser.OfHash old = kind.of(before, ones(10));
        Chooser.OfHash now = kind.of(after, ones(9));
        int needlessly = 0;
        for (long key : keys()) {
            String was = before.get(old.choose(key, _ -> true));
            String is = after.get(now.choose(key, _ -> true));
            if (!was.equals("b3") && !was.equals(is)) needlessly++;
        }
        assertThat(needlessly / (double) KEYS).isLessThanOrEqualTo(kind == Kind.RING ? 0 : 0.05);
    }

    @ParameterizedTest
    @EnumSource
    void while_a_backend_may_not_be_taken_its_keys_spread_over_all_others_and_no_other_key_moves(Kind kind) {
        Chooser.OfHash hash = kind.of(names(10), ones(10));
        int[] inherited = new int[10];
        for (long key : keys()) {
            int was = hash.choose(key, _ -> true);
            int is = hash.choose(key, i -> i != 3);
            if (was != 3) assertThat(is).isEqualTo(was);
            else inherited[is]++;
        }
        assertThat(inherited[3]).isZero();
        assertThat(Arrays.stream(inherited).max().orElseThrow())
                .as("no one backend inherits more than a third")
                .isLessThan(Arrays.stream(inherited).sum() / 3);
    }

    @ParameterizedTest
    @EnumSource
    void nobody_is_chosen_when_nobody_may_be(Kind kind) {
        assertThat(kind.of(names(3), ones(3)).choose(42, _ -> false)).isEqualTo(-1);
    }

    @Test
    void every_slot_of_a_maglev_table_has_an_owner_and_owners_differ_by_one_slot_at_most() {
        int[] slots = new Maglev(names(7), ones(7)).slots();
        int[] counts = new int[7];
        for (int owner : slots) counts[owner]++;
        assertThat(Arrays.stream(counts).max().orElseThrow()
                        - Arrays.stream(counts).min().orElseThrow())
                .isLessThanOrEqualTo(1);
    }

    @Test
    void a_key_of_two_parts_differs_from_one_cut_elsewhere() {
        assertThat(Hash64.with(Hash64.with(Hash64.START, "ab"), "c"))
                .isNotEqualTo(Hash64.with(Hash64.with(Hash64.START, "a"), "bc"));
    }

    /** Fixed, because clients would move at an upgrade if it changed. */
    @Test
    void the_hash_of_a_text_is_the_same_for_ever() {
        assertThat(Hash64.of("sixgate")).isEqualTo(HASH_OF_SIXGATE);
    }

    private static final long HASH_OF_SIXGATE = 3580154582652774225L;

    private static int[] spread(Chooser.OfHash hash, int backends) {
        int[] counts = new int[backends];
        for (long key : keys()) counts[hash.choose(key, _ -> true)]++;
        return counts;
    }

    private static long[] keys() {
        return new Random(7).longs(KEYS).toArray();
    }

    private static List<String> names(int count) {
        return IntStream.range(0, count).mapToObj(i -> "b" + i).toList();
    }

    private static double[] ones(int count) {
        double[] ones = new double[count];
        Arrays.fill(ones, 1);
        return ones;
    }
}
