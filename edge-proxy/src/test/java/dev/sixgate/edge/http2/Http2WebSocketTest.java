package dev.sixgate.edge.http2;

import static dev.sixgate.edge.loopback.RawHttp2Client.DATA;
import static dev.sixgate.edge.loopback.RawHttp2Client.HEADERS;
import static dev.sixgate.edge.loopback.WebSocketEcho.frame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawHttp2Client;
import dev.sixgate.edge.loopback.RawHttp2Client.Frame;
import dev.sixgate.edge.loopback.ScriptedBackend;
import dev.sixgate.edge.loopback.WebSocketEcho;
import io.netty.handler.codec.http2.Http2Error;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** WebSockets over HTTP/2 (RFC 8441) to backends that know HTTP/1.1 only. */
@Timeout(60)
class Http2WebSocketTest {
    private static final int ENABLE_CONNECT_PROTOCOL = 8;
    private static final byte[] MASK = {1, 2, 3, 4};

    @Test
    void the_settings_offer_extended_connect() throws Exception {
        try (LoopbackEdge edge = LoopbackEdge.with().start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            assertThat(client.next(RawHttp2Client.SETTINGS).payload())
                    .containsSequence(RawHttp2Client.setting(ENABLE_CONNECT_PROTOCOL, 1));
        }
    }

