package dev.sixgate.mesh.tcp;

/**
 * Figures of one connection at one moment.
 *
 * @param state RFC 9293 name, such as {@code ESTABLISHED}
 * @param connectNanos SYN to SYN-ACK (or SYN to final ACK), -1 while opening
 * @param smoothedRttNanos RFC 6298 SRTT, -1 before the first sample
 * @param minRttNanos -1 before the first sample
 * @param sentBytes payload, each byte counted once however often it was sent
 * @param receivedBytes payload in order, read or not
 * @param deliveryRate bytes per second that the path delivered lately, by samples that the application did not limit; -1
 *     before the first
 * @param zeroWindowNanos time the remote's window has kept us from sending
 */
public record TcpStatistics(
        String state,
        long connectNanos,
        long smoothedRttNanos,
        long minRttNanos,
        long sentBytes,
        long receivedBytes,
        long sentSegments,
        long receivedSegments,
        long retransmittedSegments,
        long deliveryRate,
        long zeroWindowNanos,
        int congestionWindowBytes,
        int mss,
        CongestionAlgorithm congestionControl) {}
