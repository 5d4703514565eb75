package dev.sixgate.edge.proxyprotocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.edge.http.TlsFacts;
import dev.sixgate.edge.proxyprotocol.ProxyHeaderWriter.Details;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** haproxy.org, "The PROXY protocol", versions 1 and 2. */
class ProxyHeaderTest {
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
    private static final Details NOTHING = new Details(null, null, null, null);
    private static final Details ALL =
            new Details("mqtt.example.com", "h2", new TlsFacts("x", "TLSv1.3", "TLS_AES_128_GCM_SHA256", 1), "id-1");

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 1234, 203.0.113.9, 443, 'PROXY TCP4 192.0.2.1 203.0.113.9 1234 443\r\n'",
        "2001:db8::1, 65535, 2001:db8::2, 1, 'PROXY TCP6 2001:db8::1 2001:db8::2 65535 1\r\n'",
        "2001:db8::1, 7, 192.0.2.1, 8, 'PROXY TCP6 2001:db8::1 ::ffff:192.0.2.1 7 8\r\n'"
    })
    void version_1_is_one_line(String source, int sourcePort, String destination, int port, String line)
            throws Exception {
        ByteBuf out = Unpooled.buffer();
        ProxyHeaderWriter.writeV1(
                out, new InetSocketAddress(source, sourcePort), new InetSocketAddress(destination, port));
        assertThat(out.toString(StandardCharsets.US_ASCII)).isEqualTo(line);
        assertThat(ProxyHeaderReader.read(out)).isEqualTo(header(source, sourcePort, destination, port));
    }

    @Test
    void version_2_has_addresses_and_what_else_was_asked_for() {
        ByteBuf out = Unpooled.buffer();
        ProxyHeaderWriter.writeV2(
                out, new InetSocketAddress("192.0.2.1", 258), new InetSocketAddress("203.0.113.9", 443), ALL);
        assertThat(ByteBufUtil.hexDump(out))
                .isEqualTo(SIGNATURE + "2111" + "0056" + "c0000201" + "cb007109" + "0102" + "01bb"
                        + "010002" + hex("h2")
                        + "020010" + hex("mqtt.example.com")
                        + "050004" + hex("id-1")
                        + "200028" + "01" + "00000001"
                        + "210007" + hex("TLSv1.3")
                        + "230016" + hex("TLS_AES_128_GCM_SHA256"));
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.1, 203.0.113.9", "2001:db8::1, 2001:db8::2", "192.0.2.1, 2001:db8::2"})
    void a_head_cut_at_any_byte_is_waited_for_and_what_follows_it_stays(String source, String destination)
            throws Exception {
        for (int version = 1; version <= 2; version++) {
            ByteBuf whole = Unpooled.buffer();
            InetSocketAddress from = new InetSocketAddress(source, 1);
            InetSocketAddress to = new InetSocketAddress(destination, 2);
            if (version == 1) ProxyHeaderWriter.writeV1(whole, from, to);
            else ProxyHeaderWriter.writeV2(whole, from, to, ALL);
            for (int cut = 0; cut < whole.readableBytes(); cut++) {
                ByteBuf part = whole.slice(0, cut);
                assertThat(ProxyHeaderReader.read(part)).isNull();
                assertThat(part.readableBytes()).isEqualTo(cut);
            }
            whole.writeBytes("PROXY rest".getBytes(StandardCharsets.US_ASCII));
            assertThat(ProxyHeaderReader.read(whole)).isEqualTo(header(source, 1, destination, 2));
            assertThat(whole.toString(StandardCharsets.US_ASCII)).isEqualTo("PROXY rest");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UNKNOWN\r\n",
                "UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n",
                "TCP4 1.2.3.4 5.6.7.8 0 65535\r\n",
                "TCP6 ::ffff:1.2.3.4 :: 1 2\r\n"
            })
    void version_1_allows(String line) throws Exception {
        assertThat(ProxyHeaderReader.read(text("PROXY " + line))).isNotNull();
    }

    @ParameterizedTest
    @CsvSource({
        "'GET / HTTP/1.1\r\n', does not begin with one",
        "'P', ''",
        "'PRI * HTTP/2.0', does not begin with one",
        "'PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n', without CR",
        "'PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n', two addresses and two ports",
        "'PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n', two addresses and two ports",
        "'PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n', two addresses and two ports",
        "'PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n', two addresses and two ports",
        "'PROXY tcp4 1.2.3.4 5.6.7.8 1 2\r\n', two addresses and two ports",
        "'PROXY UNKNOWNX\r\n', two addresses and two ports",
        "'PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n', no IPv4 address",
        "'PROXY TCP4 01.2.3.4 5.6.7.8 1 2\r\n', no IPv4 address",
        "'PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n', no IPv4 address",
        "'PROXY TCP4 ::1 ::1 1 2\r\n', no IPv4 address",
        "'PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n', no IPv6 address",
        "'PROXY TCP6 fe80::1%lo ::1 1 2\r\n', no IPv6 address",
        "'PROXY TCP6 [::1] ::1 1 2\r\n', no IPv6 address",
        "'PROXY TCP4 1.2.3.4 5.6.7.8 65536 2\r\n', no port",
        "'PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n', no port",
        "'PROXY TCP4 1.2.3.4 5.6.7.8 1 02\r\n', no port"
    })
    void version_1_refuses(String line, String why) throws Exception {
        if (why.isEmpty()) assertThat(ProxyHeaderReader.read(text(line))).isNull();
        else
            assertThatThrownBy(() -> ProxyHeaderReader.read(text(line)))
                    .isInstanceOf(BadProxyHeaderException.class)
                    .hasMessageContaining(why);
    }

    @Test
    void version_1_is_not_waited_for_beyond_its_longest_line() throws Exception {
        assertThat(ProxyHeaderReader.read(text("PROXY " + "x".repeat(100)))).isNull();
        assertThatThrownBy(() -> ProxyHeaderReader.read(text("PROXY " + "x".repeat(101))))
                .hasMessageContaining("does not end within 107 bytes");
    }

    @ParameterizedTest
    @CsvSource({
        "20 00 0000, 'LOCAL'",
        "20 11 0003 ffffff, 'LOCAL'", // §2.2: the receiver discards what a LOCAL head says
        "21 00 0002 ffff, 'PROXY of an unspecified family'",
        "21 31 00d8, 'PROXY of two Unix sockets'"
    })
    void a_sender_may_speak_for_itself(String hex, String what) throws Exception {
        ByteBuf in = bytes(hex.startsWith("21 31") ? hex + "00".repeat(216) : hex);
        assertThat(ProxyHeaderReader.read(in)).as(what).isEqualTo(ProxyHeader.LOCAL);
        assertThat(in.isReadable()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "31 11 0000, version is not 2",
        "22 11 0000, neither LOCAL nor PROXY",
        "21 41 0000, address family is unknown",
        "21 13 000c c0000201cb00710900010002, transport is unknown",
        "21 11 000b c0000201cb007109000100, too short for its addresses",
        "21 21 000c c0000201cb00710900010002, too short for its addresses",
        "21 11 1001, '4097 bytes long, and 4096 are taken'",
        "21 11 000e c0000201cb00710900010002 0100, runs over its end",
        "21 11 0010 c0000201cb00710900010002 010002aa, runs over its end",
        "21 11 0010 c0000201cb00710900010002 030001aa, does not have 4 bytes",
        "21 11 0013 c0000201cb00710900010002 03000400000000, checksum is wrong"
    })
    void version_2_refuses(String hex, String why) {
        assertThatThrownBy(() -> ProxyHeaderReader.read(bytes(hex)))
                .isInstanceOf(BadProxyHeaderException.class)
                .hasMessageContaining(why);
    }

    @Test
    void a_checksum_that_is_right_is_taken() throws Exception {
        ByteBuf in = bytes("21 11 0013 c0000201cb00710900010002 03000400000000");
        java.util.zip.CRC32C sum = new java.util.zip.CRC32C();
        sum.update(ByteBufUtil.getBytes(in));
        in.setInt(in.writerIndex() - 4, (int) sum.getValue());
        assertThat(ProxyHeaderReader.read(in)).isEqualTo(header("192.0.2.1", 1, "203.0.113.9", 2));
    }

    @Test
    void random_bytes_behind_a_good_start_never_do_worse_than_be_refused() {
        Random random = new Random(1);
        List<String> heads = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            byte[] noise = new byte[random.nextInt(64)];
            random.nextBytes(noise);
            if (noise.length > 4 && random.nextBoolean()) {
                noise[0] = (byte) (0x20 | noise[0] & 1);
                noise[1] = (byte) (noise[1] & 0x31);
                noise[2] = 0;
                noise[3] = (byte) (noise.length - 4);
            }
            ByteBuf in = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(SIGNATURE), noise);
            int before = in.readableBytes();
            try {
                ProxyHeader header = ProxyHeaderReader.read(in);
                if (header == null) assertThat(in.readableBytes()).isEqualTo(before);
                else heads.add(header.toString());
            } catch (BadProxyHeaderException refused) {
                assertThat(in.readableBytes()).isEqualTo(before);
            }
        }
        assertThat(heads).isNotEmpty();
    }

    private static ProxyHeader header(String source, int sourcePort, String destination, int port) {
        return new ProxyHeader(new InetSocketAddress(source, sourcePort), new InetSocketAddress(destination, port));
    }

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }

    private static ByteBuf bytes(String hexBehindSignature) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(SIGNATURE + hexBehindSignature.replace(" ", "")));
    }

    private static String hex(String text) {
        return ByteBufUtil.hexDump(text.getBytes(StandardCharsets.US_ASCII));
    }
}
