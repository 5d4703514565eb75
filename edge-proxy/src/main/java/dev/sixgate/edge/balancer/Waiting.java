package dev.sixgate.edge.balancer;

/** A place in a service's queue. Guarded by the service's lock. */
final class Waiting {
    final Runnable free;
    /** It was told that there is room, and has not come back yet. */
    boolean called;

    Waiting(Runnable free) {
        this.free = free;
    }
}
