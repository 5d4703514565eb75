package dev.sixgate.mesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Two devices, from nothing to packets both ways. */
class SessionTest {
    @Test
    void the_first_packet_starts_a_handshake_and_then_packets_go_both_ways() {
        LinkedDevices devices = new LinkedDevices().connected();
        byte[] there = devices.packetToNode(100);
        byte[] back = devices.packetToEdge(1420);
        devices.edge.send(there);
        devices.node.send(back);
        devices.deliver();
        assertThat(devices.node.received).containsExactly(there);
        assertThat(devices.edge.received).containsExactly(back);
        assertThat(devices.edge.droppedInAll() + devices.node.droppedInAll()).isZero();
    }
}
