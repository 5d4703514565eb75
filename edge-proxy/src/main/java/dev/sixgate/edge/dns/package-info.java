/**
 * The names of apps and their addresses, answered as DNS (RFC 1034, 1035). Messages are bytes in and bytes out; {@code DnsServer}
 * and what it opens do the I/O.
 */
@NullMarked
package dev.sixgate.edge.dns;

import org.jspecify.annotations.NullMarked;
