package dev.sixgate.edge.balancer;

import java.util.function.IntPredicate;

/** A policy: chooses among backends that may be taken. Backends are indices into the service's list. */
sealed interface Chooser {
    /** Why the others of the list were not taken, and why this one was. */
    String whyNot();

    String why();

    /** Chooses from a list. */
    non-sealed interface OfList extends Chooser {
        /**
         * @param eligible the first {@code count} entries; count is at least 1
         * @return one of them
         */
        int choose(int[] eligible, int count, Weights weights, long nowNanos);
    }

    /** Chooses by the hash of a key, so that equal keys go to one backend. */
    non-sealed interface OfHash extends Chooser {
        /** @return the first eligible one in the order that the hash gives, or -1 */
        int choose(long hash, IntPredicate eligible);
    }

    /** What lists are weighed by. */
    interface Weights {
        BackendState state(int backend);

        /** Above 0; of a backend in slow start only the part it has reached. */
        double weight(int backend, long nowNanos);
    }
}
