/**
 * A BGP-4 speaker that only announces (RFC 4271): one session with one router. Start at {@link BgpSession}.
 *
 * <p>Here: messages, capabilities, the state machine, timers, which routes the router was told. Not here: sockets, threads, clocks; routes
 * of others, which are dropped unread; and when to announce, which the caller decides.
 */
@NullMarked
package dev.sixgate.anycast.bgp;

import org.jspecify.annotations.NullMarked;
