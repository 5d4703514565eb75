/**
 * HTTP/1.0 and 1.1 to clients (RFC 9112). Start at {@link dev.sixgate.edge.http1.Http1Server}.
 *
 * <p>Here: a connection's life, framing of responses, keep-alive and pipelining, time-outs. Not here: what a head may look
 * like ({@code edge.http}) and where a request goes ({@code edge.upstream}).
 */
@NullMarked
package dev.sixgate.edge.http1;

import org.jspecify.annotations.NullMarked;
