/**
 * An edge, its clients and its backends on loopback sockets, for tests of whole exchanges. Everything waits at most ten
 * seconds, so that a test that would hang fails.
 */
@NullMarked
package dev.sixgate.edge.loopback;

import org.jspecify.annotations.NullMarked;
