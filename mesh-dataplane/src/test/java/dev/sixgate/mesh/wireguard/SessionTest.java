package dev.sixgate.mesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.wireguard.LinkedDevices.Datagram;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packets between two devices that have a session: whitepaper §5.4.6, §6.1 and §6.2. */
class SessionTest {
    private final LinkedDevices devices = new LinkedDevices().connected();

    @AfterEach
    void close() {
        devices.close();
    }

    @Test
    void packets_go_both_ways() {
        byte[] there = devices.packetToNode(100);
        byte[] back = devices.packetToEdge(1420);
        devices.edge.send(there);
        devices.node.send(back);
        devices.deliver();
        assertThat(devices.node.received).containsExactly(there);
        assertThat(devices.edge.received).containsExactly(back);
        assertThat(devices.edge.droppedInAll() + devices.node.droppedInAll()).isZero();
    }

    @ParameterizedTest
    @CsvSource({ // inner bytes, bytes of the datagram: 32 more than the packet padded to 16, but not beyond the MTU
        "40, 80",
        "48, 80",
        "49, 96",
        "1280, 1312",
        "1403, 1440",
        "1408, 1440",
        "1409, 1452",
        "1419, 1452",
        "1420, 1452"
    })
    void packets_are_padded_to_16_but_not_beyond_the_mtu(int innerBytes, int datagramBytes) {
        byte[] packet = devices.packetToNode(innerBytes);
        devices.edge.send(packet);
        assertThat(devices.wire.getFirst().bytes()).hasSize(datagramBytes);
        devices.deliver();
        assertThat(devices.node.received).containsExactly(packet);
    }

    @Test
    void every_length_from_a_bare_header_to_a_jumbo_datagram_arrives() {
        List<byte[]> sent = new ArrayList<>();
        for (int bytes = 40; bytes < 60_000; bytes = bytes < 200 ? bytes + 1 : bytes * 3 / 2) {
            sent.add(devices.packetToNode(bytes));
            devices.edge.send(sent.getLast());
        }
        devices.deliver();
        assertThat(devices.node.received).containsExactlyElementsOf(sent);
    }

    @Test
    void a_replayed_packet_is_dropped() {
        devices.edge.send(devices.packetToNode(100));
        Datagram datagram = devices.wire.getFirst();
        devices.deliver();
        devices.node.receive(datagram);
        assertThat(devices.node.received).hasSize(1);
        assertThat(devices.node.dropped(DropReason.REPLAYED_COUNTER)).isEqualTo(1);
    }

    @Test
    void reordered_packets_within_the_window_arrive_and_older_ones_do_not() {
        for (int i = 0; i < 100; i++) devices.edge.send(devices.packetToNode(40));
        // Counter 0 was the confirmation, so that these are 1 to 100, and the last one leaves 1 to 50 behind the
        // window.
        devices.edge.peer().keypairs.current().send.skipTo(51 + 8128);
        devices.edge.send(devices.packetToNode(40));
        List<Datagram> datagrams = new ArrayList<>(devices.wire);
        devices.wire.clear();
        devices.node.receive(datagrams.removeLast());
        Collections.shuffle(datagrams, new Random(7));
        datagrams.forEach(devices.node::receive);
        datagrams.forEach(devices.node::receive);
        assertThat(devices.node.received).hasSize(1 + 50);
        assertThat(devices.node.dropped(DropReason.REPLAYED_COUNTER)).isEqualTo(50 + 100);
    }

    @Test
    void a_forged_packet_is_dropped_and_does_not_move_the_window() {
        devices.edge.send(devices.packetToNode(100));
        Datagram genuine = devices.wire.poll();
        byte[] forged = genuine.bytes().clone();
        forged[Protocol.TRANSPORT_COUNTER + 6] = 1; // far ahead
        devices.node.receive(new Datagram(forged, genuine.from(), genuine.to()));
        forged = genuine.bytes().clone();
        forged[40] ^= 1;
        devices.node.receive(new Datagram(forged, genuine.from(), genuine.to()));
        assertThat(devices.node.dropped(DropReason.BAD_TAG)).isEqualTo(2);
        assertThat(devices.node.receive(genuine)).isNotNull();
    }

