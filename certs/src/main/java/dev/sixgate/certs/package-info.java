/**
 * Certificates and how SNI finds them. Start at {@link dev.sixgate.certs.CertificateStore}.
 * <p>Here: a key with its chain, the store. In {@code .pem}: files; in {@code .ca}: the development CA. Not here: TLS
 * handshakes, which belong to the edge.
 */
@NullMarked
package dev.sixgate.certs;

import org.jspecify.annotations.NullMarked;
