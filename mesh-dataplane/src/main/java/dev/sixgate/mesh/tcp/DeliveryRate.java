package dev.sixgate.mesh.tcp;

/**
 * How fast the path delivers (draft-cheng-iccrg-delivery-rate-estimation): each segment carries what had been delivered when
 * it left; its acknowledgement tells how much more was in how much time. Bytes, not segments.
 */
final class DeliveryRate {
    private static final int DELIVERED = 0;
    private static final int DELIVERED_AT = 1;
    private static final int FIRST_SENT_AT = 2;
    private static final int IN_FLIGHT = 3;
    private static final int LOST = 4;

    private final SentSegments segments;
    private long delivered;
    private long deliveredAt;
    private long firstSentAt;
    private long lost;
    /** Up to this many delivered bytes, samples are limited by the application; 0: they are not. */
    private long appLimitedUntil;

    private long rate = -1;

    /** The newest delivered segment of this acknowledgement. */
    private boolean hasSample;

    private long sampleSentAt;
    private long sampleEnd;
    private long sampleDelivered;
    private long sampleDeliveredAt;
    private long sampleFirstSentAt;
    private long sampleInFlight;
    private long sampleLost;
    private boolean sampleAppLimited;

    DeliveryRate(SentSegments segments) {
        this.segments = segments;
    }

    /** The last sample that the application did not limit, or the highest that it did; bytes per second, -1: none. */
    long rate() {
        return rate;
    }

    long delivered() {
        return delivered;
    }

    /** §3.2. @param pipe bytes on the path, this segment included */
    void onSent(int index, long pipe, long nowNanos) {
        if (pipe <= segments.bytes(index)) {
            firstSentAt = nowNanos;
            deliveredAt = nowNanos;
        }
        segments.stamp(index, DELIVERED, delivered);
        segments.stamp(index, DELIVERED_AT, deliveredAt);
        segments.stamp(index, FIRST_SENT_AT, firstSentAt);
        segments.stamp(index, IN_FLIGHT, pipe);
        segments.stamp(index, LOST, lost);
        if (appLimitedUntil > 0) segments.set(index, SentSegments.APP_LIMITED);
    }

    /** §3.4: there is nothing more to send, and the window would have taken more. */
    void onAppLimited(long pipe) {
        appLimitedUntil = Math.max(delivered + pipe, 1);
    }

    void onLost(long bytes) {
        lost += bytes;
    }

    void begin() {
        hasSample = false;
    }

    /** §3.3, UpdateRateSample. */
    void onDelivered(int index, long nowNanos) {
        delivered += segments.bytes(index);
        deliveredAt = nowNanos;
        long sentAt = segments.sentAt(index);
        long end = segments.end(index);
        if (hasSample && (sentAt < sampleSentAt || sentAt == sampleSentAt && end < sampleEnd)) return;
        hasSample = true;
        sampleSentAt = sentAt;
        sampleEnd = end;
        sampleDelivered = segments.stamp(index, DELIVERED);
        sampleDeliveredAt = segments.stamp(index, DELIVERED_AT);
        sampleFirstSentAt = segments.stamp(index, FIRST_SENT_AT);
        sampleInFlight = segments.stamp(index, IN_FLIGHT);
        sampleLost = segments.stamp(index, LOST);
        sampleAppLimited = segments.is(index, SentSegments.APP_LIMITED);
    }

    /** §3.3, GenerateRateSample. @param minRttNanos a shorter interval is no measure of the path */
    void complete(AckSample sample, long minRttNanos) {
        if (appLimitedUntil > 0 && delivered > appLimitedUntil) appLimitedUntil = 0;
        sample.delivered = delivered;
        sample.deliveryRate = -1;
        sample.priorDelivered = hasSample ? sampleDelivered : delivered;
        sample.isAppLimited = hasSample && sampleAppLimited;
        sample.sentInFlight = sampleInFlight;
        sample.lostSinceSent = hasSample ? lost - sampleLost : 0;
        if (!hasSample) return;
        firstSentAt = sampleSentAt;
        long sendNanos = sampleSentAt - sampleFirstSentAt;
        long ackNanos = deliveredAt - sampleDeliveredAt;
        long interval = Math.max(sendNanos, ackNanos);
        if (interval < Math.max(minRttNanos, 1)) return;
        sample.deliveryRate = (long) ((delivered - sampleDelivered) * 1e9 / interval);
        if (!sample.isAppLimited || sample.deliveryRate > rate) rate = sample.deliveryRate;
    }
}
