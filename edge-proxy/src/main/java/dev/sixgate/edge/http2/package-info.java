/**
 * HTTP/2 to clients (RFC 9113), on Netty's framing, HPACK and flow control. Start at
 * {@link dev.sixgate.edge.http2.Http2Server}.
 *
 * <p>Here: a connection's life, streams as the client's side of exchanges, flow-control credit, guards against floods. Not
 * here: what a request may look like ({@code edge.http}) and where it goes ({@code edge.upstream}).
 */
@NullMarked
package dev.sixgate.edge.http2;

import org.jspecify.annotations.NullMarked;
