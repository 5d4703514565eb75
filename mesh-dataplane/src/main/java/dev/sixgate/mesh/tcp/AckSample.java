package dev.sixgate.mesh.tcp;

/**
 * What one acknowledgement told, for {@link CongestionControl}. A flyweight: a stack refills its only instance for each, so
 * that it is valid during the call only.
 */
final class AckSample {
    long nowNanos;
    /** Newly acknowledged, cumulatively or by SACK. */
    long deliveredBytes;
    /** Newly thought lost. */
    long lostBytes;
    /** On the path before and after it. */
    long priorInFlight;

    long inFlight;
    /** Of the segment delivered last of those sent once; -1: none. */
    long rttNanos;
    /** The oldest byte not acknowledged, and the next to be sent. */
    long unacked;

    long next;
    /** The congestion window, not the application or the remote's window, held us back. */
    boolean isWindowLimited;
    /** What a timeout or a loss gave up is still being repaired. */
    boolean isRecovering;

    boolean isAfterTimeout;

    /** Bytes per second; -1: nothing to tell (draft-cheng-iccrg-delivery-rate-estimation §3.3). */
    long deliveryRate;
    /** The sample shows what the application gave, not what the path takes. */
    boolean isAppLimited;
    /** Of the connection when the newest delivered segment was sent. */
    long priorDelivered;
    /** Of the connection now. */
    long delivered;
    /** On the path when the newest delivered segment had been sent, and bytes lost since. */
    long sentInFlight;

    long lostSinceSent;
}
