package dev.sixgate.mesh.udp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.ipv6.InternetChecksum;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import dev.sixgate.mesh.ipv6.PacketDropReason;
import dev.sixgate.mesh.ipv6.PacketDrops;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UdpStackTest {
    private static final Ipv6Address US = Ipv6Address.parse("fdaa::1");
    private static final Ipv6Address ALSO_US = Ipv6Address.parse("fdaa::2");
    private static final Ipv6Address THEM = Ipv6Address.parse("fdaa:1::9");
    private static final int MTU = 1420;

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(1);
    private final PacketDrops drops = new PacketDrops();
    private final Queue<OutboundDatagram> sent = new ArrayDeque<>();
    private boolean hasPeer = true;
    private final UdpStack udp = new UdpStack(MTU, random, allocator, drops, d -> hasPeer && sent.add(d));

    @AfterEach
    void every_buffer_is_released() {
        udp.close();
        for (OutboundDatagram d : sent) d.discard();
        assertThat(allocator.metric().usedDirectMemory() + allocator.metric().usedHeapMemory())
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 511, 512, MTU - 48})
    void a_datagram_comes_back_as_it_was_sent(int bytes) throws BindException {
        UdpSocket from = udp.bind(THEM, 4000);
        UdpSocket to = udp.bind(US, 53);
        byte[] payload = new byte[bytes];
        random.nextBytes(payload);
        assertThat(from.send(THEM, US, 53, allocator.buffer().writeBytes(payload)))
                .isTrue();
        ByteBuf packet = packet();
        assertThat(packet.readableBytes()).isEqualTo(48 + bytes);
        assertThat(udp.onPacket(packet, 40)).isNull();
        packet.release();
        assertThat(udp.pollReady()).isSameAs(to);
        UdpSocket.Datagram datagram = to.receive();
        assertThat(datagram).isNotNull();
        assertThat(datagram.remote()).isEqualTo(THEM);
        assertThat(datagram.remotePort()).isEqualTo(4000);
        assertThat(datagram.local()).isEqualTo(US);
        assertThat(datagram.localPort()).isEqualTo(53);
        byte[] received = new byte[datagram.payload().readableBytes()];
        datagram.payload().readBytes(received).release();
        assertThat(received).isEqualTo(payload);
        assertThat(to.receive()).isNull();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "a flipped payload bit,    48, 1,  UDP_BAD_CHECKSUM",
        "a flipped address bit,    23, 1,  UDP_BAD_CHECKSUM",
        "a flipped port bit,       41, 1,  UDP_BAD_CHECKSUM",
        "a length beyond the end,  45, 64, UDP_MALFORMED",
        "a length under a header,  45, 11, UDP_MALFORMED",
    })
    void a_damaged_datagram_is_dropped_and_counted(String name, int at, int flip, PacketDropReason reason)
            throws BindException {
        udp.bind(null, 53);
        ByteBuf packet = toUs(53, "hello");
        packet.setByte(at, packet.getByte(at) ^ flip);
        assertThat(udp.onPacket(packet, 40)).isEqualTo(reason);
        assertThat(drops.of(reason)).isEqualTo(1);
        assertThat(udp.pollReady()).isNull();
        packet.release();
    }

    @Test
    void a_zero_checksum_is_refused() throws BindException { // RFC 8200 §8.1
        udp.bind(null, 53);
        ByteBuf packet = toUs(53, "hello");
        packet.setShort(46, 0);
        assertThat(udp.onPacket(packet, 40)).isEqualTo(PacketDropReason.UDP_BAD_CHECKSUM);
        packet.release();
    }

    @Test
    void a_checksum_that_comes_out_as_zero_is_sent_as_all_ones() throws BindException { // RFC 8200 §8.1
        UdpSocket socket = udp.bind(THEM, 4000);
        socket.send(THEM, US, 53, allocator.buffer().writeShort(0));
        ByteBuf packet = packet();
        int otherSum = packet.getUnsignedShort(46);
        packet.release();
        // The payload word that brings the sum to all ones makes the checksum zero.
        socket.send(THEM, US, 53, allocator.buffer().writeShort(otherSum));
        packet = packet();
        assertThat(packet.getUnsignedShort(46)).isEqualTo(0xffff);
        assertThat(InternetChecksum.of(packet, 0, 40, 10, Ipv6Header.UDP)).isZero();
        packet.release();
    }

    @Test
    void a_closed_port_is_told_apart() {
        ByteBuf packet = toUs(9, "hello");
        assertThat(udp.onPacket(packet, 40)).isEqualTo(PacketDropReason.UDP_PORT_CLOSED);
        packet.release();
    }

    @Test
    void a_slow_reader_loses_the_newest_and_pins_no_more_than_its_queue() throws BindException {
        UdpSocket socket = udp.bind(null, 53);
        for (int i = 0; i < UdpSocket.MAX_DATAGRAMS + 10; i++) {
            ByteBuf packet = toUs(53, "datagram " + i);
            udp.onPacket(packet, 40);
            packet.release();
        }
        assertThat(drops.of(PacketDropReason.UDP_RECEIVE_QUEUE_FULL)).isEqualTo(10);
        for (int i = 0; i < UdpSocket.MAX_DATAGRAMS; i++) {
            UdpSocket.Datagram datagram = socket.receive();
            assertThat(datagram).isNotNull();
            assertThat(datagram.payload().toString(StandardCharsets.US_ASCII)).isEqualTo("datagram " + i);
            datagram.payload().release();
        }
        assertThat(socket.receive()).isNull();
    }

    @Test
    void sending_is_refused_at_the_bound_and_the_socket_becomes_ready_again() throws BindException {
        UdpSocket socket = udp.bind(US, 53);
        int taken = 0;
        while (socket.send(US, THEM, 1, allocator.buffer().writeZero(100))) taken++;
        assertThat(taken).isEqualTo(UdpSocket.MAX_DATAGRAMS);
        assertThat(udp.pollReady()).isNull();
        while (udp.pollReady() == null) sent.remove().discard();
        assertThat(socket.send(US, THEM, 1, allocator.buffer().writeZero(100))).isTrue();
    }

    @Test
    void sending_is_refused_without_a_peer_and_beyond_the_mtu() throws BindException {
        UdpSocket socket = udp.bind(US, 53);
        assertThat(socket.send(US, THEM, 1, allocator.buffer().writeZero(MTU - 47)))
                .isFalse();
        hasPeer = false;
        assertThat(socket.send(US, THEM, 1, allocator.buffer().writeZero(8))).isFalse();
    }

    @Test
    void a_port_is_taken_once_per_address_and_free_again_after_close() throws BindException {
        UdpSocket first = udp.bind(US, 53);
        UdpSocket second = udp.bind(ALSO_US, 53);
        assertThatThrownBy(() -> udp.bind(US, 53)).isInstanceOf(BindException.class);
        assertThatThrownBy(() -> udp.bind(null, 53)).isInstanceOf(BindException.class);
        second.close();
        first.close();
        first.close();
        assertThat(udp.socketCount()).isZero();
        udp.bind(null, 53);
    }

    @Test
    void ephemeral_ports_differ_and_run_out_with_a_sentence() throws BindException {
        for (int i = 0; i < 16_384; i++) assertThat(udp.bind(US, 0).localPort()).isBetween(49_152, 65_535);
        assertThatThrownBy(() -> udp.bind(US, 0)).isInstanceOf(BindException.class);
    }

    private ByteBuf toUs(int port, String text) {
        try {
            UdpSocket socket = udp.bind(THEM, 0);
            socket.send(THEM, US, port, allocator.buffer().writeBytes(text.getBytes(StandardCharsets.US_ASCII)));
            socket.close();
            return packet();
        } catch (BindException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_flow_takes_what_its_remote_sends_and_nothing_else() throws BindException {
        UdpSocket flow = udp.connect(US, THEM, 53);
        UdpSocket remote = udp.bind(THEM, 53);
        UdpSocket stranger = udp.bind(THEM, 54);
        assertThat(remote.send(THEM, US, flow.localPort(), allocator.buffer().writeByte('r')))
                .isTrue();
        assertThat(stranger.send(THEM, US, flow.localPort(), allocator.buffer().writeByte('s')))
                .isTrue();
        ByteBuf packet = packet();
        assertThat(udp.onPacket(packet, 40)).isNull();
        packet.release();
        UdpSocket.Datagram datagram = flow.receive();
        assertThat(datagram).isNotNull();
        assertThat(datagram.payload().readByte()).isEqualTo((byte) 'r');
        datagram.payload().release();
        packet = packet();
        assertThat(udp.onPacket(packet, 40)).isEqualTo(PacketDropReason.UDP_PORT_CLOSED);
        packet.release();
        flow.close();
        assertThat(remote.send(THEM, US, flow.localPort(), allocator.buffer().writeByte('r')))
                .isTrue();
        packet = packet();
        assertThat(udp.onPacket(packet, 40)).isEqualTo(PacketDropReason.UDP_PORT_CLOSED);
        packet.release();
    }

    @Test
    void a_flow_learns_that_nobody_listens() throws BindException {
        UdpSocket flow = udp.connect(US, THEM, 53);
        assertThat(udp.onUnreachable(US, flow.localPort(), THEM, 54)).isFalse();
        assertThat(udp.pollReady()).isNull();
        assertThat(udp.onUnreachable(US, flow.localPort(), THEM, 53)).isTrue();
        assertThat(udp.pollReady()).isSameAs(flow);
        assertThat(flow.takeUnreachable()).isTrue();
        assertThat(flow.takeUnreachable()).isFalse();
    }

    @Test
    void thousands_of_flows_to_one_remote_have_ports_of_their_own_until_there_are_none() throws BindException {
        Set<Integer> ports = new HashSet<>();
        List<UdpSocket> flows = new ArrayList<>();
        for (int i = 0; i < 8_000; i++) {
            UdpSocket flow = udp.connect(US, THEM, 53);
            flows.add(flow);
            assertThat(ports.add(flow.localPort())).isTrue();
        }
        assertThat(udp.connect(ALSO_US, THEM, 53)).isNotNull();
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 16_384; i++) udp.connect(US, THEM, 53);
                })
                .isInstanceOf(BindException.class)
                .hasMessageContaining("no UDP port of fdaa::1 towards [fdaa:1::9]:53 is free");
        flows.forEach(UdpSocket::close);
        assertThat(udp.connect(US, THEM, 53)).isNotNull();
        UdpSocket other = udp.connect(US, ALSO_US, 53);
        assertThat(other.localPort()).isBetween(49_152, 65_535);
    }

    private ByteBuf packet() {
        ByteBuf packet = allocator.directBuffer(MTU);
        sent.remove().writeTo(packet);
        return packet;
    }
}
