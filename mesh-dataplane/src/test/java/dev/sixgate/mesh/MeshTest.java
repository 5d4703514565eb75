package dev.sixgate.mesh;

import static dev.sixgate.mesh.MeshAndRawPeer.MESH;
import static dev.sixgate.mesh.MeshAndRawPeer.RAW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.ipv6.Icmpv6Header;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.ipv6.PacketDropReason;
import dev.sixgate.mesh.tcp.TcpConnection;
import dev.sixgate.mesh.tcp.TcpOptions;
import dev.sixgate.mesh.udp.UdpSocket;
import dev.sixgate.mesh.wireguard.DatagramTrain;
import dev.sixgate.mesh.wireguard.PrivateKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One mesh, seen from inside its tunnel. */
class MeshTest {
    private static final Ipv6Address NOBODY = Ipv6Address.parse("fdaa:0:48c8:99::1");

    private final MeshAndRawPeer pair = new MeshAndRawPeer();
    private final Mesh mesh = pair.mesh;

    @AfterEach
    void every_buffer_is_released() {
        pair.close();
    }

    @Test
    void an_echo_request_to_any_address_of_ours_is_answered_from_there() {
        for (String address : new String[] {"fdaa:0:48c8:1::1", "fdaa:0:48c8:1:ffff::7"}) {
            Ipv6Address to = Ipv6Address.parse(address);
            pair.sends(pair.packet(RAW, to, Ipv6Header.ICMPV6, hex("80000000 12340001 cafe")));
            byte[] reply = theOnePacket();
            assertThat(Ipv6Address.read(Unpooled.wrappedBuffer(reply), 8)).isEqualTo(to);
            assertThat(reply[40] & 0xff).isEqualTo(Icmpv6Header.ECHO_REPLY);
            assertThat(HexFormat.of().formatHex(reply, 44, reply.length)).isEqualTo("12340001cafe");
        }
    }

