/**
 * TCP over IPv6 (RFC 9293) as a state machine without I/O. Start at {@link dev.sixgate.mesh.tcp.TcpStack}, then
 * {@link dev.sixgate.mesh.tcp.TcpConnection}; arriving segments go through {@code SegmentArrival}, leaving ones through
 * {@code SendHalf} and {@code SegmentWriter}, and what is lost again through {@code Retransmission}; how much and how fast is
 * {@code CongestionControl}'s.
 *
 * <p>Here: demultiplexing, the connection's states, windows, acknowledgements, loss recovery, congestion control,
 * timers, TIME-WAIT. Not here: sockets, threads, clocks, WireGuard, IPv6 beyond writing the fixed header, and any queue
 * of packets: segments are cut from the send buffer when the owner pulls.
 *
 * <p>Sequence numbers are kept as 64-bit values that never wrap ({@code Sequence}); only the wire has 32 bits.
 */
@NullMarked
package dev.sixgate.mesh.tcp;

import org.jspecify.annotations.NullMarked;
