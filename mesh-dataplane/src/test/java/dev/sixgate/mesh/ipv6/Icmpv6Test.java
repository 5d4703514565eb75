package dev.sixgate.mesh.ipv6;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Icmpv6Test {
    private static final Ipv6Address US = Ipv6Address.parse("fdaa::1");
    private static final Ipv6Address THEM = Ipv6Address.parse("fdaa:1::2");
    private static final long SECOND = 1_000_000_000L;

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final PacketDrops drops = new PacketDrops();
    private final Icmpv6 icmp = new Icmpv6(allocator, drops, 0);

    @AfterEach
    void every_buffer_is_released() {
        assertThat(allocator.metric().usedDirectMemory()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 56, 1232, 1372})
    void an_echo_request_is_answered_with_the_same_identifier_sequence_and_payload(int payloadBytes) {
        ByteBuf request = icmp.echoRequest(THEM, US, 0x1234_0007, payloadBytes);
        ByteBuf reply = icmp.echoReply(request, 40, 0);
        assertThat(reply).isNotNull();
        assertThat(Ipv6Header.source(reply, 0)).isEqualTo(US);
        assertThat(Ipv6Header.destination(reply, 0)).isEqualTo(THEM);
        assertThat(Icmpv6Header.type(reply, 40)).isEqualTo(Icmpv6Header.ECHO_REPLY);
        assertThat(Icmpv6Header.parameter(reply, 40)).isEqualTo(0x1234_0007);
        assertThat(reply.readableBytes()).isEqualTo(48 + payloadBytes);
        assertThat(Ipv6Header.payloadLength(reply, 0)).isEqualTo(8 + payloadBytes);
        assertThat(ByteBufUtil.equals(reply, 48, request, 48, payloadBytes)).isTrue();
        for (ByteBuf packet : new ByteBuf[] {request, reply}) {
            assertThat(InternetChecksum.of(packet, 0, 40, 8 + payloadBytes, Ipv6Header.ICMPV6))
                    .isZero();
            packet.release();
        }
    }

    @Test
    void echo_replies_are_limited_and_the_rest_counted() {
        ByteBuf request = icmp.echoRequest(THEM, US, 1, 0);
        int answered = 0;
        for (int i = 0; i < 3 * Icmpv6.ECHO_REPLY_BURST; i++) answered += released(icmp.echoReply(request, 40, SECOND));
        assertThat(answered).isEqualTo(Icmpv6.ECHO_REPLY_BURST);
        assertThat(drops.of(PacketDropReason.ICMP_RATE_LIMITED)).isEqualTo(2L * Icmpv6.ECHO_REPLY_BURST);
        long later = SECOND + SECOND / 100;
        for (int i = 0; i < 100; i++) answered += released(icmp.echoReply(request, 40, later));
        assertThat(answered - Icmpv6.ECHO_REPLY_BURST).isEqualTo(Icmpv6.ECHO_REPLIES_PER_SECOND / 100);
        request.release();
    }

    @Test
    void port_unreachable_quotes_the_datagram_and_can_be_read_back() {
        ByteBuf datagram = udp(THEM, US, 20);
        ByteBuf error = icmp.portUnreachable(datagram, 40, 0);
        assertThat(error).isNotNull();
        assertThat(Icmpv6Header.type(error, 40)).isEqualTo(Icmpv6Header.DESTINATION_UNREACHABLE);
        assertThat(Icmpv6Header.code(error, 40)).isEqualTo(Icmpv6Header.PORT_UNREACHABLE);
        assertThat(InternetChecksum.of(error, 0, 40, error.readableBytes() - 40, Ipv6Header.ICMPV6))
                .isZero();
        Icmpv6.Quote quote = Icmpv6.quote(error, 40);
        assertThat(quote).isEqualTo(new Icmpv6.Quote(Ipv6Header.UDP, THEM, 1000, US, 2000, 20 << 16));
        datagram.release();
        error.release();
    }

    @Test
    void an_error_about_a_large_packet_fits_the_minimum_mtu() {
        ByteBuf datagram = udp(THEM, US, 1380);
        ByteBuf error = icmp.portUnreachable(datagram, 40, 0);
        assertThat(error).isNotNull();
        assertThat(error.readableBytes()).isEqualTo(Ipv6Header.MIN_MTU);
        datagram.release();
        error.release();
    }

    @ParameterizedTest
    @ValueSource(strings = {"::", "ff02::1"})
    void nothing_is_told_to_a_source_that_is_not_one_node(String source) {
        ByteBuf datagram = udp(Ipv6Address.parse(source), US, 8);
        assertThat(icmp.portUnreachable(datagram, 40, 0)).isNull();
        datagram.release();
    }

    @Test
    void nothing_is_told_about_multicast() {
        ByteBuf datagram = udp(THEM, Ipv6Address.parse("ff05::2"), 8);
        assertThat(icmp.portUnreachable(datagram, 40, 0)).isNull();
        datagram.release();
    }

    @Test
    void errors_are_limited() {
        ByteBuf datagram = udp(THEM, US, 8);
        int told = 0;
        for (int i = 0; i < 500; i++) told += released(icmp.portUnreachable(datagram, 40, 0));
        assertThat(told).isEqualTo(Icmpv6.ERROR_BURST);
        datagram.release();
    }

    @Test
    void a_parameter_problem_points_at_the_field_that_was_not_understood() {
        ByteBuf packet = allocator.directBuffer(48).writerIndex(48);
        Ipv6Header.write(packet, 0, 8, 253, THEM, US);
        HeaderChain chain = new HeaderChain();
        assertThat(chain.parse(packet)).isEqualTo(PacketDropReason.UNKNOWN_NEXT_HEADER);
        ByteBuf error = icmp.parameterProblem(packet, chain, 0);
        assertThat(error).isNotNull();
        assertThat(Icmpv6Header.type(error, 40)).isEqualTo(Icmpv6Header.PARAMETER_PROBLEM);
        assertThat(Icmpv6Header.code(error, 40)).isEqualTo(1);
        assertThat(Icmpv6Header.parameter(error, 40)).isEqualTo(6);
        packet.release();
        error.release();
    }

    @Test
    void a_quote_cut_off_before_the_ports_is_no_quote() {
        for (int length = 56; length < 48 + 48; length++) {
            ByteBuf error = Unpooled.buffer(length).writerIndex(length);
            error.setByte(48, 0x60);
            error.setByte(54, Ipv6Header.TCP);
            assertThat(Icmpv6.quote(error, 40)).as("%d bytes", length).isNull();
        }
    }

    private static int released(@org.jspecify.annotations.Nullable ByteBuf packet) {
        if (packet == null) return 0;
        packet.release();
        return 1;
    }

    private ByteBuf udp(Ipv6Address source, Ipv6Address destination, int udpBytes) {
        ByteBuf packet = allocator.directBuffer(40 + udpBytes).writerIndex(40);
        Ipv6Header.write(packet, 0, udpBytes, Ipv6Header.UDP, source, destination);
        return packet.writeShort(1000)
                .writeShort(2000)
                .writeShort(udpBytes)
                .writeShort(0)
                .writeZero(udpBytes - 8);
    }
}
