package dev.sixgate.mesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.wireguard.LinkedDevices.Datagram;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A peer is where its last authentic packet came from (whitepaper §2.1). */
class RoamingTest {
    private static final InetSocketAddress ELSEWHERE = new InetSocketAddress("198.51.100.7", 4242);
    private final LinkedDevices devices = new LinkedDevices().connected();

    @AfterEach
    void close() {
        devices.close();
    }

    @Test
    void a_packet_from_another_address_moves_the_peer_and_answers_go_there() {
        devices.node.events.clear();
        devices.edge.address = ELSEWHERE;
        devices.edge.send(devices.packetToNode(40));
        devices.deliver();
        assertThat(devices.node.peer().endpoint()).isEqualTo(ELSEWHERE);
        assertThat(devices.node.events).containsExactly(new PeerEvent.EndpointMoved(devices.node.peer(), ELSEWHERE));
        devices.node.send(devices.packetToEdge(40));
        assertThat(devices.wire.getFirst().to()).isEqualTo(ELSEWHERE);
    }

    @Test
    void a_port_of_its_own_is_an_address_of_its_own() {
        devices.edge.address = new InetSocketAddress(devices.edge.address.getAddress(), 9);
        devices.edge.send(devices.packetToNode(40));
        devices.deliver();
        assertThat(devices.node.peer().endpoint()).isEqualTo(devices.edge.address);
    }

    @Test
    void a_keepalive_moves_the_peer_too() {
        devices.edge.address = ELSEWHERE;
        devices.edge.peer().sendKeepalive(devices.now);
        devices.edge.flush();
        devices.deliver();
        assertThat(devices.node.peer().endpoint()).isEqualTo(ELSEWHERE);
    }

    @Test
    void an_initiation_and_a_response_move_the_peer_too() {
        devices.run(Duration.ofSeconds(200));
        devices.edge.address = ELSEWHERE;
        devices.edge.send(devices.packetToNode(40));
        devices.deliver(devices.wire.poll());
        assertThat(devices.node.peer().endpoint()).isEqualTo(ELSEWHERE);
        assertThat(devices.wire.getFirst().to()).isEqualTo(ELSEWHERE);
        InetSocketAddress nodeElsewhere = new InetSocketAddress("2001:db8::77", 1);
        devices.edge.receive(devices.wire.poll().from(nodeElsewhere));
        assertThat(devices.edge.peer().endpoint()).isEqualTo(nodeElsewhere);
    }

    @Test
    void what_is_not_authentic_moves_nobody() {
        devices.edge.send(devices.packetToNode(40));
        Datagram genuine = devices.wire.poll();
        devices.node.receive(genuine);
        devices.node.receive(genuine.from(ELSEWHERE)); // replayed
        devices.edge.send(devices.packetToNode(40));
        Datagram forged = devices.wire.poll();
        forged.bytes()[20] ^= 1;
        devices.node.receive(forged.from(ELSEWHERE));
        devices.node.receive(devices.seen.getFirst().from(ELSEWHERE)); // the old initiation
        assertThat(devices.node.droppedInAll()).isEqualTo(3);
        assertThat(devices.node.peer().endpoint()).isEqualTo(devices.edge.address);
    }

    @Test
    void an_ipv4_address_in_ipv6_clothes_is_the_same_address() throws UnknownHostException {
        devices.node.events.clear();
        byte[] mapped = new byte[16];
        mapped[10] = mapped[11] = (byte) 0xff;
        System.arraycopy(devices.edge.address.getAddress().getAddress(), 0, mapped, 12, 4);
        InetSocketAddress clothed = new InetSocketAddress(Inet6Address.getByAddress(null, mapped, -1), 51820);
        assertThat(clothed.getAddress()).isInstanceOf(Inet6Address.class);
        devices.edge.send(devices.packetToNode(40));
        devices.node.receive(devices.wire.poll().from(clothed));
        assertThat(devices.node.received).hasSize(1);
        assertThat(devices.node.events).isEmpty();
        assertThat(devices.node.peer().endpoint()).isEqualTo(devices.edge.address);
    }

    @Test
    void the_same_configuration_again_does_not_undo_roaming_and_a_new_endpoint_does() {
        PeerConfig config = devices.edge.peer().config();
        devices.node.address = ELSEWHERE;
        devices.node.send(devices.packetToEdge(40));
        devices.deliver();
        devices.edge.wireGuard.configure(List.of(config), devices.now);
        assertThat(devices.edge.peer().endpoint()).isEqualTo(ELSEWHERE);
        InetSocketAddress configured = new InetSocketAddress("203.0.113.1", 1);
        devices.edge.wireGuard.configure(List.of(ConfigureTest.withEndpoint(config, configured)), devices.now);
        assertThat(devices.edge.peer().endpoint()).isEqualTo(configured);
    }

    @Test
    void moves_that_nobody_reads_do_not_pile_up() {
        for (int i = 0; i < 1000; i++) {
            devices.edge.send(devices.packetToNode(40));
            Datagram datagram = devices.wire.poll();
            var buffer = io.netty.buffer.Unpooled.wrappedBuffer(datagram.bytes());
            InetSocketAddress source = new InetSocketAddress("198.51.100.7", 1 + i);
            var packet = devices.node.wireGuard.onDatagram(buffer, source, devices.now);
            assertThat(packet).isNotNull();
            packet.release();
        }
        devices.node.events.clear();
        devices.node.flush();
        assertThat(devices.node.events).hasSize(1);
    }
}
