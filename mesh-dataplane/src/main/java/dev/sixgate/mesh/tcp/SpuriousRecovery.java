package dev.sixgate.mesh.tcp;

/**
 * Whether what was repaired had not been lost: by timestamps (Eifel, RFC 3522), by what a timeout's first acknowledgements
 * cover (F-RTO, RFC 5682), or by reports that everything sent again came twice (D-SACK, RFC 3708).
 */
final class SpuriousRecovery {
    private enum Forward {
        OFF,
        /** The first segment was sent again; its acknowledgement is waited for. */
        FIRST_ACK,
        /** New data only, until the next acknowledgement. */
        SECOND_ACK
    }

    private boolean isEifelArmed;
    private boolean hasResent;
    private int resentAtTimestamp;
    private boolean isUndoable;
    private int resentSegments;
    private Forward forward = Forward.OFF;
    private long from;
    private long to;

    /** @param from what may be sent again from here on is in {@code [from, to)} */
    void begin(boolean hasTimestamps, boolean isFirstTimeout, long from, long to) {
        this.from = from;
        this.to = to;
        isEifelArmed = hasTimestamps;
        hasResent = false;
        isUndoable = true;
        resentSegments = 0;
        forward = isFirstTimeout ? Forward.FIRST_ACK : Forward.OFF;
    }

    /** What follows cannot be undone: it began with a proof of loss, or it was undone. */
    void end() {
        isEifelArmed = false;
        isUndoable = false;
        forward = Forward.OFF;
    }

    /** The recovery is over, but reports of duplicates may still come. */
    void onRecovered() {
        isEifelArmed = false;
        forward = Forward.OFF;
    }

    void onResent(int timestamp) {
        if (!hasResent) resentAtTimestamp = timestamp;
        hasResent = true;
        resentSegments++;
    }

    /** Whether a report that this came twice may be of something sent again. */
    boolean covers(long sequence) {
        return resentSegments > 0 && sequence >= from && sequence < to;
    }

    /** F-RTO §2.1 step 2b: the acknowledgement of what is new tells more than sending again would. */
    boolean holdsRepetitions() {
        return forward == Forward.SECOND_ACK;
    }

    /**
     * The cumulative acknowledgement moved.
     *
     * @param originalArrived something sent before the timeout, and only once, was just delivered
     * @param hasNewData F-RTO has something to send instead
     * @return whether the recovery was for nothing
     */
    boolean onAdvance(Segment segment, boolean originalArrived, boolean isComplete, boolean hasNewData) {
        if (isEifelArmed) {
            isEifelArmed = false;
            // Older than the first segment sent again, or none was sent yet.
            if (!hasResent || segment.timestamps && segment.timestampEcho - resentAtTimestamp < 0) return true;
        }
        switch (forward) {
            case FIRST_ACK -> forward = !isComplete && hasNewData && hasResent ? Forward.SECOND_ACK : Forward.OFF;
            case SECOND_ACK -> {
                forward = Forward.OFF;
                return originalArrived;
            }
            case OFF -> {
                // Judged before.
            }
        }
        return false;
    }

    /** F-RTO §2.1 step 3a: a duplicate acknowledgement says that the loss was real. */
    void onDuplicate() {
        forward = Forward.OFF;
    }

    /** A segment came twice. @return whether now all that were sent again did */
    boolean onDuplicateReport() {
        if (resentSegments > 0) resentSegments--;
        return isUndoable && hasResent && resentSegments == 0;
    }
}
