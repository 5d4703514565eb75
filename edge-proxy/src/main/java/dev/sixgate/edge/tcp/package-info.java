/**
 * Raw TCP: bytes between a client and a backend, as they are. Start at {@link dev.sixgate.edge.tcp.TcpProxy}.
 * <p>Here: back-pressure, half-close, reset, idle time and lifetime of a spliced pair. Not here: how a backend is reached
 * ({@code edge.upstream}) and TLS towards the client, which stands before it in the pipeline ({@code edge.tls}).
 */
@NullMarked
package dev.sixgate.edge.tcp;

import org.jspecify.annotations.NullMarked;
