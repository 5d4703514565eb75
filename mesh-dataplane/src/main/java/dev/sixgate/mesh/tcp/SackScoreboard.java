package dev.sixgate.mesh.tcp;

/** What the remote holds beyond the cumulative acknowledgement (RFC 2018 §5, RFC 6675 §3 and §4). */
final class SackScoreboard {
    static final int DUPLICATE_THRESHOLD = 3;
    /** An honest remote needs one range per lost segment; what exceeds this is not remembered, only repaired later. */
    private static final int MAX_RANGES = 512;

    private final SequenceRanges ranges = new SequenceRanges(MAX_RANGES);

    boolean isEmpty() {
        return ranges.count() == 0;
    }

    long bytes() {
        return ranges.bytes();
    }

    /**
     * Takes a segment's SACK blocks. Blocks at or below the acknowledgement (D-SACK, RFC 2883) or beyond what was sent
     * are void.
     *
     * @return whether they tell anything new
     */
    boolean update(Segment segment, long unacked, long next) {
        long news = 0;
        for (int i = 0; i < segment.sackCount; i++) {
            long start = Sequence.unwrap(segment.sackStart[i], unacked);
            long end = Sequence.unwrap(segment.sackEnd[i], unacked);
            if (start >= unacked && end <= next && start < end) news += ranges.add(start, end);
        }
        return news > 0;
    }

    void acknowledgeTo(long unacked) {
        ranges.removeBelow(unacked);
    }

    void clear() {
        ranges.clear();
    }

    /** Whether the remote took back what it had reported: it holds the very byte it says it lacks (RFC 2018 §8). */
    boolean isReneged(long unacked) {
        return ranges.count() > 0 && ranges.start(0) <= unacked;
    }

    /**
     * Everything not SACKed below this is lost (IsLost of RFC 6675 §4): above it lie three SACKed ranges, or more than
     * two segments of SACKed bytes.
     *
     * @return {@code unacked} when nothing is
     */
    long lostBelow(long unacked, int segmentBytes) {
        long above = 0;
        int last = ranges.count() - 1;
        for (int i = last; i >= 0; i--) {
            above += ranges.end(i) - ranges.start(i);
            boolean isLost = last - i + 1 >= DUPLICATE_THRESHOLD || above > (DUPLICATE_THRESHOLD - 1L) * segmentBytes;
            if (isLost) return Math.max(ranges.start(i), unacked);
        }
        return unacked;
    }

    /** How many bytes of {@code [from, to)} are not SACKed. */
    long missing(long from, long to) {
        if (to <= from) return 0;
        long missing = to - from;
        for (int i = ranges.firstEndingAfter(from); i < ranges.count() && ranges.start(i) < to; i++)
            missing -= Math.min(to, ranges.end(i)) - Math.max(from, ranges.start(i));
        return missing;
    }

    /** The first sequence number from {@code from} on that is not SACKed. */
    long firstMissing(long from) {
        int range = ranges.indexOf(from);
        return range < 0 ? from : ranges.end(range);
    }

    /** Where the gap that holds {@code from} ends, at most {@code limit}. */
    long gapEnd(long from, long limit) {
        int range = ranges.firstEndingAfter(from);
        return range < ranges.count() ? Math.min(ranges.start(range), limit) : limit;
    }
}
