package dev.sixgate.mesh.ipv6;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InternetChecksumTest {
    @Test
    void the_example_of_RFC_1071_section_3() {
        ByteBuf data = Unpooled.wrappedBuffer(HexFormat.of().parseHex("0001f203f4f5f6f7"));
        assertThat(InternetChecksum.fold(InternetChecksum.sum(data, 0, 8))).isEqualTo(~0xddf2 & 0xffff);
    }

    @Test
    void an_echo_request_on_the_wire_is_right_and_any_flipped_bit_is_wrong() {
        // Layout by RFC 4443 §4.1; checksum computed by hand from the 16-bit words.
        ByteBuf packet = Unpooled.wrappedBuffer(HexFormat.of()
                .parseHex("60000000000a3a40" + "fdaa0000000000000000000000000001" + "fdaa0000000000000000000000000002"
                        + "8000825d00010001" + "0203"));
        assertThat(InternetChecksum.of(packet, 0, 40, 10, Ipv6Header.ICMPV6)).isZero();
        for (int bit = 0; bit < 80; bit++) {
            int at = 40 + bit / 8;
            packet.setByte(at, packet.getByte(at) ^ 1 << bit % 8);
            assertThat(InternetChecksum.of(packet, 0, 40, 10, Ipv6Header.ICMPV6))
                    .isNotZero();
            packet.setByte(at, packet.getByte(at) ^ 1 << bit % 8);
        }
    }

    @Test
    void it_agrees_with_the_sum_of_16_bit_words_for_every_length_and_offset() {
        Random random = new Random(1);
        byte[] bytes = new byte[200];
        for (int length = 0; length < 150; length++) {
            random.nextBytes(bytes);
            int offset = length % 7;
            ByteBuf data = Unpooled.wrappedBuffer(bytes);
            assertThat(InternetChecksum.fold(InternetChecksum.sum(data, offset, length)))
                    .as("%d bytes at %d", length, offset)
                    .isEqualTo(bySixteen(bytes, offset, length));
        }
    }

    @Test
    void the_largest_packet_of_all_ones_does_not_overflow() {
        byte[] bytes = new byte[65_535];
        java.util.Arrays.fill(bytes, (byte) 0xff);
        ByteBuf data = Unpooled.wrappedBuffer(bytes);
        assertThat(InternetChecksum.fold(InternetChecksum.sum(data, 0, 65_535))).isEqualTo(bySixteen(bytes, 0, 65_535));
        assertThat(InternetChecksum.fold(InternetChecksum.pseudoHeader(-1, -1, -1, -1, 65_535, 255)))
                .isEqualTo(~255 & 0xffff);
    }

    @Test
    void the_pseudo_header_equals_the_addresses_in_the_packet() {
        ByteBuf packet = Unpooled.buffer(48).writeZero(48);
        Ipv6Address source = Ipv6Address.parse("fdaa:0:48c8:a7b:228:4b6d:6e20:2");
        Ipv6Address destination = Ipv6Address.parse("2001:db8::ffff:8000");
        Ipv6Header.write(packet, 0, 8, Ipv6Header.UDP, source, destination);
        packet.setLong(40, 0x1234_5678_0008_0000L);
        long pseudo = InternetChecksum.pseudoHeader(
                source.high(), source.low(), destination.high(), destination.low(), 8, Ipv6Header.UDP);
        assertThat(InternetChecksum.fold(pseudo + InternetChecksum.sum(packet, 40, 8)))
                .isEqualTo(InternetChecksum.of(packet, 0, 40, 8, Ipv6Header.UDP));
    }

    private static int bySixteen(byte[] bytes, int offset, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += (bytes[offset + i] & 0xff) << (i % 2 == 0 ? 8 : 0);
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return ~sum & 0xffff;
    }
}
