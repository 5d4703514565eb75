package dev.sixgate.mesh.tcp;

/**
 * Reads SACK options (RFC 2018 §5) and keeps what they told beyond the cumulative acknowledgement, so that each report
 * costs only what is new in it.
 */
final class SackScoreboard {
    /** Takes each segment once that was wholly reported. */
    interface Receiver {
        void onSacked(int index);
    }

    static final int DUPLICATE_THRESHOLD = 3;
    /** An honest remote needs one range per lost segment; what exceeds this is not remembered, only repaired later. */
    private static final int MAX_RANGES = 512;

    private final SequenceRanges ranges = new SequenceRanges(MAX_RANGES);
    private final SentSegments segments;

    SackScoreboard(SentSegments segments) {
        this.segments = segments;
    }

    /**
     * Takes a segment's SACK blocks. Blocks at or below the acknowledgement (D-SACK, RFC 2883) or beyond what was sent
     * are void here.
     *
     * @return whether they tell anything new
     */
    boolean update(Segment segment, long unacked, long next, Receiver receiver) {
        boolean isNews = false;
        for (int i = 0; i < segment.sackCount; i++) {
            long start = Sequence.unwrap(segment.sackStart[i], unacked);
            long end = Sequence.unwrap(segment.sackEnd[i], unacked);
            if (start >= unacked && end <= next && start < end) isNews |= add(start, end, receiver);
        }
        return isNews;
    }

    private boolean add(long start, long end, Receiver receiver) {
        int known = ranges.indexOf(start);
        if (known >= 0 && ranges.end(known) >= end) return false;
        if (ranges.add(start, end) == 0) return false;
        int merged = ranges.indexOf(start);
        long mergedStart = ranges.start(merged);
        long mergedEnd = ranges.end(merged);
        for (int i = segments.find(start); i < segments.count() && segments.start(i) < end; i++) {
            boolean isWhole = segments.start(i) >= mergedStart && segments.end(i) <= mergedEnd;
            if (isWhole && !segments.is(i, SentSegments.SACKED)) receiver.onSacked(i);
        }
        return true;
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

    /** Whether the first block tells of bytes that came twice (RFC 2883 §4): acknowledged, or within the second block. */
    static boolean isDuplicateReport(Segment segment, long ack) {
        if (segment.sackCount == 0) return false;
        long start = Sequence.unwrap(segment.sackStart[0], ack);
        long end = Sequence.unwrap(segment.sackEnd[0], ack);
        if (start >= end) return false;
        if (end <= ack) return true;
        if (segment.sackCount < 2) return false;
        return start >= Sequence.unwrap(segment.sackStart[1], ack) && end <= Sequence.unwrap(segment.sackEnd[1], ack);
    }
}
