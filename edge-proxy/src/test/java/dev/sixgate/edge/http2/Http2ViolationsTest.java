package dev.sixgate.edge.http2;

import static dev.sixgate.edge.loopback.RawHttp2Client.CONTINUATION;
import static dev.sixgate.edge.loopback.RawHttp2Client.DATA;
import static dev.sixgate.edge.loopback.RawHttp2Client.END_HEADERS;
import static dev.sixgate.edge.loopback.RawHttp2Client.END_STREAM;
import static dev.sixgate.edge.loopback.RawHttp2Client.HEADERS;
import static dev.sixgate.edge.loopback.RawHttp2Client.PING;
import static dev.sixgate.edge.loopback.RawHttp2Client.PRIORITY;
import static dev.sixgate.edge.loopback.RawHttp2Client.RST_STREAM;
import static dev.sixgate.edge.loopback.RawHttp2Client.SETTINGS;
import static dev.sixgate.edge.loopback.RawHttp2Client.WINDOW_UPDATE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawHttp2Client;
import dev.sixgate.edge.loopback.RawHttp2Client.Frame;
import dev.sixgate.edge.loopback.ScriptedBackend;
import dev.sixgate.edge.policy.ClientResets;
import io.netty.handler.codec.http2.Http2Error;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What no HTTP/2 client may send (RFC 9113): it costs the stream, or the connection, and nothing reaches a backend. */
@Timeout(60)
class Http2ViolationsTest {
    private static final String HELLO = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    private static final byte[] NOTHING = {};

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        :scheme: http,:authority: app.example,:path: /
        :method: GET,:authority: app.example,:path: /
        :method: GET,:scheme: http,:authority: app.example
        :method: GET,:scheme: http,:path: /
        :method: GET,:method: GET,:scheme: http,:authority: app.example,:path: /
        :method: GET,:scheme: http,:authority: app.example,:path: /,:path: /
        :method: GET,:scheme: http,:authority: app.example,:path:
        :method: GET,:scheme: http,:authority: app.example,:path: a
        :method: GET,:scheme: http,:authority: app.example,:path: *
        :method: GET,:scheme: http,:authority: app.example,:path: /a b
        :method: GET,:scheme: ftp,:authority: app.example,:path: /
        :method: GET,:scheme: http,:authority: user@app.example,:path: /
        :method: GET,:scheme: http,:authority: app.example,:path: /,host: other.example
        :method: GET,:scheme: http,:authority: app.example,:path: /,host: app.example,host: app.example
        :method: GET,:scheme: http,:authority: app.example,:path: /,:status: 200
        :method: GET,:scheme: http,:authority: app.example,:path: /,:protocol: websocket
        :method: GET,:scheme: http,:authority: app.example,:path: /,:unknown: x
        :method: GET,:scheme: http,:authority: app.example,x: y,:path: /
        :method: G T,:scheme: http,:authority: app.example,:path: /
        :method: GET,:scheme: http,:authority: app.example,:path: /,X-Upper: x
        :method: GET,:scheme: http,:authority: app.example,:path: /,x y: x
        :method: GET,:scheme: http,:authority: app.example,:path: /,x: a^b
        :method: GET,:scheme: http,:authority: app.example,:path: /,x: a_b
        :method: GET,:scheme: http,:authority: app.example,:path: /,x: a@@b
        :method: GET,:scheme: http,:authority: app.example,:path: /,connection: close
        :method: GET,:scheme: http,:authority: app.example,:path: /,keep-alive: x
        :method: GET,:scheme: http,:authority: app.example,:path: /,proxy-connection: x
        :method: GET,:scheme: http,:authority: app.example,:path: /,upgrade: x
        :method: GET,:scheme: http,:authority: app.example,:path: /,te: gzip
        :method: POST,:scheme: http,:authority: app.example,:path: /,transfer-encoding: chunked
        :method: POST,:scheme: http,:authority: app.example,:path: /,content-length: 5
        :method: POST,:scheme: http,:authority: app.example,:path: /,content-length: +0
        :method: POST,:scheme: http,:authority: app.example,:path: /,content-length: 0,content-length: 1
        :method: POST,:scheme: http,:authority: app.example,:path: /,content-length: 0;x
        :method: GET^_evil: 1^_,:scheme: http,:authority: app.example,:path: /
        """)
    void a_malformed_request_costs_its_stream(String row) throws Exception {
        String[] fields =
                row.replace('^', '\r').replace('_', '\n').replace("@@", "\0").split(",");
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.headers(1, true, fields);
            Frame reset = client.next(RST_STREAM);
            assertThat(reset.stream()).isEqualTo(1);
            assertThat(Http2Error.valueOf(reset.errorCode())).isEqualTo(Http2Error.PROTOCOL_ERROR);
            assertThat(edge.record().reason).isEqualTo(Reason.BAD_REQUEST);
            assertThat(backend.accepted).hasValue(0);
            client.get(3, "/");
            assertThat(client.body(3)).as("the connection goes on").isEqualTo("hello");
        }
    }

    @ParameterizedTest
    @CsvSource({"CONNECT, 501", "TRACE, 501"})
    void a_method_that_is_not_passed_on_is_answered(String method, int status) throws Exception {
        try (LoopbackEdge edge = new LoopbackEdge.Options().start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            if (method.equals("CONNECT")) client.headers(1, false, ":method: CONNECT", ":authority: app.example:443");
            else client.headers(1, true, ":method: TRACE", ":scheme: http", ":authority: app.example", ":path: /");
            assertThat(client.next(HEADERS).headers().status()).hasToString(String.valueOf(status));
            assertThat(edge.record().reason).isEqualTo(Reason.UNSUPPORTED_METHOD);
        }
    }

    @Test
    void too_many_fields_and_too_large_a_list_are_answered_431() throws Exception {
        try (LoopbackEdge edge = new LoopbackEdge.Options().start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            String[] many = new String[110];
            List.of(":method: GET", ":scheme: http", ":authority: app.example", ":path: /")
                    .toArray(many);
            for (int i = 4; i < many.length; i++) many[i] = "a: b";
            client.headers(1, true, many);
            assertThat(client.next(HEADERS).headers().status()).hasToString("431");
            assertThat(edge.record().reason).isEqualTo(Reason.HEADERS_TOO_LARGE);

            byte[] block = client.block(
                    ":method: GET",
                    ":scheme: http",
                    ":authority: app.example",
                    ":path: /",
                    "x: " + "\u00ff".repeat(70_000));
            client.frame(HEADERS, END_STREAM, 3, Arrays.copyOf(block, 16384));
            for (int at = 16384; at < block.length; at += 16384) {
                int to = Math.min(block.length, at + 16384);
                byte[] piece = Arrays.copyOfRange(block, at, to);
                client.frame(CONTINUATION, to == block.length ? END_HEADERS : 0, 3, piece);
            }
            assertThat(client.next(HEADERS).headers().status()).hasToString("431");
            assertThat(edge.record().reason).isEqualTo(Reason.HEADERS_TOO_LARGE);
        }
    }

    @ParameterizedTest
    @CsvSource({"3, 5", "5, 3"})
    void a_body_that_is_not_as_long_as_announced_costs_its_stream(int announced, int sent) throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    connection.readByte();
                    while (connection.readByte() >= 0) {}
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.headers(
                    1,
                    false,
                    ":method: POST",
                    ":scheme: http",
                    ":authority: app.example",
                    ":path: /",
                    "content-length: " + announced);
            client.data(1, true, "x".repeat(sent));
            assertThat(Http2Error.valueOf(client.next(RST_STREAM).errorCode())).isEqualTo(Http2Error.PROTOCOL_ERROR);
            assertThat(edge.record().reason).isEqualTo(Reason.BAD_REQUEST);
        }
    }

    /** What is sent after a first answered request on stream 1, and the error that ends the connection. */
    static Stream<Arguments> connectionErrors() {
        return Stream.of(
                row("an even stream id", Http2Error.PROTOCOL_ERROR, c -> c.get(2, "/")),
                row("DATA on an idle stream", Http2Error.PROTOCOL_ERROR, c -> c.data(7, true, "x")),
                row(
                        "RST_STREAM on an idle stream",
                        Http2Error.PROTOCOL_ERROR,
                        c -> c.frame(RST_STREAM, 0, 7, new byte[4])),
                row("SETTINGS of 5 bytes", Http2Error.FRAME_SIZE_ERROR, c -> c.frame(SETTINGS, 0, 0, new byte[5])),
                row("PING on a stream", Http2Error.PROTOCOL_ERROR, c -> c.frame(PING, 0, 1, new byte[8])),
                row("a window beyond 2^31-1", Http2Error.FLOW_CONTROL_ERROR, c -> c.windowUpdate(0, Integer.MAX_VALUE)),
                row("a window update of 0", Http2Error.PROTOCOL_ERROR, c -> c.windowUpdate(0, 0)),
                row(
                        "a frame within a header block",
                        Http2Error.PROTOCOL_ERROR,
                        c -> c.frame(HEADERS, 0, 3, NOTHING).frame(PING, 0, 0, new byte[8])),
                row(
                        "bytes that are not HPACK",
                        Http2Error.COMPRESSION_ERROR,
                        c -> c.frame(
                                HEADERS, END_HEADERS | END_STREAM, 3, new byte[] {(byte) 0xff, (byte) 0xff, 0x7f})),
                row("a PUSH_PROMISE", Http2Error.PROTOCOL_ERROR, c -> c.frame(5, END_HEADERS, 1, new byte[4])));
    }

    interface Sends {
        void to(RawHttp2Client client) throws IOException;
    }

    private static Arguments row(String what, Http2Error error, Sends sends) {
        return Arguments.of(what, error, sends);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("connectionErrors")
    void a_violation_of_the_framing_costs_the_connection(String what, Http2Error error, Sends sends) throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.get(1, "/");
            assertThat(client.body(1)).isEqualTo("hello");
            sends.to(client);
            assertThat(client.goAway()).isEqualTo(error);
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "3"})
    void a_request_on_a_stream_that_is_over_or_was_skipped_is_reset(int stream) throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.get(1, "/");
            assertThat(client.body(1)).isEqualTo("hello");
            client.get(5, "/");
            assertThat(client.body(5)).isEqualTo("hello");
            client.get(stream, "/again");
            Frame reset = client.next(RST_STREAM);
            assertThat(reset.stream()).isEqualTo(stream);
            assertThat(Http2Error.valueOf(reset.errorCode())).isEqualTo(Http2Error.STREAM_CLOSED);
            assertThat(backend.heads).hasSize(2);
        }
    }

    /** One frame that makes work and carries nothing, and how many are too many. */
    static Stream<Arguments> floods() {
        return Stream.of(
                flood("PING", FrameBudget.CONTROL_BURST, (c, i) -> RawHttp2Client.encoded(PING, 0, 0, new byte[8])),
                flood("SETTINGS", FrameBudget.CONTROL_BURST, (c, i) -> RawHttp2Client.encoded(SETTINGS, 0, 0, NOTHING)),
                flood(
                        "PRIORITY",
                        FrameBudget.CONTROL_BURST,
                        (c, i) -> RawHttp2Client.encoded(PRIORITY, 0, 1, new byte[5])),
                flood(
                        "an unknown frame",
                        FrameBudget.CONTROL_BURST,
                        (c, i) -> RawHttp2Client.encoded(99, 0, 0, NOTHING)),
                flood(
                        "WINDOW_UPDATE",
                        FrameBudget.UPDATE_BURST,
                        (c, i) -> RawHttp2Client.encoded(WINDOW_UPDATE, 0, 0, new byte[] {0, 0, 0, 1})),
                flood(
                        "CONTINUATION",
                        FrameBudget.MAX_CONTINUATIONS,
                        (c, i) -> i == 0
                                ? RawHttp2Client.encoded(HEADERS, 0, 3, NOTHING)
                                : RawHttp2Client.encoded(CONTINUATION, 0, 3, NOTHING)),
                flood(
                        "empty DATA",
                        3,
                        (c, i) -> i == 0
                                ? RawHttp2Client.encoded(
                                        HEADERS,
                                        END_HEADERS,
                                        3,
                                        c.block(
                                                ":method: POST",
                                                ":scheme: http",
                                                ":authority: app.example",
                                                ":path: /"))
                                : RawHttp2Client.encoded(DATA, 0, 3, NOTHING)),
                flood("rapid reset", 201, (c, i) -> {
                    byte[] head = RawHttp2Client.encoded(
                            HEADERS,
                            END_HEADERS | END_STREAM,
                            3 + 2 * i,
                            c.block(":method: GET", ":scheme: http", ":authority: app.example", ":path: /"));
                    byte[] reset = RawHttp2Client.encoded(RST_STREAM, 0, 3 + 2 * i, new byte[] {0, 0, 0, 8});
                    byte[] both = Arrays.copyOf(head, head.length + reset.length);
                    System.arraycopy(reset, 0, both, head.length, reset.length);
                    return both;
                }),
                madeToReset(
                        "a window of nothing", stream -> RawHttp2Client.encoded(WINDOW_UPDATE, 0, stream, new byte[4])),
                madeToReset(
                        "a window that overflows",
                        stream -> RawHttp2Client.encoded(WINDOW_UPDATE, 0, stream, new byte[] {0x7f, -1, -1, -1})),
                madeToReset(
                        "data behind the end",
                        stream -> RawHttp2Client.encoded(DATA, END_STREAM, stream, new byte[1])));
    }

    /** Requests that the edge is made to reset: MadeYouReset, CVE-2025-8671. */
    private static Arguments madeToReset(String what, IntFunction<byte[]> violation) {
        return flood("made to reset by " + what, 201, (c, i) -> {
            int stream = 3 + 2 * i;
            ByteArrayOutputStream both = new ByteArrayOutputStream();
            both.writeBytes(RawHttp2Client.encoded(
                    HEADERS,
                    END_HEADERS | END_STREAM,
                    stream,
                    c.block(":method: GET", ":scheme: http", ":authority: app.example", ":path: /")));
            both.writeBytes(violation.apply(stream));
            return both.toByteArray();
        });
    }

    @Test
    void requests_that_the_edge_is_made_to_reset_are_counted_by_client_over_its_connections() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install)) {
            boolean ended = false;
            // Each stays below what one connection may do.
            for (int i = 0; i < 20 && !ended; i++)
                try (RawHttp2Client attacker = new RawHttp2Client(edge)) {
                    for (int stream = 1; stream < 300; stream += 2) {
                        attacker.get(stream, "/");
                        attacker.frame(WINDOW_UPDATE, 0, stream, new byte[4]);
                    }
                    attacker.frame(PING, 0, 0, new byte[8]);
                    for (var frame = attacker.read(); !ended; frame = attacker.read()) {
                        if (frame == null || frame.type() == RawHttp2Client.GOAWAY) ended = true;
                        else if (frame.type() == PING) break;
                    }
                } catch (IOException e) {
                    ended = true; // closed while we wrote
                }
            assertThat(ended).isTrue();
        }
    }

    interface Frames {
        byte[] encoded(RawHttp2Client client, int index);
    }

    private static Arguments flood(String what, int enough, Frames frames) {
        return Arguments.of(what, enough, frames);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("floods")
    void a_flood_ends_its_connection_while_others_are_served(String what, int enough, Frames frames) throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client attacker = new RawHttp2Client(edge);
                RawHttp2Client other = new RawHttp2Client(edge)) {
            attacker.get(1, "/");
            attacker.body(1);
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            // Far more than are enough: the clock gives some back while they come.
            for (int i = 0; i < enough * 2 + 10; i++) all.writeBytes(frames.encoded(attacker, i));
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    attacker.write(all.toByteArray());
                } catch (IOException e) {
                    // The edge has closed, as it should.
                }
            });
            assertThat(attacker.goAway()).isEqualTo(Http2Error.ENHANCE_YOUR_CALM);
            sender.join();
            other.get(1, "/");
            assertThat(other.body(1)).isEqualTo("hello");
        }
    }

    @Test
    void resets_spread_over_connections_are_counted_by_address_while_others_are_served() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client other = new RawHttp2Client(edge)) {
            int each = 150; // below what one connection may do
            boolean cut = false;
            for (int connection = 0; connection < 4 * ClientResets.BURST / each && !cut; connection++) {
                try (RawHttp2Client attacker = new RawHttp2Client(edge)) {
                    ByteArrayOutputStream all = new ByteArrayOutputStream();
                    for (int i = 0; i < each; i++) {
                        all.writeBytes(RawHttp2Client.encoded(
                                HEADERS,
                                END_HEADERS,
                                1 + 2 * i,
                                attacker.block(
                                        ":method: POST", ":scheme: http", ":authority: app.example", ":path: /")));
                        all.writeBytes(RawHttp2Client.encoded(RST_STREAM, 0, 1 + 2 * i, new byte[] {0, 0, 0, 8}));
                    }
                    all.writeBytes(RawHttp2Client.encoded(PING, 0, 0, new byte[8]));
                    attacker.write(all.toByteArray());
                    cut = !attacker.gets(PING);
                }
            }
            assertThat(cut).as("one of the connections was ended").isTrue();
            other.get(1, "/");
            assertThat(other.body(1)).isEqualTo("hello");
        }
    }
}