    @Test
    void our_ping_is_matched_by_its_answer_and_by_no_other() {
        int handle = mesh.ping(RAW, 4, pair.nowNanos);
        pair.settle();
        byte[] request = theOnePacket();
        assertThat(request[40] & 0xff).isEqualTo(Icmpv6Header.ECHO_REQUEST);
        pair.nowNanos += 7_000_000;
        byte[] reply = hex("81000000" + HexFormat.of().toHexDigits(handle) + "00010203");
        pair.sends(pair.packet(Ipv6Address.parse("fdaa:0:48c8:2::bad"), MESH, Ipv6Header.ICMPV6, reply));
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.ICMPV6, hex("81000000 00000000 00010203")));
        assertThat(mesh.pollEchoReply()).isNull();
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.ICMPV6, reply));
        assertThat(mesh.pollEchoReply()).isEqualTo(new Mesh.EchoReply(handle, RAW, 4, 7_000_000));
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.ICMPV6, reply));
        assertThat(mesh.pollEchoReply()).isNull();
        assertThat(mesh.drops().of(PacketDropReason.ECHO_REPLY_UNEXPECTED)).isEqualTo(3);
    }

    @Test
    void an_echo_larger_than_the_mtu_is_refused_with_a_sentence() {
        assertThatThrownBy(() -> mesh.ping(RAW, 1373, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 to 1372");
    }

    @Test
    void udp_goes_both_ways() throws BindException {
        UdpSocket socket = mesh.bindUdp(null, 53);
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.UDP, hex("1000 0035 000a 0000 4142")));
        assertThat(mesh.pollReadyUdp()).isSameAs(socket);
        UdpSocket.Datagram query = socket.receive();
        assertThat(query).isNotNull();
        assertThat(query.remotePort()).isEqualTo(0x1000);
        assertThat(socket.send(query.local(), query.remote(), query.remotePort(), query.payload()))
                .isTrue();
        pair.settle();
        byte[] answer = theOnePacket();
        assertThat(HexFormat.of().formatHex(answer, 40, 46)).isEqualTo("00351000000a");
        assertThat(new String(answer, 48, 2, StandardCharsets.US_ASCII)).isEqualTo("AB");
    }

    @Test
    void a_datagram_to_a_closed_port_is_told_port_unreachable() {
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.UDP, hex("1000 0035 000a 0000 4142")));
        byte[] error = theOnePacket();
        assertThat(error[40] & 0xff).isEqualTo(Icmpv6Header.DESTINATION_UNREACHABLE);
        assertThat(error[41] & 0xff).isEqualTo(Icmpv6Header.PORT_UNREACHABLE);
        assertThat(error).hasSize(40 + 8 + 50);
    }

    @Test
    void a_datagram_that_the_gate_refuses_is_told_that_it_is_prohibited() throws BindException {
        UdpSocket socket = mesh.bindUdp(MESH, 53);
        mesh.gate((protocol, _, low, sourcePort, _, _, port) ->
                protocol != Ipv6Header.UDP || low != RAW.low() || sourcePort != 0x1000 || port != 53);
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.UDP, hex("1000 0035 000a 0000 4142")));
        byte[] error = theOnePacket();
        assertThat(error[40] & 0xff).isEqualTo(Icmpv6Header.DESTINATION_UNREACHABLE);
        assertThat(error[41] & 0xff).isEqualTo(Icmpv6Header.PROHIBITED);
        assertThat(mesh.drops().of(PacketDropReason.DENIED_BY_POLICY)).isEqualTo(1);
        assertThat(mesh.pollReadyUdp()).as("nothing was delivered").isNull();
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.UDP, hex("1001 0035 000a 0000 4142")));
        assertThat(mesh.pollReadyUdp()).as("another flow").isSameAs(socket);
        socket.close();
    }

    @Test
    void answers_to_a_flow_of_ours_are_not_asked_about() throws BindException {
        mesh.gate((_, _, _, _, _, _, _) -> false);
        UdpSocket flow = mesh.connectUdp(null, RAW, 53);
        String port = "%04x".formatted(flow.localPort());
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.UDP, hex("0035 " + port + " 000a 0000 4142")));
        assertThat(mesh.pollReadyUdp()).isSameAs(flow);
        flow.close();
    }

    @Test
    void a_syn_that_the_gate_refuses_is_reset_and_one_that_it_admits_is_heard() throws BindException {
        mesh.tcp().listen(MESH, 80, 16, TcpOptions.DEFAULT);
        String syn = " 0050 00000001 00000000 5002 ffff 0000 0000";
        mesh.gate((_, _, _, sourcePort, _, _, _) -> sourcePort != 0x1000);
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.TCP, hex("1000" + syn)));
        assertThat(theOnePacket()[40 + 13]).as("RST, ACK").isEqualTo((byte) 0x14);
        assertThat(mesh.drops().of(PacketDropReason.DENIED_BY_POLICY)).isEqualTo(1);
        assertThat(mesh.tcp().pollReadyListener()).isNull();
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.TCP, hex("1001" + syn)));
        assertThat(mesh.tcp().pollReadyListener()).isNotNull();
    }

    @Test
    void udp_to_a_destination_that_no_peer_has_is_refused() throws BindException {
        UdpSocket socket = mesh.bindUdp(MESH, 53);
        assertThat(socket.send(MESH, NOBODY, 53, pair.allocator.buffer().writeInt(1)))
                .isFalse();
        assertThat(mesh.drops().of(PacketDropReason.NO_PEER)).isEqualTo(1);
    }

    @Test
    void an_unreachable_that_quotes_a_datagram_of_a_flow_tells_it() throws BindException {
        UdpSocket flow = mesh.connectUdp(null, RAW, 53);
        assertThat(flow.send(MESH, RAW, 53, pair.allocator.buffer().writeLong(1)))
                .isTrue();
        pair.settle();
        pair.sends(error(Icmpv6Header.DESTINATION_UNREACHABLE, Icmpv6Header.PORT_UNREACHABLE, 0, theOnePacket(), 56));
        assertThat(mesh.pollReadyUdp()).isSameAs(flow);
        assertThat(flow.takeUnreachable()).isTrue();
        flow.close();
    }

    @Test
    void a_connection_to_a_destination_that_no_peer_has_fails_at_once() throws BindException {
        TcpConnection connection = mesh.tcp().connect(MESH, 0, NOBODY, 80, TcpOptions.DEFAULT, pair.nowNanos);
        pair.settle();
        assertThat(mesh.tcp().pollReady()).isSameAs(connection);
        assertThat(connection.takeReadiness() & TcpConnection.CLOSED).isNotZero();
        assertThat(connection.failure()).isInstanceOf(NoRouteToHostException.class);
    }

    @ParameterizedTest
    @CsvSource({"0, NoRoute", "1, NoRoute", "3, NoRoute", "4, Connect"})
    void an_unreachable_that_quotes_our_SYN_fails_the_connection(int code, String kind) throws BindException {
        TcpConnection connection = mesh.tcp().connect(MESH, 0, RAW, 80, TcpOptions.DEFAULT, pair.nowNanos);
        pair.settle();
        pair.sends(error(Icmpv6Header.DESTINATION_UNREACHABLE, code, 0, theOnePacket(), 60));
        assertThat(mesh.tcp().pollReady()).isSameAs(connection);
        assertThat(connection.failure())
                .isInstanceOf(kind.equals("Connect") ? ConnectException.class : NoRouteToHostException.class);
    }

    @Test
    void an_unreachable_that_guesses_our_sequence_number_wrong_changes_nothing() throws BindException { // RFC 5927 §4
        TcpConnection connection = mesh.tcp().connect(MESH, 0, RAW, 80, TcpOptions.DEFAULT, pair.nowNanos);
        pair.settle();
        byte[] syn = theOnePacket();
        syn[44] ^= 0x40;
        pair.sends(error(Icmpv6Header.DESTINATION_UNREACHABLE, 0, 0, syn, 60));
        assertThat(connection.failure()).isNull();
        connection.abort(pair.nowNanos);
    }

    @Test
    void an_error_about_something_that_is_not_ours_is_ignored() {
        byte[] foreign = new byte[60];
        foreign[0] = 0x60;
        foreign[6] = Ipv6Header.TCP;
        pair.sends(error(Icmpv6Header.DESTINATION_UNREACHABLE, 0, 0, foreign, 60));
        pair.sends(error(Icmpv6Header.PACKET_TOO_BIG, 0, 100, foreign, 60)); // below the minimum MTU: RFC 8201 §4
        pair.sends(error(Icmpv6Header.TIME_EXCEEDED, 0, 0, foreign, 60));
        assertThat(mesh.drops().of(PacketDropReason.ICMP_IGNORED)).isEqualTo(3);
        assertThat(pair.received()).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "outside our ranges,          fdaa:0:48c8:2::1, fdaa:0:48c8:3::1, 17, 1000003500080000, NOT_OUR_ADDRESS",
        "to all nodes,                fdaa:0:48c8:2::1, ff02::1,          58, 8000000000000000, NOT_OUR_ADDRESS",
        "no next header,              fdaa:0:48c8:2::1, fdaa:0:48c8:1::1, 59, '',               NO_NEXT_HEADER",
        "an empty fragment,           fdaa:0:48c8:2::1, fdaa:0:48c8:1::1, 44, 1100000100000001, FRAGMENT_MALFORMED",
        "a fragment in a fragment,    fdaa:0:48c8:2::1, fdaa:0:48c8:1::1, 44, 2c00000000000001 1100000100000001,"
                + " FRAGMENT_MALFORMED",
        "ICMPv6 cut short,            fdaa:0:48c8:2::1, fdaa:0:48c8:1::1, 58, 80000000,         ICMP_MALFORMED",
        "UDP cut short,               fdaa:0:48c8:2::1, fdaa:0:48c8:1::1, 17, 10000035000a0000, UDP_MALFORMED",
        "an unknown ICMPv6 type,      fdaa:0:48c8:2::1, fdaa:0:48c8:1::1, 58, c800000000000000, ICMP_IGNORED",
    })
    void what_we_cannot_use_is_dropped_in_silence_and_counted(
            String name, String from, String to, int nextHeader, String upper, PacketDropReason reason) {
        pair.sends(pair.packet(Ipv6Address.parse(from), Ipv6Address.parse(to), nextHeader, hex(upper)));
        assertThat(mesh.drops().of(reason)).isEqualTo(1);
        assertThat(mesh.drops().total()).isEqualTo(1);
        assertThat(pair.received()).isEmpty();
    }

    @Test
    void an_echo_request_in_two_fragments_is_answered() {
        ByteBuf whole = pair.packet(RAW, MESH, Ipv6Header.ICMPV6, hex("80000000 12340001 0102030405060708"));
        byte[] message = new byte[16];
        whole.getBytes(40, message);
        whole.release();
        byte[] first = hex("3a00000100000007" + "0".repeat(16));
        byte[] second = hex("3a00000800000007" + "0".repeat(16));
        System.arraycopy(message, 0, first, 8, 8);
        System.arraycopy(message, 8, second, 8, 8);
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.FRAGMENT, second));
        assertThat(pair.received()).isEmpty();
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.FRAGMENT, first));
        byte[] reply = theOnePacket();
        assertThat(HexFormat.of().formatHex(reply, 44, reply.length)).isEqualTo("123400010102030405060708");
        assertThat(reply[40]).isEqualTo((byte) Icmpv6Header.ECHO_REPLY);
    }

    @Test
    void an_unknown_next_header_is_told_as_a_parameter_problem() {
        pair.sends(pair.packet(RAW, MESH, 253, new byte[8]));
        byte[] error = theOnePacket();
        assertThat(HexFormat.of().formatHex(error, 40, 42)).isEqualTo("0401");
        assertThat(error[47]).isEqualTo((byte) 6);
    }

    @Test
    void a_wrong_icmp_checksum_is_dropped() {
        ByteBuf packet = pair.packet(RAW, MESH, Ipv6Header.ICMPV6, hex("80000000 12340001"));
        packet.setByte(47, 0x55);
        pair.sends(packet);
        assertThat(mesh.drops().of(PacketDropReason.ICMP_BAD_CHECKSUM)).isEqualTo(1);
        assertThat(pair.received()).isEmpty();
    }

    @Test
    void random_inner_packets_change_nothing_and_leak_nothing() throws BindException {
        mesh.bindUdp(null, 53);
        mesh.tcp().listen(null, 80, 16, TcpOptions.DEFAULT);
        SplittableRandom random = new SplittableRandom(3);
        int[] headers = {0, 6, 17, 43, 44, 58, 59, 60, 253};
        for (int i = 0; i < 3000; i++) {
            byte[] upper = new byte[random.nextInt(120)];
            random.nextBytes(upper);
            if (upper.length > 3 && random.nextBoolean()) {
                upper[2] = 0;
                upper[3] = (byte) (random.nextBoolean() ? 53 : 80);
            }
            ByteBuf packet = pair.packet(RAW, MESH, 59, upper);
            packet.setByte(6, headers[random.nextInt(headers.length)]);
            if (random.nextInt(8) == 0) packet.setShort(4, random.nextInt(0, 65_536));
            pair.sends(packet);
            drain();
            if (i % 100 == 0) pair.passes(Duration.ofMillis(100));
        }
        pair.received();
        pair.passes(Duration.ofSeconds(2));
        pair.received();
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.ICMPV6, hex("80000000 12340001")));
        assertThat(theOnePacket()[40] & 0xff).isEqualTo(Icmpv6Header.ECHO_REPLY);
    }

    @Test
    void random_datagrams_of_every_length_and_type_are_dropped() {
        SplittableRandom random = new SplittableRandom(4);
        for (int type = 0; type < 256; type++)
            for (int length = 0; length < 200; length += 1 + random.nextInt(7)) {
                byte[] bytes = new byte[length];
                random.nextBytes(bytes);
                if (length > 3) System.arraycopy(new byte[] {(byte) type, 0, 0, 0}, 0, bytes, 0, 4);
                ByteBuf datagram =
                        pair.allocator.directBuffer(Math.max(1, length)).writeBytes(bytes);
                mesh.onDatagram(datagram, new InetSocketAddress("10.9.9.9", 9), pair.nowNanos);
            }
        pair.settle();
        assertThat(pair.received()).isEmpty();
        assertThat(pair.trains).isEmpty();
    }

    @Test
    void what_waits_for_a_session_leaves_in_order_once_there_is_one() throws BindException {
        pair.isPathOpen = false;
        UdpSocket socket = mesh.bindUdp(MESH, 53);
        for (int i = 0; i < 20; i++) {
            assertThat(socket.send(MESH, RAW, 9, pair.allocator.buffer().writeInt(i)))
                    .isTrue();
            pair.settle();
        }
        assertThat(pair.received()).isEmpty();
        pair.isPathOpen = true;
        pair.passes(Duration.ofSeconds(6)); // REKEY_TIMEOUT and jitter: the initiation is repeated
        assertThat(sequenceOf(pair.received())).isEqualTo(counting(20));
    }

    @Test
    void what_waits_for_a_peer_that_never_answers_is_dropped_when_attempts_end() throws BindException {
        pair.isPathOpen = false;
        UdpSocket socket = mesh.bindUdp(MESH, 53);
        socket.send(MESH, RAW, 9, pair.allocator.buffer().writeInt(1));
        for (int seconds = 0; seconds < 120; seconds++) pair.passes(Duration.ofSeconds(1));
        assertThat(mesh.drops().of(PacketDropReason.PEER_GAVE_UP)).isEqualTo(1);
        pair.isPathOpen = true;
        socket.send(MESH, RAW, 9, pair.allocator.buffer().writeInt(2));
        pair.passes(Duration.ofSeconds(6));
        assertThat(sequenceOf(pair.received())).containsExactly(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 43, 44, 45, 64, 65, 200})
    void equal_packets_share_trains_of_bounded_length(int count) throws BindException {
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.ICMPV6, hex("80000000 12340001")));
        pair.received();
        pair.trains.clear();
        UdpSocket socket = mesh.bindUdp(MESH, 53);
        for (int i = 0; i < count; i++)
            assertThat(socket.send(
                            MESH,
                            RAW,
                            9,
                            pair.allocator.buffer(1372).writeInt(i).writeZero(1368)))
                    .isTrue();
        List<DatagramTrain> trains = transmitted();
        int perTrain = 44; // 64 000 bytes in strides of 1452
        assertThat(trains).hasSize((count + perTrain - 1) / perTrain);
        assertThat(sequenceOf(pair.received())).isEqualTo(counting(count));
    }

    @Test
    void a_longer_packet_begins_a_new_train_and_order_is_kept() throws BindException {
        pair.sends(pair.packet(RAW, MESH, Ipv6Header.ICMPV6, hex("80000000 12340001")));
        pair.received();
        UdpSocket socket = mesh.bindUdp(MESH, 53);
        int[] sizes = {1000, 1000, 1000, 100, 100, 1000, 1000, 1200, 4, 4, 4, 4, 1000};
        for (int i = 0; i < sizes.length; i++)
            socket.send(MESH, RAW, 9, pair.allocator.buffer().writeInt(i).writeZero(sizes[i] - 4));
        List<DatagramTrain> trains = transmitted();
        assertThat(trains.stream().map(DatagramTrain::count)).containsExactly(4, 1, 2, 2, 3, 1);
        assertThat(sequenceOf(pair.received())).isEqualTo(counting(sizes.length));
    }

    @Test
    void a_peer_that_is_removed_gets_nothing_more_and_one_that_is_added_gets_what_is_its() throws BindException {
        pair.isPathOpen = false;
        UdpSocket socket = mesh.bindUdp(MESH, 53);
        socket.send(MESH, RAW, 9, pair.allocator.buffer().writeInt(1));
        pair.settle();
        mesh.configure(List.of(), pair.nowNanos);
        assertThat(mesh.drops().of(PacketDropReason.NO_PEER)).isEqualTo(1);
        assertThat(socket.send(MESH, RAW, 9, pair.allocator.buffer().writeInt(2)))
                .isFalse();
        mesh.configure(List.of(pair.rawAsPeer()), pair.nowNanos);
        pair.isPathOpen = true;
        assertThat(socket.send(MESH, RAW, 9, pair.allocator.buffer().writeInt(3)))
                .isTrue();
        pair.passes(Duration.ofSeconds(6));
        assertThat(sequenceOf(pair.received())).containsExactly(3);
    }

    @ParameterizedTest
    @CsvSource({
        "fdaa::1/128, fdaa::1",
        "fdaa:0:48c8::/48, fdaa:0:48c8::1",
        "fdaa:0:48c8:a7b:228::/80, fdaa:0:48c8:a7b:228::1",
        "fdaa::6/127, fdaa::7",
    })
    void connections_leave_from_the_first_address_that_is_not_the_subnet_itself(String range, String address) {
        MeshConfig config = new MeshConfig(
                PrivateKey.generate(new SplittableRandom(1)), List.of(Ipv6Prefix.parse(range)), 1420, List.of());
        Mesh other = new Mesh(config, new SplittableRandom(1), java.time.Instant::now, pair.allocator, 0);
        assertThat(other.defaultSource()).isEqualTo(Ipv6Address.parse(address));
        assertThat(other.isLocal(other.defaultSource())).isTrue();
        assertThat(other.nextTimeout()).isEqualTo(Mesh.NEVER);
        other.close(0);
    }

    private List<DatagramTrain> transmitted() {
        pair.trains.clear();
        pair.settle();
        return List.copyOf(pair.trains);
    }

    private void drain() {
        for (UdpSocket s = mesh.pollReadyUdp(); s != null; s = mesh.pollReadyUdp())
            for (UdpSocket.Datagram d = s.receive(); d != null; d = s.receive())
                d.payload().release();
        while (mesh.tcp().pollReady() != null) continue;
    }

    private byte[] theOnePacket() {
        List<byte[]> packets = pair.received();
        assertThat(packets).hasSize(1);
        return packets.getFirst();
    }

    private ByteBuf error(int type, int code, int parameter, byte[] quoted, int quotedBytes) {
        ByteBuf upper =
                Unpooled.buffer().writeByte(type).writeByte(code).writeShort(0).writeInt(parameter);
        upper.writeBytes(quoted, 0, quotedBytes);
        byte[] bytes = new byte[upper.readableBytes()];
        upper.readBytes(bytes);
        return pair.packet(RAW, MESH, Ipv6Header.ICMPV6, bytes);
    }

    private static List<Integer> sequenceOf(List<byte[]> packets) {
        List<Integer> sequence = new ArrayList<>();
        for (byte[] packet : packets)
            sequence.add(Unpooled.wrappedBuffer(packet).getInt(48));
        return sequence;
    }

    private static List<Integer> counting(int count) {
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < count; i++) numbers.add(i);
        return numbers;
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }
}
