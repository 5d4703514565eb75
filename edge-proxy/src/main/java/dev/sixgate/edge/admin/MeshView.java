package dev.sixgate.edge.admin;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What can be asked of a running mesh, an edge's or a node's. Any thread; no method blocks. In JSON, names are in snake_case. */
public interface MeshView {
    /** @return a mesh without a peer and key when there is none */
    CompletionStage<MeshStatus> status();

    /**
     * One in-tunnel echo.
     *
     * @return the round trip in nanoseconds, or a failure with a plain sentence; {@link java.net.SocketTimeoutException} when
     *     nobody answered
     */
    CompletionStage<Long> ping(Ipv6Address address, int payloadBytes, Duration timeout);

    /**
     * Inner packets as pcapng, until stopped.
     *
     * @param peer only its packets; null: all
     * @param count ends after so many, at least 1
     * @return fails with a plain sentence: no such peer, or too many captures
     */
    CompletionStage<ResponseStream> capture(@Nullable String peer, long count);

    /**
     * @param name of the edge, or {@code node}
     * @param listen the UDP address
     * @param engine which AEAD seals and opens packets
     * @param handshakeEngine what multiplies on Curve25519
     * @param underlay how the UDP socket is driven, and whether the kernel takes and gives trains, such as
     *     {@code epoll, GSO, GRO}
     * @param connections live inner TCP connections
     * @param dropped datagrams by reason, in lower case
     * @param droppedPackets inner packets by reason, in lower case
     * @param load memory, and answers that keep no state
     * @param furtherIdentities the same of each identity beside the first, where {@code mesh.identities} asks for several
     */
    record MeshStatus(
            String name,
            @Nullable String publicKey,
            List<String> addresses,
            @Nullable String listen,
            int mtu,
            @Nullable String engine,
            @Nullable String handshakeEngine,
            @Nullable String underlay,
            @Nullable SocketStatus socket,
            int connections,
            List<PeerStatus> peers,
            Map<String, Long> dropped,
            Map<String, Long> droppedPackets,
            LoadStatus load,
            List<MeshStatus> furtherIdentities) {
        public MeshStatus with(List<MeshStatus> further) {
            return new MeshStatus(
                    name,
                    publicKey,
                    addresses,
                    listen,
                    mtu,
                    engine,
                    handshakeEngine,
                    underlay,
                    socket,
                    connections,
                    peers,
                    dropped,
                    droppedPackets,
                    load,
                    further);
        }
    }

    /**
     * @param offloadSelfTest of GSO and GRO, such as {@code passed}
     * @param receiveBufferBytes what the kernel granted
     * @param sendFailures datagrams or trains that the kernel refused
     * @param failedDatagrams datagrams on which our own code failed: each is a bug worth a report
     */
    record SocketStatus(
            String driver,
            boolean gso,
            boolean gro,
            String offloadSelfTest,
            int receiveBufferBytes,
            int sendBufferBytes,
            long receivedDatagrams,
            long receiveBatches,
            long sentDatagrams,
            long sentTrains,
            long sendFailures,
            long failedDatagrams) {}

    /**
     * @param tcpMemoryBytes held by the buffers of all inner TCP connections
     * @param synCookiesSent SYNs answered with a cookie, because too many connections were half-open
     * @param synCookiesAccepted connections that such a cookie brought back
     * @param handshakeCookiesSent WireGuard handshakes answered with a cookie, under load
     * @param handshakeCookiesAccepted that came again with it
     */
    record LoadStatus(
            long tcpMemoryBytes,
            long tcpMemoryLimitBytes,
            long synCookiesSent,
            long synCookiesAccepted,
            long handshakeCookiesSent,
            long handshakeCookiesAccepted) {
        public static final LoadStatus NONE = new LoadStatus(0, 0, 0, 0, 0, 0);

        /** Of two identities together. */
        public LoadStatus and(LoadStatus other) {
            return new LoadStatus(
                    tcpMemoryBytes + other.tcpMemoryBytes,
                    tcpMemoryLimitBytes + other.tcpMemoryLimitBytes,
                    synCookiesSent + other.synCookiesSent,
                    synCookiesAccepted + other.synCookiesAccepted,
                    handshakeCookiesSent + other.handshakeCookiesSent,
                    handshakeCookiesAccepted + other.handshakeCookiesAccepted);
        }
    }

    /**
     * @param unreachable did not answer under traffic, and is passed over until something authentic comes from it
     * @param presharedKey whether there is one
     * @param endpoint null: unknown until the peer's handshake
     * @param latestHandshakeSeconds ago; null: never
     * @param persistentKeepaliveSeconds 0: none
     * @param connections live inner TCP connections to its addresses; the next four figures are theirs
     * @param rttMs the smallest smoothed round trip among them; null: no sample
     * @param deliveryBytesPerSecond what the path delivered lately, the most of any of them; null: no sample
     * @param pathMtus by address, the largest packet that TCP sends there, where that is less than the mesh's MTU
     */
    record PeerStatus(
            String name,
            String publicKey,
            boolean presharedKey,
            @Nullable String endpoint,
            @Nullable Double latestHandshakeSeconds,
            boolean unreachable,
            long receivedBytes,
            long sentBytes,
            List<String> allowedIps,
            long persistentKeepaliveSeconds,
            int connections,
            @Nullable Double rttMs,
            @Nullable Long deliveryBytesPerSecond,
            long sentSegments,
            long retransmittedSegments,
            Map<String, Integer> pathMtus) {}
}
