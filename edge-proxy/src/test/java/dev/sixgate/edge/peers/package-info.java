/**
 * The whole product against peers we did not write, in network namespaces: wireguard-go, nginx, curl, iperf3, tshark. Start at
 * {@link dev.sixgate.edge.peers.Lab}.
 */
@NullMarked
package dev.sixgate.edge.peers;

import org.jspecify.annotations.NullMarked;
