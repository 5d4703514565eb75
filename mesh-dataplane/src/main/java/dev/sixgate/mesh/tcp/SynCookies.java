package dev.sixgate.mesh.tcp;

import java.util.random.RandomGenerator;

/**
 * Initial sequence numbers that hold all that is to be known of a half-open connection (RFC 4987 §3.6), so that a SYN
 * costs no memory: 8 bits of period and segment size, masked, and 24 bits of SipHash over the four-tuple, the remote's
 * initial sequence number, the period and the size. What else was offered rides in the low bits of our timestamp, which
 * the remote echoes; a remote without timestamps gets neither window scaling nor SACK.
 */
final class SynCookies {
    /** A cookie is good in the period it was made in and in the next one. */
    static final long PERIOD_NANOS = 64_000_000_000L;

    static final int INVALID = -1;
    /** Segment sizes that a cookie can name, smallest first; the largest that is not above the remote's is named. */
    private static final int[] SEGMENT_BYTES = {Opening.MIN_MSS, 536, 1024, Opening.DEFAULT_MSS, 1300, 1360, 1440, 8860
    };

    private static final int MAC_MASK = 0xff_ffff;
    private static final int SCALE_MASK = 15;
    private static final int NO_SCALING = 15;
    private static final int SACK_PERMITTED = 16;
    private static final int OPTION_MASK = 63;

    private final SipHash tuples;
    private final SipHash macs;
    private final long startedAt;

    SynCookies(RandomGenerator random, long nowNanos) {
        tuples = new SipHash(random);
        macs = new SipHash(random);
        startedAt = nowNanos;
    }

    /** Our initial sequence number for the answer to {@code syn}. */
    int cookie(Segment syn, long nowNanos) {
        long tuple = tuple(syn, syn.sequence);
        int offered = Opening.segmentOf(syn);
        int index = SEGMENT_BYTES.length - 1;
        while (index > 0 && SEGMENT_BYTES[index] > offered) index--;
        long period = period(nowNanos);
        int head = ((int) period & 31) << 3 | index;
        return (head ^ (int) (tuple >>> 56)) << 24 | mac(tuple, period, index);
    }

    /** The remote's segment size when {@code ack} acknowledges a cookie of ours, or {@link #INVALID}. */
    int segmentBytes(Segment ack, long nowNanos) {
        int cookie = ack.acknowledgment - 1;
        long tuple = tuple(ack, ack.sequence - 1);
        int head = cookie >>> 24 ^ (int) (tuple >>> 56);
        int index = head & 7;
        long now = period(nowNanos);
        for (long period = now; period >= now - 1; period--)
            if ((period & 31) == head >>> 3 && mac(tuple, period, index) == (cookie & MAC_MASK))
                return SEGMENT_BYTES[index];
        return INVALID;
    }

    private long period(long nowNanos) {
        return (nowNanos - startedAt) / PERIOD_NANOS;
    }

    private long tuple(Segment s, int remoteInitial) {
        long ports = ((long) s.destinationPort << 16 | s.sourcePort) << 32 | remoteInitial & 0xffff_ffffL;
        return tuples.of(s.destinationHigh, s.destinationLow, s.sourceHigh, s.sourceLow, ports);
    }

    private int mac(long tuple, long period, int index) {
        return (int) macs.of(tuple, period, index, 0, 0) & MAC_MASK;
    }

    /** The latest timestamp not after {@code value} whose low bits hold the options of {@code syn}. */
    static int timestamp(int value, Segment syn) {
        int options = (syn.windowScale < 0 ? NO_SCALING : syn.windowScale) | (syn.sackPermitted ? SACK_PERMITTED : 0);
        int marked = value & ~OPTION_MASK | options;
        return marked - value > 0 ? marked - OPTION_MASK - 1 : marked;
    }

    /** The remote's window scale out of the timestamp it echoes, or -1. */
    static int windowScale(int echo) {
        int scale = echo & SCALE_MASK;
        return scale == NO_SCALING ? -1 : scale;
    }

    static boolean sackPermitted(int echo) {
        return (echo & SACK_PERMITTED) != 0;
    }
}
