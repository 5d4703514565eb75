package dev.sixgate.mesh.tcp;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/**
 * Ports for connections that name none: double-hash selection (RFC 6056 §3.3.4), so that a stranger cannot guess them
 * and one remote's ports return as late as possible.
 */
final class EphemeralPorts {
    static final int FIRST = 16_384;
    static final int LAST = 65_535;
    static final int NONE = -1;
    private static final int COUNT = LAST - FIRST + 1;
    private static final int COUNTERS = 256;

    private final SipHash offsets;
    private final SipHash counterChoice;
    private final int[] counters = new int[COUNTERS];

    EphemeralPorts(RandomGenerator random) {
        offsets = new SipHash(random);
        counterChoice = new SipHash(random);
        for (int i = 0; i < COUNTERS; i++) counters[i] = random.nextInt(COUNT);
    }

    /** @return a port that {@code isFree} takes, or {@link #NONE} */
    int choose(Ipv6Address local, Ipv6Address remote, int remotePort, IntPredicate isFree) {
        long hash = offsets.of(local.high(), local.low(), remote.high(), remote.low(), remotePort);
        int offset = (int) Long.remainderUnsigned(hash, COUNT);
        int counter = (int) counterChoice.of(local.high(), local.low(), remote.high(), remote.low(), remotePort)
                & COUNTERS - 1;
        for (int i = 0; i < COUNT; i++) {
            int port = FIRST + (offset + counters[counter]) % COUNT;
            counters[counter] = (counters[counter] + 1) % COUNT;
            if (isFree.test(port)) return port;
        }
        return NONE;
    }
}
