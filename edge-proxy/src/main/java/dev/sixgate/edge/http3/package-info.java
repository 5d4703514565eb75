/**
 * HTTP/3 towards clients (RFC 9114): requests become exchanges. Start at {@link dev.sixgate.edge.http3.Http3Server}.
 * <p>Not here: QUIC itself, which is Netty's, and its sockets ({@code edge.listener}).
 */
@NullMarked
package dev.sixgate.edge.http3;

import org.jspecify.annotations.NullMarked;
