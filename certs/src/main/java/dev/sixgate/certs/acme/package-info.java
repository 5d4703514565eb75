/**
 * Certificates by ACME (RFC 8555). Start at {@link dev.sixgate.certs.acme.AcmeIssuer}.
 * <p>{@link dev.sixgate.certs.acme.OrderBook} decides what is due, without a clock or a disk; {@code AcmeDirectory} speaks to
 * a CA; {@code AcmeFiles} keeps what must survive a restart. Not here: the sockets that the CA reaches, which read
 * {@link dev.sixgate.certs.acme.ChallengeAnswers}.
 */
@NullMarked
package dev.sixgate.certs.acme;

import org.jspecify.annotations.NullMarked;