    @Test
    void a_stream_becomes_a_websocket_and_its_frames_come_back() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(new WebSocketEcho());
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            open(client, 1, "sec-websocket-protocol: chat", "sec-websocket-version: 13", "sec-websocket-key: forged");
            Frame head = client.next(HEADERS);
            assertThat(head.headers().status()).hasToString("200");
            assertThat(head.endsStream()).isFalse();
            assertThat(head.headers().names())
                    .doesNotContain("sec-websocket-accept", "upgrade", "connection", "content-length");
            assertThat(backend.heads.take())
                    .startsWith("GET /chat?room=1 HTTP/1.1\r\n")
                    .contains("connection: upgrade\r\nupgrade: websocket\r\n", "sec-websocket-protocol: chat\r\n")
                    .doesNotContain("forged", "content-length", "transfer-encoding")
                    .containsPattern("sec-websocket-key: [A-Za-z0-9+/]{22}==\r\n");
            Random random = new Random(1);
            int total = 0;
            for (int size : new int[] {0, 1, 125, 126, 127, 65_535, 65_536, 100_000}) {
                byte[] payload = new byte[size];
                random.nextBytes(payload);
                byte[] wire = frame(0x80 | WebSocketEcho.BINARY, MASK, payload);
                for (int at = 0; at < wire.length; at += 9_999)
                    client.frame(DATA, 0, 1, Arrays.copyOfRange(wire, at, Math.min(wire.length, at + 9_999)));
                byte[] expected = frame(0x80 | WebSocketEcho.BINARY, null, payload);
                assertThat(read(client, expected.length))
                        .as("a frame of " + size)
                        .isEqualTo(expected);
                total += expected.length;
            }
            client.data(1, true, new String(frame(0x88, MASK, new byte[0]), StandardCharsets.ISO_8859_1));
            assertThat(client.body(1)).isEqualTo(new String(new byte[] {(byte) 0x88, 0}, StandardCharsets.ISO_8859_1));
            RequestRecord record = edge.record();
            assertThat(record.status).isEqualTo(101);
            assertThat(record.protocol).isEqualTo("h2");
            assertThat(record.reason).isNull();
            assertThat(record.closedBy).isEqualTo(Side.CLIENT);
            assertThat(record.responseBytes).isEqualTo(total + 2);
            assertThat(edge.leases).containsExactly("b0 succeeded");
            assertThat(client.get(3, "/").next(HEADERS).stream()).isEqualTo(3);
        }
    }

    @Test
    void what_is_sent_early_reaches_a_backend_that_switches_and_no_other() throws Exception {
        CountDownLatch sent = new CountDownLatch(1);
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    for (String head = connection.readHead(); head != null; head = connection.readHead()) {
                        sent.await(10, TimeUnit.SECONDS);
                        if (head.startsWith("GET /chat")) {
                            connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                    + "Sec-WebSocket-Accept: " + WebSocketEcho.accept(head) + "\r\n\r\n");
                            connection.send(connection.read(5));
                        } else connection.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
                    }
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            open(client, 1);
            client.data(1, true, "early");
            open(client, 3, "/no");
            client.data(3, false, "GET /evil HTTP/1.1\r\nHost: app.example\r\n\r\n");
            client.frame(RawHttp2Client.PING, 0, 0, new byte[8]).next(RawHttp2Client.PING);
            sent.countDown();
            String one = "";
            String three = "";
            while (!(one.endsWith(".") && three.endsWith("reset"))) {
                Frame frame = client.read();
                String seen = switch (frame.type()) {
                    case HEADERS -> frame.headers().status() + " ";
                    case DATA -> frame.text();
                    case RawHttp2Client.RST_STREAM -> "reset";
                    default -> "";
                };
                seen += frame.endsStream() ? "." : "";
                if (frame.stream() == 1) one += seen;
                if (frame.stream() == 3) three += seen;
            }
            assertThat(one).isEqualTo("200 early.");
            assertThat(three).isEqualTo("403 .reset");
            assertThat(client.get(5, "/no").next(HEADERS).stream()).isEqualTo(5);
            assertThat(backend.heads).noneMatch(head -> head.contains("/evil")).hasSize(3);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        HTTP/1.1 200 OK~Content-Length: 0~~ | 502 | backend_no_upgrade
        HTTP/1.1 101 Switching Protocols~Upgrade: websocket~~ | 502 | backend_protocol
        HTTP/1.1 101 Switching Protocols~Upgrade: websocket~Sec-WebSocket-Accept: x~~ | 502 | backend_protocol
        HTTP/1.1 101 Switching Protocols~Upgrade: h2c~~ | 502 | backend_protocol
        HTTP/1.1 426 Upgrade Required~Content-Length: 0~~ | 426 |
        """)
    void a_backend_that_does_not_open_one_is_never_taken_for_one_that_did(String answer, int status, String reason)
            throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(answer.replace("~", "\r\n"));
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            open(client, 1);
            Frame head = client.next(HEADERS);
            assertThat(head.headers().status()).hasToString("" + status);
            CharSequence told = head.headers().get("sixgate-reason");
            assertThat(told == null ? null : told.toString()).isEqualTo(reason);
            Reason given = edge.record().reason;
            assertThat(given == null ? null : given.code()).isEqualTo(reason);
        }
    }

    @Test
    void a_stream_that_is_reset_ends_the_backends_connection() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    new WebSocketEcho().serve(connection);
                    ended.countDown();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            open(client, 1);
            client.next(HEADERS);
            client.frame(RawHttp2Client.RST_STREAM, 0, 1, new byte[] {0, 0, 0, (byte) Http2Error.CANCEL.code()});
            assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(edge.record().closedBy).isEqualTo(Side.CLIENT);
        }
    }

    @Test
    void a_backend_that_breaks_cancels_the_stream() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    String head = connection.readHead();
                    connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
                            + WebSocketEcho.accept(head) + "\r\n\r\n");
                    connection.readByte();
                    connection.reset();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            open(client, 1);
            client.next(HEADERS);
            client.data(1, false, "x");
            assertThat(client.next(RawHttp2Client.RST_STREAM).errorCode()).isEqualTo((int) Http2Error.CANCEL.code());
            assertThat(edge.record().reason).isEqualTo(Reason.BACKEND_RESET_MID_BODY);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect-udp", "WebSocket", ""})
    void connect_for_anything_else_is_refused_with_501(String protocol) throws Exception {
        try (LoopbackEdge edge = LoopbackEdge.with().start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            if (protocol.isEmpty()) client.headers(1, false, ":method: CONNECT", ":authority: app.example:443");
            else
                client.headers(
                        1,
                        false,
                        ":method: CONNECT",
                        ":protocol: " + protocol,
                        ":scheme: https",
                        ":authority: app.example",
                        ":path: /");
            Frame head = client.next(HEADERS);
            assertThat(head.headers().status()).hasToString("501");
            assertThat(head.headers().get("sixgate-reason")).hasToString("unsupported_method");
        }
    }

    private static void open(RawHttp2Client client, int stream, String... fields) throws IOException {
        boolean path = fields.length > 0 && fields[0].startsWith("/");
        String[] all = new String[5 + fields.length - (path ? 1 : 0)];
        all[0] = ":method: CONNECT";
        all[1] = ":protocol: websocket";
        all[2] = ":scheme: https";
        all[3] = ":authority: app.example";
        all[4] = ":path: " + (path ? fields[0] : "/chat?room=1");
        System.arraycopy(fields, path ? 1 : 0, all, 5, all.length - 5);
        client.headers(stream, false, all);
    }

    private static byte[] read(RawHttp2Client client, int bytes) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (all.size() < bytes) {
            Frame data = client.next(DATA);
            all.writeBytes(data.payload());
            client.windowUpdate(0, Math.max(1, data.payload().length));
            client.windowUpdate(1, Math.max(1, data.payload().length));
        }
        return all.toByteArray();
    }
}
