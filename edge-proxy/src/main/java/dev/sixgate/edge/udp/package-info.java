/** UDP services: sessions of clients with backends, datagram by datagram. */
@NullMarked
package dev.sixgate.edge.udp;

import org.jspecify.annotations.NullMarked;
