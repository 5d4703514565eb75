/**
 * HTTP without I/O: heads, fields, bodies, and what an intermediary must do to them (RFC 9110 §7.6, RFC 9112). Start at
 * {@link dev.sixgate.edge.http.RequestParser}, the strict gate that every HTTP/1.1 request passes, then
 * {@link dev.sixgate.edge.http.RequestWriter}, which writes the head that the backend sees from parsed parts.
 *
 * <p>Here: parsing, validation, hop-by-hop rules, forwarded fields, local answers. Not here: channels, event loops,
 * routing, and anything of HTTP/2's framing.
 */
@NullMarked
package dev.sixgate.edge.http;

import org.jspecify.annotations.NullMarked;
