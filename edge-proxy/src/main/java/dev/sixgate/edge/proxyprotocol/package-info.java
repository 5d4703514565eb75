/**
 * The PROXY protocol, versions 1 and 2: the head that says on whose behalf a connection was opened. Start at
 * {@link dev.sixgate.edge.proxyprotocol.ProxyHeaderReader}.
 * <p>Here: bytes to heads and back. Not here: who may send one and what it changes ({@code edge.listener}), and when one goes
 * out ({@code edge.tcp}).
 */
@NullMarked
package dev.sixgate.edge.proxyprotocol;

import org.jspecify.annotations.NullMarked;
