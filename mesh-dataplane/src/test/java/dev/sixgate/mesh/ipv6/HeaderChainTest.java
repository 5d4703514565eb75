package dev.sixgate.mesh.ipv6;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeaderChainTest {
    private final HeaderChain chain = new HeaderChain();

    @ParameterizedTest
    @CsvSource({"6", "17", "58"})
    void an_upper_layer_directly_behind_the_fixed_header_is_found_at_40(int protocol) {
        assertThat(chain.parse(packet(protocol, ""))).isNull();
        assertThat(chain.protocol()).isEqualTo(protocol);
        assertThat(chain.offset()).isEqualTo(40);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "hop-by-hop with PadN,                    0, 1100010400000000, 48",
        "hop-by-hop with eight Pad1,              0, 1100000000000000, 48",
        "hop-by-hop with a skippable option,      0, 110005020000 0100, 48",
        "destination options,                    60, 1100010400000000, 48",
        "destination options of 16 bytes,        60, 1101010c000000000000000000000000, 56",
        "routing without segments left,          43, 1100040000000000, 48",
        "an atomic fragment (RFC 6946),          44, 1100000012345678, 48",
        "hop-by-hop then destination then routing, 0, 3c000104000000002b000104000000001100040000000000, 64",
    })
    void extension_headers_without_demands_are_skipped(String name, int next, String hex, int offset) {
        assertThat(chain.parse(packet(next, hex))).isNull();
        assertThat(chain.protocol()).isEqualTo(Ipv6Header.UDP);
        assertThat(chain.offset()).isEqualTo(offset);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({ // RFC 8200 §4.1, §4.2, §4.4; RFC 4443 §3.4: code and pointer, -1 for silence
        "an option 01xxxxxx is discarded in silence,  0, 1100450200000100, OPTION_REFUSED, -1, 0",
        "an option 10xxxxxx is complained about,      0, 1100850200000100, OPTION_REFUSED, 2, 42",
        "an option 11xxxxxx is complained about,     60, 11000000c5020000, OPTION_REFUSED, 2, 44",
        "an option longer than its header,           60, 1100050500000000, MALFORMED_EXTENSION_HEADER, 0, 42",
        "an option without a length,                 60, 1100010300000005, MALFORMED_EXTENSION_HEADER, 0, 47",
        "routing type 0 with segments left,          43, 1100000100000000, ROUTING_REFUSED, 0, 42",
        "hop-by-hop that is not first,               60, 0000010400000000 1100010400000000, UNKNOWN_NEXT_HEADER, 1, 40",
        "a first fragment,                           44, 1100000112345678, FRAGMENT, -1, 0",
        "a later fragment,                           44, 1100050812345678, FRAGMENT, -1, 0",
        "no next header,                             59, 0000000000000000, NO_NEXT_HEADER, -1, 0",
        "an unknown protocol,                       253, 0000000000000000, UNKNOWN_NEXT_HEADER, 1, 6",
        "an unknown protocol behind options,         60, fd00010400000000, UNKNOWN_NEXT_HEADER, 1, 40",
        "a header that ends early,                   60, 11ff010400000000, TRUNCATED, -1, 0",
    })
    void what_cannot_be_obeyed_is_refused(
            String name, int next, String hex, PacketDropReason reason, int code, int pointer) {
        assertThat(chain.parse(packet(next, hex))).isEqualTo(reason);
        assertThat(chain.hasProblem()).isEqualTo(code >= 0);
        if (code >= 0) assertThat(chain.problemCode()).isEqualTo(code);
        if (code >= 0) assertThat(chain.problemPointer()).isEqualTo(pointer);
    }

    @Test
    void a_chain_longer_than_the_caps_is_refused() {
        String options = "3c00010400000000";
        assertThat(chain.parse(packet(60, options.repeat(7) + "1100010400000000")))
                .isNull();
        assertThat(chain.parse(packet(60, options.repeat(8) + "1100010400000000")))
                .isEqualTo(PacketDropReason.TOO_MANY_EXTENSION_HEADERS);
        String long256 = "1f" + "01fc" + "00".repeat(252);
        assertThat(chain.parse(packet(60, "3c" + long256 + "3c" + long256 + "1100010400000000")))
                .isEqualTo(PacketDropReason.TOO_MANY_EXTENSION_HEADERS);
        assertThat(chain.parse(packet(60, "1104" + "0500".repeat(17) + "00".repeat(4))))
                .isEqualTo(PacketDropReason.TOO_MANY_EXTENSION_HEADERS);
    }

    @Test
    void random_bytes_behind_any_next_header_never_read_outside_the_packet() {
        Random random = new Random(7);
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = new byte[40 + random.nextInt(80)];
            random.nextBytes(bytes);
            int[] interesting = {0, 43, 44, 60, 60, 0};
            for (int at = 40; at < bytes.length; at += 8)
                bytes[at] = (byte) interesting[random.nextInt(interesting.length)];
            bytes[6] = (byte) interesting[random.nextInt(interesting.length)];
            ByteBuf packet = Unpooled.wrappedBuffer(bytes);
            PacketDropReason reason = chain.parse(packet);
            if (reason == null) assertThat(chain.offset()).isBetween(40, bytes.length);
            if (reason != null && chain.hasProblem())
                assertThat(chain.problemPointer()).isBetween(6, bytes.length - 1);
        }
    }

    private static ByteBuf packet(int nextHeader, String extensionHex) {
        byte[] extensions = HexFormat.of().parseHex(extensionHex.replace(" ", ""));
        ByteBuf packet = Unpooled.buffer(40).writerIndex(40);
        Ipv6Header.write(
                packet, 0, extensions.length, nextHeader, Ipv6Address.parse("fdaa::1"), Ipv6Address.parse("fdaa::2"));
        return packet.writeBytes(extensions);
    }
}
