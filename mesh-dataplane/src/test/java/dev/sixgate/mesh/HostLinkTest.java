package dev.sixgate.mesh;

import static dev.sixgate.mesh.MeshAndRawPeer.MESH;
import static dev.sixgate.mesh.MeshAndRawPeer.RAW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.ipv6.Icmpv6Header;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.ipv6.PacketDropReason;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HostLinkTest {
    private static final Ipv6Address HOST = Ipv6Address.parse("fdaa:0:48c8:1::7");
    private static final Ipv6Address ELSEWHERE = Ipv6Address.parse("2001:db8::1");
    private static final byte[] DATAGRAM = {0, 1, 0, 2, 0, 9, 0, 0, 42};

    private final MeshAndRawPeer pair = new MeshAndRawPeer();
    private final List<byte[]> atHost = new ArrayList<>();

    @BeforeEach
    void the_host_has_an_address_in_our_range() {
        pair.mesh.host(List.of(new Ipv6Prefix(HOST, 128)), packet -> {
            byte[] bytes = new byte[packet.readableBytes()];
            packet.readBytes(bytes).release();
            atHost.add(bytes);
        });
    }

    @AfterEach
    void close() {
        pair.close();
    }

    @Test
    void a_packet_for_the_host_is_handed_over_as_it_came() {
        ByteBuf packet = pair.packet(RAW, HOST, Ipv6Header.UDP, DATAGRAM);
        byte[] sent = bytes(packet);
        pair.sends(packet);
        assertThat(atHost).singleElement().isEqualTo(sent);
        assertThat(pair.received()).isEmpty();
    }

    @Test
    void the_rest_of_the_range_stays_ours() {
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.ICMPV6, echo(Icmpv6Header.ECHO_REQUEST, 5)));
        assertThat(atHost).isEmpty();
        assertThat(pair.received()).hasSize(1);
    }

    @Test
    void what_the_host_sends_leaves_the_tunnel_unchanged() {
        ByteBuf packet = pair.packet(HOST, RAW, Ipv6Header.UDP, DATAGRAM);
        byte[] sent = bytes(packet);
        fromHost(packet);
        assertThat(pair.received()).singleElement().isEqualTo(sent);
    }

    @Test
    void the_host_may_not_send_from_an_address_it_does_not_have() {
        fromHost(pair.packet(MESH, RAW, Ipv6Header.UDP, DATAGRAM));
        fromHost(pair.packet(RAW, RAW, Ipv6Header.UDP, DATAGRAM));
        assertThat(pair.received()).isEmpty();
        assertThat(pair.mesh.drops().of(PacketDropReason.BAD_SOURCE)).isEqualTo(2);
    }

    @Test
    void a_peer_may_not_send_from_the_address_of_the_host() {
        pair.mesh.configure(
                List.of(MeshAndRawPeer.peer(
                        "raw", pair.rawAsPeer().publicKey(), pair.rawAsPeer().endpoint(), "::/0")),
                pair.nowNanos);
        pair.sends(pair.packet(HOST, MESH, Ipv6Header.UDP, DATAGRAM));
        pair.sends(pair.packet(HOST, HOST, Ipv6Header.UDP, DATAGRAM));
        assertThat(atHost).isEmpty();
        assertThat(pair.mesh.drops().of(PacketDropReason.BAD_SOURCE)).isEqualTo(2);
    }

    @Test // RFC 4443 §3.1
    void the_host_is_told_that_no_peer_has_an_address() {
        fromHost(pair.packet(HOST, ELSEWHERE, Ipv6Header.UDP, DATAGRAM));
        assertThat(atHost).singleElement().satisfies(error -> {
            assertThat(error[40]).isEqualTo((byte) Icmpv6Header.DESTINATION_UNREACHABLE);
            assertThat(error[41]).isEqualTo((byte) Icmpv6Header.NO_ROUTE);
        });
        assertThat(pair.mesh.drops().of(PacketDropReason.NO_PEER)).isOne();
    }

    @Test
    void the_addresses_of_our_own_services_are_not_for_the_host() {
        fromHost(pair.packet(HOST, MESH, Ipv6Header.UDP, DATAGRAM));
        assertThat(atHost)
                .singleElement()
                .satisfies(error -> assertThat(error[41]).isEqualTo((byte) Icmpv6Header.NO_ROUTE));
    }

    @Test // RFC 4443 §3.2
    void the_host_is_told_when_a_packet_is_larger_than_the_mesh_takes() {
        fromHost(pair.packet(HOST, RAW, Ipv6Header.UDP, new byte[pair.mesh.mtu() - 39]));
        assertThat(atHost).singleElement().satisfies(error -> {
            assertThat(error[40]).isEqualTo((byte) Icmpv6Header.PACKET_TOO_BIG);
            assertThat((error[46] & 0xff) << 8 | error[47] & 0xff).isEqualTo(pair.mesh.mtu());
        });
        assertThat(pair.mesh.drops().of(PacketDropReason.TOO_BIG)).isOne();
    }

    @Test
    void multicast_and_mangled_packets_of_the_host_are_dropped_in_silence() {
        fromHost(pair.packet(HOST, Ipv6Address.parse("ff02::16"), Ipv6Header.ICMPV6, new byte[8]));
        fromHost(pair.allocator.directBuffer().writeZero(39));
        fromHost(pair.allocator.directBuffer().writeByte(0x45).writeZero(60));
        ByteBuf longer = pair.packet(HOST, RAW, Ipv6Header.UDP, DATAGRAM);
        fromHost(longer.setShort(4, 4000));
        assertThat(atHost).isEmpty();
        assertThat(pair.received()).isEmpty();
        assertThat(pair.mesh.drops().of(PacketDropReason.NO_PEER)).isOne();
        assertThat(pair.mesh.drops().of(PacketDropReason.NOT_IPV6)).isOne();
        assertThat(pair.mesh.drops().of(PacketDropReason.TRUNCATED)).isEqualTo(2);
    }

    @Test
    void a_host_that_sends_more_than_the_tunnel_takes_loses_packets_and_no_memory() {
        pair.isPathOpen = false; // no session comes
        for (int i = 0; i < 1000; i++) pair.mesh.onHostPacket(pair.packet(HOST, RAW, 59, new byte[8]), pair.nowNanos);
        assertThat(pair.mesh.drops().of(PacketDropReason.PEER_QUEUE_FULL)).isEqualTo(1000 - PeerQueue.MAX_PACKETS);
    }

    @Test
    void an_answer_to_a_probe_of_our_own_is_not_the_hosts() {
        fromHost(pair.packet(HOST, RAW, Ipv6Header.TCP, new byte[20]));
        pair.received();
        for (int i = 0; i < 20 && pair.received().isEmpty(); i++) pair.passes(Duration.ofMillis(100));
        fromHost(pair.packet(HOST, RAW, Ipv6Header.TCP, new byte[20]));
        byte[] probe = null;
        for (int i = 0; i < 50 && probe == null; i++) {
            pair.passes(Duration.ofMillis(50));
            for (byte[] packet : pair.received())
                if (packet[6] == Ipv6Header.ICMPV6 && packet[40] == (byte) Icmpv6Header.ECHO_REQUEST) probe = packet;
        }
        assertThat(probe).as("a probe on behalf of the host's traffic").isNotNull();
        byte[] reply = java.util.Arrays.copyOfRange(probe, 40, probe.length);
        reply[0] = (byte) Icmpv6Header.ECHO_REPLY;
        pair.sends(pair.packet(RAW, HOST, Ipv6Header.ICMPV6, reply));
        assertThat(atHost).isEmpty();
        pair.sends(pair.packet(RAW, HOST, Ipv6Header.ICMPV6, echo(Icmpv6Header.ECHO_REPLY, 77)));
        assertThat(atHost).as("an answer to a ping of the host's").hasSize(1);
    }

    @Test
    void a_ping_of_our_own_is_answered_also_where_our_first_address_is_the_hosts() {
        pair.mesh.host(List.of(new Ipv6Prefix(MESH, 128)), ByteBuf::release);
        pair.mesh.ping(RAW, 3, pair.nowNanos);
        pair.settle();
        byte[] reply = java.util.Arrays.copyOfRange(pair.received().getFirst(), 40, 51);
        reply[0] = (byte) Icmpv6Header.ECHO_REPLY;
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.ICMPV6, reply));
        assertThat(pair.mesh.pollEchoReply()).isNotNull();
    }

    @Test
    void without_addresses_the_host_is_out_of_the_mesh() {
        pair.mesh.host(List.of(), ByteBuf::release);
        pair.sends(pair.packet(RAW, HOST, Ipv6Header.ICMPV6, echo(Icmpv6Header.ECHO_REQUEST, 5)));
        fromHost(pair.packet(HOST, RAW, Ipv6Header.UDP, DATAGRAM));
        assertThat(atHost).isEmpty();
        assertThat(pair.received())
                .as("our own answer, and nothing of the host's")
                .hasSize(1);
    }

    private void fromHost(ByteBuf packet) {
        pair.mesh.onHostPacket(packet, pair.nowNanos);
        pair.settle();
    }

    private static byte[] echo(int type, int handle) {
        return new byte[] {(byte) type, 0, 0, 0, 0, 0, 0, (byte) handle, 1, 2, 3};
    }

    private static byte[] bytes(ByteBuf packet) {
        byte[] bytes = new byte[packet.readableBytes()];
        packet.getBytes(packet.readerIndex(), bytes);
        return bytes;
    }
}
