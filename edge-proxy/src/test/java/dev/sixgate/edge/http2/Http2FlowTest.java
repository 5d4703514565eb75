package dev.sixgate.edge.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawHttp2Client;
import dev.sixgate.edge.loopback.ScriptedBackend;
import dev.sixgate.edge.loopback.VirtualEdge;
import dev.sixgate.edge.servicemap.HttpOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Flow control and time: nobody who is slow holds more than windows and buffers allow, or holds it for ever. */
@Timeout(60)
class Http2FlowTest {
    private static final HttpOptions OPTIONS =
            new HttpOptions(Duration.ofSeconds(10), Duration.ofSeconds(60), 64 << 10, 100, 1 << 20, 128);

    @Test
    void a_stream_that_is_not_read_stops_its_backend_and_no_other_stream() throws Exception {
        int total = 32 << 20;
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    String head = connection.readHead();
                    if (head == null || !head.startsWith("GET /large")) {
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
                        connection.readByte();
                        return;
                    }
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + total + "\r\n\r\n");
                    byte[] piece = new byte[64 << 10];
                    for (int sent = 0; sent < total; sent += piece.length) connection.send(piece);
                    connection.readByte();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.get(1, "/large");
            int got = 0;
            while (got < 65535) got += client.next(RawHttp2Client.DATA).payload().length;
            assertThat(got).as("the window we gave").isEqualTo(65535);
            client.windowUpdate(0, 1 << 20);
            for (int stream = 3; stream < 23; stream += 2) {
                client.get(stream, "/small");
                assertThat(client.body(stream)).isEqualTo("hello");
                assertThat(edge.bytesHeld()).isLessThan(2 << 20);
            }
            client.windowUpdate(1, 1 << 20);
            assertThat(client.body(1)).hasSize(total - got);
        }
    }

    @Test
    void credit_comes_back_when_the_backend_takes_the_bytes_and_not_before() {
        try (VirtualEdge edge = new VirtualEdge(Http2Server::install, OPTIONS)) {
            open(edge);
            EmbeddedChannel upstream = edge.upstreams.getFirst();
            edge.received();
            upstream.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
            for (int i = 0; i < 16; i++) data(edge, false);
            assertThat(updates(edge))
                    .as("credit while the backend takes nothing")
                    .isEmpty();
            upstream.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
            upstream.runPendingTasks();
            assertThat(updates(edge)).as("credit for the stream").isNotEmpty();
        }
    }

    @Test
    void a_client_that_ignores_its_window_loses_its_stream() {
        try (VirtualEdge edge = new VirtualEdge(Http2Server::install, OPTIONS)) {
            open(edge);
            edge.upstreams.getFirst().unsafe().outboundBuffer().setUserDefinedWritability(1, false);
            edge.received();
            for (int i = 0; i < 17; i++) data(edge, false);
            assertThat(frames(edge)).anyMatch(frame -> frame[3] == RawHttp2Client.RST_STREAM);
            assertThat(edge.upstreams.getFirst().isOpen()).isFalse();
            assertThat(edge.records).hasSize(1);
        }
    }

    @Test
    void a_body_above_the_limit_is_answered_413() {
        try (VirtualEdge edge = new VirtualEdge(Http2Server::install, OPTIONS)) {
            open(edge);
            for (int i = 0; i < 65; i++) data(edge, false);
            assertThat(edge.received()).contains("body_too_large: ");
            assertThat(edge.records.getFirst().reason).isEqualTo(Reason.BODY_TOO_LARGE);
        }
    }

    @Test
    void a_backend_that_says_nothing_is_answered_504_on_its_stream() {
        try (VirtualEdge edge = new VirtualEdge(Http2Server::install, OPTIONS)) {
            open(edge);
            data(edge, true);
            edge.pass(Duration.ofSeconds(60));
            assertThat(edge.received()).contains("backend_idle: ");
            assertThat(edge.client.isOpen()).isTrue();
        }
    }

    @Test
    void a_header_block_that_is_not_finished_in_time_ends_the_connection() {
        try (VirtualEdge edge = new VirtualEdge(Http2Server::install, OPTIONS)) {
            open(edge);
            data(edge, true);
            edge.backendSends("HTTP/1.1 204 No Content\r\n\r\n");
            send(edge, RawHttp2Client.encoded(RawHttp2Client.HEADERS, 0, 3, new byte[0]));
            edge.pass(Duration.ofSeconds(9));
            assertThat(edge.client.isOpen()).isTrue();
            edge.pass(Duration.ofSeconds(1));
            assertThat(edge.client.isOpen()).isFalse();
            assertThat(edge.records.getLast().reason).isEqualTo(Reason.HEADER_TIMEOUT);
        }
    }

    @Test
    void a_connection_without_a_request_is_closed_after_the_header_time() {
        try (VirtualEdge edge = new VirtualEdge(Http2Server::install, OPTIONS)) {
            preface(edge);
            edge.pass(Duration.ofSeconds(10));
            assertThat(edge.client.isOpen()).isFalse();
            assertThat(edge.records).isEmpty();
        }
    }

    @Test
    void an_idle_connection_is_closed_after_the_idle_time() {
        try (VirtualEdge edge = new VirtualEdge(Http2Server::install, OPTIONS)) {
            open(edge);
            data(edge, true);
            edge.backendSends("HTTP/1.1 204 No Content\r\n\r\n");
            assertThat(edge.records).hasSize(1);
            edge.pass(Duration.ofSeconds(59));
            assertThat(edge.client.isOpen()).isTrue();
            edge.pass(Duration.ofSeconds(1));
            assertThat(edge.client.isOpen()).isFalse();
        }
    }

    private static void preface(VirtualEdge edge) {
        edge.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        send(edge, RawHttp2Client.encoded(RawHttp2Client.SETTINGS, 0, 0, new byte[0]));
        send(edge, RawHttp2Client.encoded(RawHttp2Client.SETTINGS, RawHttp2Client.ACK, 0, new byte[0]));
    }

    /** A POST on stream 1 whose body follows; the block is written by hand, as literals without indexing. */
    private static void open(VirtualEdge edge) {
        preface(edge);
        ByteBuf block = Unpooled.buffer();
        block.writeByte(0x83); // :method: POST
        block.writeByte(0x86); // :scheme: http
        block.writeByte(0x84); // :path: /
        block.writeByte(0x01).writeByte(11); // :authority
        block.writeCharSequence("app.example", StandardCharsets.US_ASCII);
        byte[] payload = new byte[block.readableBytes()];
        block.readBytes(payload);
        send(edge, RawHttp2Client.encoded(RawHttp2Client.HEADERS, RawHttp2Client.END_HEADERS, 1, payload));
        assertThat(edge.upstreams).hasSize(1);
    }

    /** 16 KiB on stream 1. */
    private static void data(VirtualEdge edge, boolean end) {
        send(edge, RawHttp2Client.encoded(RawHttp2Client.DATA, end ? 1 : 0, 1, new byte[16384]));
    }

    private static void send(VirtualEdge edge, byte[] bytes) {
        edge.send(new String(bytes, StandardCharsets.ISO_8859_1));
    }

    /** Window updates of stream 1. */
    private static List<byte[]> updates(VirtualEdge edge) {
        return frames(edge).stream()
                .filter(frame -> frame[3] == RawHttp2Client.WINDOW_UPDATE && frame[8] == 1)
                .toList();
    }

    /** Headers of the frames the client got since the last call. */
    private static List<byte[]> frames(VirtualEdge edge) {
        byte[] bytes = edge.received().getBytes(StandardCharsets.ISO_8859_1);
        List<byte[]> frames = new ArrayList<>();
        ByteBuf in = Unpooled.wrappedBuffer(bytes);
        while (in.isReadable()) {
            byte[] header = new byte[9];
            in.getBytes(in.readerIndex(), header);
            frames.add(header);
            in.skipBytes(9 + in.getUnsignedMedium(in.readerIndex()));
        }
        return frames;
    }
}
