package dev.sixgate.mesh.tcp;

/** Proportional rate reduction (RFC 9937): during recovery what leaves follows what arrives, down to the threshold. */
final class RateReduction {
    private long recoverFlight;
    private long delivered;
    private long sent;
    private long window;

    /** @param flight in flight when recovery begins, without what was SACKed before (§6.1) */
    void begin(long flight) {
        recoverFlight = Math.max(flight, 1);
        delivered = 0;
        sent = 0;
        window = 0;
    }

    /** Bytes that may be in flight. */
    long window() {
        return window;
    }

    void onSent(long bytes) {
        sent += bytes;
    }

    /**
     * §6.2. @param isSafe the acknowledgement advanced and told of no further loss
     */
    void onAck(long newlyDelivered, long inFlight, boolean isSafe, long threshold, int segment) {
        delivered += newlyDelivered;
        long quota;
        if (inFlight > threshold) {
            double share = (double) threshold / recoverFlight;
            quota = (long) Math.ceil(delivered * share) - sent;
        } else {
            quota = Math.max(delivered - sent, newlyDelivered);
            if (isSafe) quota += segment;
            quota = Math.min(threshold - inFlight, quota);
        }
        if (sent == 0 && quota < segment) quota = segment; // the fast retransmit itself
        window = inFlight + Math.max(quota, 0);
    }
}