    @Test
    void a_packet_for_an_index_nobody_has_is_dropped() {
        devices.edge.send(devices.packetToNode(100));
        Datagram datagram = devices.wire.poll();
        datagram.bytes()[Protocol.TRANSPORT_RECEIVER] ^= 1;
        devices.node.receive(datagram);
        assertThat(devices.node.dropped(DropReason.UNKNOWN_RECEIVER)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fdaa:0:3::1", "fdaa:0:2::1", "::1", "2001:db8::1"})
    void a_source_outside_the_peers_ranges_is_dropped(String source) {
        devices.edge.send(devices.packet(Ipv6Address.parse(source), devices.node.inner, 60));
        devices.deliver();
        assertThat(devices.node.received).isEmpty();
        assertThat(devices.node.dropped(DropReason.SOURCE_NOT_ALLOWED)).isEqualTo(1);
    }

    @Test
    void a_source_in_a_more_specific_range_of_another_peer_is_dropped() {
        PrivateKey other = PrivateKey.generate(devices.random);
        PeerConfig specific = LinkedDevices.peer("other", other, null, null, Duration.ZERO, "fdaa:0:1:0:7::/80");
        devices.node.wireGuard.configure(List.of(devices.node.peer().config(), specific), devices.now);
        devices.edge.send(devices.packet(Ipv6Address.parse("fdaa:0:1:0:7::1"), devices.node.inner, 60));
        devices.edge.send(devices.packet(Ipv6Address.parse("fdaa:0:1:0:8::1"), devices.node.inner, 60));
        devices.deliver();
        assertThat(devices.node.received).hasSize(1);
        assertThat(devices.node.dropped(DropReason.SOURCE_NOT_ALLOWED)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "0x45, 60, 60, NOT_IPV6", // IPv4
        "0x00, 60, 60, NOT_IPV6",
        "0xf0, 60, 60, NOT_IPV6",
        "0x60, 39, 39, MALFORMED", // no room for a header (mtu 39: no padding)
        "0x60, 1, 1, MALFORMED",
        "0x60, 60, 81, MALFORMED", // says more than there is, padding included
        "0x60, 60, 65575, MALFORMED", // 65535 + 40, which 16 bits take for 39
        "0x60, 60, 65536, MALFORMED", // 65496 + 40, which 16 bits take for 0
    })
    void what_is_not_a_whole_ipv6_packet_is_dropped(int first, int bytes, int claimedBytes, DropReason reason) {
        byte[] packet = Arrays.copyOf(devices.packetToNode(60), bytes);
        packet[0] = (byte) first;
        if (bytes >= 6) ByteBuffer.wrap(packet).putShort(4, (short) (claimedBytes - 40));
        devices.edge.send(packet, bytes == 60 ? LinkedDevices.MTU : bytes);
        devices.deliver();
        assertThat(devices.node.received).isEmpty();
        assertThat(devices.node.dropped(reason)).isEqualTo(1);
        assertThat(devices.node.droppedInAll()).isEqualTo(1);
    }

    @Test
    void what_lies_behind_the_inner_packet_is_cut_off() {
        byte[] packet = devices.packetToNode(100);
        ByteBuffer.wrap(packet).putShort(4, (short) 3);
        devices.edge.send(packet);
        devices.deliver();
        assertThat(devices.node.received.getFirst()).isEqualTo(Arrays.copyOf(packet, 43));
    }

    @Test
    void sealing_moves_no_index_and_writes_nothing_beyond() {
        ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(400);
        buffer.setZero(0, 400);
        byte[] packet = devices.packetToNode(100);
        buffer.setBytes(50 + WireGuardPeer.HEADER_BYTES, packet);
        buffer.setByte(49, 0x11).setByte(50 + 16 + 112 + 16, 0x22);
        assertThat(devices.edge.peer().readyToSend(devices.now)).isTrue();
        assertThat(devices.edge.peer().seal(buffer, 50, 100, 1420, devices.now)).isEqualTo(16 + 112 + 16);
        assertThat(buffer.readableBytes()).isZero();
        assertThat(buffer.getByte(49)).isEqualTo((byte) 0x11);
        assertThat(buffer.getByte(50 + 16 + 112 + 16)).isEqualTo((byte) 0x22);
        buffer.release();
    }

    @Test
    void a_session_ends_180_seconds_after_it_began_for_sender_and_receiver() {
        devices.edge.send(devices.packetToNode(100));
        Datagram late = devices.wire.poll();
        devices.edge.send(devices.packetToNode(100));
        Datagram tooLate = devices.wire.poll();
        devices.now += Duration.ofSeconds(180).toNanos() - 1;
        assertThat(devices.node.receive(late)).isNotNull();
        assertThat(devices.edge.peer().readyToSend(devices.now)).isTrue();
        devices.now += 1;
        assertThat(devices.node.receive(tooLate)).isNull();
        assertThat(devices.node.dropped(DropReason.SESSION_EXPIRED)).isEqualTo(1);
        assertThat(devices.edge.peer().readyToSend(devices.now)).isFalse();
    }

    @Test
    void after_540_seconds_without_a_new_session_every_key_is_gone() {
        devices.edge.send(devices.packetToNode(100));
        Datagram old = devices.wire.poll();
        devices.carries = datagram -> false;
        devices.run(Duration.ofSeconds(541));
        assertThat(devices.node.peer().keypairs.current()).isNull();
        assertThat(devices.edge.peer().keypairs.current()).isNull();
        devices.node.receive(old);
        assertThat(devices.node.dropped(DropReason.UNKNOWN_RECEIVER)).isEqualTo(1);
        assertThat(devices.node.dropped(DropReason.SESSION_EXPIRED)).isZero();
    }

    @Test
    void after_2_to_the_60th_messages_either_side_renews_the_session_and_goes_on_meanwhile() {
        devices.now += Duration.ofSeconds(10).toNanos();
        // The responder too, which never renews for age.
        devices.node.peer().keypairs.current().send.skipTo(Protocol.REKEY_AFTER_MESSAGES);
        assertThat(devices.node.send(devices.packetToEdge(40))).isTrue();
        assertThat(devices.wire).hasSize(2);
        assertThat(devices.wire.getLast().type()).isEqualTo(Protocol.INITIATION);
        Keypair before = devices.node.peer().keypairs.current();
        devices.deliver();
        assertThat(devices.node.peer().keypairs.current()).isNotSameAs(before);
        assertThat(devices.edge.received).hasSize(1);
    }

    @Test
    void one_message_earlier_nothing_is_renewed() {
        devices.now += Duration.ofSeconds(10).toNanos();
        devices.node.peer().keypairs.current().send.skipTo(Protocol.REKEY_AFTER_MESSAGES - 1);
        devices.node.send(devices.packetToEdge(40));
        assertThat(devices.wire).hasSize(1);
    }

    @Test
    void no_message_is_ever_sealed_at_the_upper_limit() {
        SendKey key = devices.edge.peer().keypairs.current().send;
        key.skipTo(Protocol.REJECT_AFTER_MESSAGES - 4096);
        assertThat(devices.edge.peer().readyToSend(devices.now)).isTrue();
        key.skipTo(Protocol.REJECT_AFTER_MESSAGES - 4095);
        assertThat(devices.edge.peer().readyToSend(devices.now)).isFalse();
        ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(200);
        for (int i = 0; i < 4095; i++) devices.edge.peer().seal(buffer, 0, 40, 1420, devices.now);
        assertThatThrownBy(() -> devices.edge.peer().seal(buffer, 0, 40, 1420, devices.now))
                .isInstanceOf(AssertionError.class);
        buffer.release();
    }

    @Test // boringtun on 32-bit machines used a nonce twice
    void counters_go_on_beyond_32_bits_on_both_sides() {
        devices.edge.peer().keypairs.current().send.skipTo((1L << 32) - 2);
        for (int i = 0; i < 4; i++) devices.edge.send(devices.packetToNode(100));
        devices.deliver();
        assertThat(devices.node.received).hasSize(4);
        assertThat(devices.node.dropped(DropReason.REPLAYED_COUNTER)).isZero();
    }

    @Test
    void a_counter_at_the_upper_limit_is_not_accepted() {
        ByteBuf message = PooledByteBufAllocator.DEFAULT.directBuffer(32).writeZero(32);
        ReceiveKey key = devices.edge.peer().keypairs.current().receive;
        message.setLongLE(Protocol.TRANSPORT_COUNTER, Protocol.REJECT_AFTER_MESSAGES);
        assertThat(key.open(message, 0, 32)).isEqualTo(DropReason.SESSION_EXPIRED);
        message.setLongLE(Protocol.TRANSPORT_COUNTER, -1);
        assertThat(key.open(message, 0, 32)).isEqualTo(DropReason.SESSION_EXPIRED);
        message.setLongLE(Protocol.TRANSPORT_COUNTER, Protocol.REJECT_AFTER_MESSAGES - 1);
        assertThat(key.open(message, 0, 32)).isEqualTo(DropReason.BAD_TAG);
        message.release();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void no_packet_is_lost_while_sessions_are_renewed_under_traffic(long seed) {
        Random random = new Random(seed);
        int sent = 0;
        for (int step = 0; step < 4000; step++) { // 400 seconds, at least three sessions
            int coin = random.nextInt(12);
            if (coin == 0 && devices.edge.send(devices.packetToNode(40 + random.nextInt(60)))) sent++;
            if (coin == 1 && devices.node.send(devices.packetToEdge(40))) sent++;
            if (random.nextInt(5) == 0) { // what left in the last half second or so, out of order
                List<Datagram> late = new ArrayList<>(devices.wire);
                devices.wire.clear();
                Collections.shuffle(late, random);
                devices.wire.addAll(late);
                devices.deliver();
            }
            devices.now += Duration.ofMillis(100).toNanos();
            devices.edge.timeout();
            devices.node.timeout();
        }
        devices.deliver();
        assertThat(sent).isGreaterThan(550);
        assertThat(devices.node.received.size() + devices.edge.received.size()).isEqualTo(sent);
        assertThat(devices.edge.droppedInAll() + devices.node.droppedInAll()).isZero();
        assertThat(devices.seen(Protocol.INITIATION)).isBetween(4L, 5L);
    }

    @Test
    void bytes_are_counted_with_everything_that_wg_counts() {
        devices.edge.send(devices.packetToNode(100));
        devices.deliver();
        long overhead = Protocol.INITIATION_BYTES + Protocol.TRANSPORT_BYTES_MIN + 144;
        assertThat(devices.edge.peer().sentBytes()).isEqualTo(overhead);
        assertThat(devices.node.peer().receivedBytes()).isEqualTo(overhead);
        assertThat(devices.edge.peer().receivedBytes()).isEqualTo(Protocol.RESPONSE_BYTES);
        assertThat(devices.node.peer().sentBytes()).isEqualTo(Protocol.RESPONSE_BYTES);
    }
}
