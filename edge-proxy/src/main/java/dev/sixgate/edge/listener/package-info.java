/**
 * The public side: server sockets on every port and address, and what a new connection's pipeline is made of. Start at
 * {@link dev.sixgate.edge.listener.Listeners}.
 * <p>Here: binding, its failures in plain words, changes of the set while running, the connection bound, drain. Not here:
 * what is spoken on a connection ({@code edge.tls}, {@code edge.http1}, {@code edge.http2}, {@code edge.tcp}).
 */
@NullMarked
package dev.sixgate.edge.listener;

import org.jspecify.annotations.NullMarked;
