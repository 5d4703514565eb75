package dev.sixgate.edge.upstream;

import static dev.sixgate.edge.loopback.RawHttp2Client.DATA;
import static dev.sixgate.edge.loopback.RawHttp2Client.GOAWAY;
import static dev.sixgate.edge.loopback.RawHttp2Client.HEADERS;
import static dev.sixgate.edge.loopback.RawHttp2Client.RST_STREAM;
import static dev.sixgate.edge.loopback.RawHttp2Client.WINDOW_UPDATE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.http1.Http1Server;
import dev.sixgate.edge.http2.Http2Server;
import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawClient;
import dev.sixgate.edge.loopback.RawHttp2Backend;
import dev.sixgate.edge.loopback.RawHttp2Client;
import dev.sixgate.edge.loopback.RawHttp2Client.Frame;
import dev.sixgate.edge.servicemap.BackendProtocol;
import io.netty.handler.codec.http2.Http2Error;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** HTTP/2 to backends (RFC 9113), frame by frame. */
@Timeout(60)
class Http2BackendTest {
    private static final BackendProtocol H2C = new BackendProtocol(true, null);
    private static final byte[] NO_SETTINGS = {};

    @Test
    void a_request_is_written_anew_as_fields() throws Exception {
        try (RawHttp2Backend backend = answering(":status: 200", "x-from: backend");
                LoopbackEdge edge = edge(backend, Http1Server::install);
                RawClient client = edge.client()) {
            client.send("POST /a?b HTTP/1.1\r\nHost: APP.example\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: x-hop\r\n"
                    + "X-Hop: 1\r\nTE: trailers\r\nX-Mixed: Case\r\nContent-Length: 0\r\n\r\n");
            assertThat(client.readResponse())
                    .startsWith("HTTP/1.1 200 OK\r\nx-from: backend\r\n")
                    .contains("via: 2.0 sixgate\r\n", "content-length: 0\r\n");
            RequestRecord record = edge.record();
            Frame head = backend.heads.take();
            assertThat(head.endsStream()).isTrue();
            assertThat(lines(head))
                    .containsExactly(
                            ":method: POST",
                            ":scheme: http",
                            ":authority: app.example",
                            ":path: /a?b",
                            "x-mixed: Case",
                            "x-forwarded-for: 127.0.0.1",
                            "x-forwarded-proto: http",
                            "x-forwarded-port: 80",
                            "forwarded: for=127.0.0.1;proto=http;host=app.example",
                            "x-forwarded-host: app.example",
                            "x-request-id: " + record.id,
                            "sixgate-request-id: " + record.id,
                            "via: 1.1 sixgate",
                            "content-length: 0",
                            "te: trailers");
            assertThat(record.reason).isNull();
            assertThat(edge.leases).containsExactly("b0 succeeded");
        }
    }

    @Test
    void requests_at_once_share_one_connection() throws Exception {
        CountDownLatch all = new CountDownLatch(20);
        try (RawHttp2Backend backend = backend((own, edge) -> {
                    List<Integer> streams = new ArrayList<>();
                    while (streams.size() < 20) {
                        streams.add(own.request(edge).stream());
                        all.countDown();
                    }
                    for (int stream : streams.reversed())
                        edge.headers(stream, false, ":status: 200").data(stream, true, "s" + stream);
                    own.request(edge);
                });
                LoopbackEdge edge = edge(backend, Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            for (int stream = 1; stream < 40; stream += 2) client.get(stream, "/" + stream);
            assertThat(all.await(10, TimeUnit.SECONDS)).isTrue();
            Set<Integer> answered = new HashSet<>();
            while (answered.size() < 20) {
                Frame data = client.next(DATA);
                if (data.endsStream()) answered.add(data.stream());
            }
            assertThat(backend.accepted).hasValue(1);
        }
    }

    @Test
    void more_than_the_backend_takes_at_once_go_over_another_connection() throws Exception {
        try (RawHttp2Backend backend = backend(RawHttp2Client.setting(3, 2), (own, edge) -> {
                    for (Frame head = own.request(edge); head != null; head = own.request(edge))
                        if (lines(head).contains(":path: /now")) edge.headers(head.stream(), true, ":status: 200");
                });
                LoopbackEdge edge = edge(backend, Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.get(1, "/now").next(HEADERS); // its settings are known from here
            for (int stream = 3; stream < 9; stream += 2) client.get(stream, "/hang");
            for (int i = 0; i < 4; i++) backend.heads.take();
            assertThat(backend.accepted).hasValue(2);
        }
    }

    @Test
    void bodies_and_trailers_pass_both_ways() throws Exception {
        try (RawHttp2Backend backend = backend((own, edge) -> {
                    Frame head = own.request(edge);
                    String body = edge.next(DATA).text();
                    Frame trailers = edge.next(HEADERS);
                    edge.headers(head.stream(), false, ":status: 200")
                            .data(head.stream(), false, body)
                            .headers(
                                    head.stream(),
                                    true,
                                    "x-sum: " + trailers.headers().get("x-sum"),
                                    "host: evil");
                    own.request(edge);
                });
                LoopbackEdge edge = edge(backend, Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.post(1, "/").data(1, false, "hello").headers(1, true, "x-sum: 1");
            assertThat(client.next(HEADERS).headers().status()).hasToString("200");
            assertThat(client.next(DATA).text()).isEqualTo("hello");
            Frame trailers = client.next(HEADERS);
            assertThat(trailers.endsStream()).isTrue();
            assertThat(trailers.headers().get("x-sum")).hasToString("1");
            assertThat(trailers.headers().contains("host")).isFalse();
        }
    }

    @Test
    void interim_responses_are_passed_on() throws Exception {
        try (RawHttp2Backend backend = backend((own, edge) -> {
                    int stream = own.request(edge).stream();
                    edge.headers(stream, false, ":status: 103", "link: </a.css>; rel=preload")
                            .headers(stream, true, ":status: 204");
                    own.request(edge);
                });
                LoopbackEdge edge = edge(backend, Http1Server::install);
                RawClient client = edge.client()) {
            client.get("/");
            assertThat(client.readHead()).startsWith("HTTP/1.1 103 ").contains("link: </a.css>; rel=preload\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 204 ");
        }
    }

    @Test
    void a_client_that_does_not_read_stops_its_stream_and_no_other() throws Exception {
        CountDownLatch full = new CountDownLatch(1);
        try (RawHttp2Backend backend = backend((own, edge) -> {
                    int slow = own.request(edge).stream();
                    edge.headers(slow, false, ":status: 200");
                    // As much as the stream's window lets through, which is more than the client's sockets take.
                    int sent = 0;
                    byte[] piece = new byte[16384];
                    for (; sent < BackendSession.STREAM_WINDOW_BYTES; sent += piece.length)
                        edge.frame(DATA, 0, slow, piece);
                    full.countDown();
                    int quick = own.request(edge).stream();
                    edge.headers(quick, false, ":status: 200").data(quick, true, "quick");
                    own.request(edge);
                });
                LoopbackEdge edge = edge(backend, Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.get(1, "/slow"); // the client's window of 65,535 is never widened
            assertThat(full.await(10, TimeUnit.SECONDS)).isTrue();
            client.windowUpdate(0, 1 << 20);
            client.get(3, "/quick");
            String quick = "";
            while (!quick.equals("quick")) {
                Frame frame = client.read();
                if (frame.stream() == 3 && frame.type() == DATA) quick += frame.text();
            }
            assertThat(edge.bytesHeld()).isLessThan(BackendSession.STREAM_WINDOW_BYTES * 3L);
            client.frame(RST_STREAM, 0, 1, new byte[] {0, 0, 0, 8});
        }
    }

    @Test
    void credit_is_given_as_the_client_takes_the_bytes() throws Exception {
        int total = 3 * BackendSession.STREAM_WINDOW_BYTES;
        try (RawHttp2Backend backend = backend((own, edge) -> {
                    int stream = own.request(edge).stream();
                    edge.headers(stream, false, ":status: 200");
                    int window = BackendSession.STREAM_WINDOW_BYTES;
                    for (int sent = 0; sent < total; ) {
                        while (window == 0) {
                            Frame update = edge.next(WINDOW_UPDATE);
                            if (update.stream() == stream)
                                window = ByteBuffer.wrap(update.payload()).getInt();
                        }
                        int size = Math.min(16384, Math.min(window, total - sent));
                        edge.frame(DATA, 0, stream, new byte[size]);
                        sent += size;
                        window -= size;
                    }
                    edge.frame(DATA, RawHttp2Client.END_STREAM, stream, new byte[0]);
                    own.request(edge);
                });
                LoopbackEdge edge = edge(backend, Http1Server::install);
                RawClient client = edge.client()) {
            client.send("GET / HTTP/1.0\r\nHost: app.example\r\n\r\n").readHead();
            String all = client.read(total + 1);
            RequestRecord record = edge.record();
            assertThat(record.reason)
                    .as(record.detail + " after " + all.length())
                    .isNull();
            assertThat(all).hasSize(total);
        }
    }

    @ParameterizedTest
    @CsvSource({"GET, 7, 200", "POST, 7, 200", "GET, 2, 200", "POST, 2, 502"})
    void a_stream_that_was_certainly_not_looked_at_is_tried_again(String method, int error, int status)
            throws Exception {
        // REFUSED_STREAM is proof for every method; INTERNAL_ERROR on a connection that was used before is for safe
        // ones.
        try (RawHttp2Backend backend = backend((own, edge) -> {
                    int number = 0;
                    for (Frame head = own.request(edge); head != null; head = own.request(edge))
                        if (++number == 2) edge.frame(RST_STREAM, 0, head.stream(), new byte[] {0, 0, 0, (byte) error});
                        else edge.headers(head.stream(), true, ":status: 200");
                });
                LoopbackEdge edge = edge(backend, Http1Server::install);
                RawClient client = edge.client()) {
            assertThat(client.get("/").readResponse()).startsWith("HTTP/1.1 200 ");
            client.send(method + " / HTTP/1.1\r\nHost: app.example\r\n\r\n");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 " + status);
        }
    }

    @Test
    void what_a_goaway_leaves_out_is_tried_again_on_a_new_connection_and_the_rest_is_finished() throws Exception {
        try (RawHttp2Backend backend = backend((own, edge) -> {
                    int first = own.request(edge).stream();
                    if (own.accepted.get() == 1) {
                        own.request(edge);
                        edge.frame(GOAWAY, 0, 0, new byte[] {0, 0, 0, (byte) first, 0, 0, 0, 0});
                        own.waitFor(2);
                    }
                    edge.headers(first, true, ":status: 200", "x-connection: " + own.accepted);
                    own.request(edge);
                });
                LoopbackEdge edge = edge(backend, Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            for (int stream : new int[] {1, 3})
                client.headers(
                        stream, true, ":method: POST", ":scheme: http", ":authority: app.example", ":path: /" + stream);
            Set<Integer> answered = new HashSet<>();
            while (answered.size() < 2) {
                Frame head = client.next(HEADERS);
                assertThat(head.headers().status()).hasToString("200");
                answered.add(head.stream());
            }
            assertThat(answered).containsExactlyInAnyOrder(1, 3);
            assertThat(backend.accepted).hasValue(2);
            assertThat(List.of(edge.record(), edge.record())).allMatch(record -> record.reason == null);
        }
    }

    @Test
    void a_connection_that_breaks_fails_what_is_on_it_and_only_that() throws Exception {
        try (RawHttp2Backend backend = backend((own, edge) -> {
                    int stream = own.request(edge).stream();
                    edge.headers(stream, false, ":status: 200").data(stream, false, "half");
                    if (own.accepted.get() == 1) return;
                    edge.data(stream, true, "whole");
                    own.request(edge);
                });
                LoopbackEdge edge = edge(backend, Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.get(1, "/");
            assertThat(client.body(1)).isEqualTo("half[INTERNAL_ERROR]");
            assertThat(edge.record().reason).isEqualTo(Reason.BACKEND_RESET_MID_BODY);
            client.get(3, "/");
            assertThat(client.body(3)).isEqualTo("halfwhole");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        x: 1
        :status: 99
        :status: 101
        :status: 2xx
        :status: 200,:status: 200
        :status: 200,connection: close
        :status: 200,transfer-encoding: chunked
        :status: 200,content-length: 1,content-length: 2
        :status: 200,content-length: -1
        :status: 200,X-Upper: 1
        :status: 200,x: a^b
        :path: /,:status: 200
        x: 1,:status: 200
        """)
    void an_answer_that_is_not_well_formed_is_not_passed_on(String fields) throws Exception {
        try (RawHttp2Backend backend = answering(fields.replace('^', '\r').split(","));
                LoopbackEdge edge = edge(backend, Http1Server::install);
                RawClient client = edge.client()) {
            assertThat(client.get("/").readResponse())
                    .startsWith("HTTP/1.1 502 ")
                    .contains("sixgate-reason: backend_protocol\r\n");
            assertThat(edge.record().reason).isEqualTo(Reason.BACKEND_PROTOCOL);
        }
    }

    @Test
    void a_client_that_leaves_resets_its_stream() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        try (RawHttp2Backend backend = backend((own, edge) -> {
                    own.request(edge);
                    asked.countDown();
                    if (edge.next(RST_STREAM).errorCode() == Http2Error.CANCEL.code()) cancelled.countDown();
                });
                LoopbackEdge edge = edge(backend, Http1Server::install);
                RawClient client = edge.client()) {
            client.get("/");
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            client.leave();
            assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(edge.record().reason).isEqualTo(Reason.CLIENT_RESET);
        }
    }

    private static List<String> lines(Frame head) {
        List<String> lines = new ArrayList<>();
        head.headers().forEach(field -> lines.add(field.getKey() + ": " + field.getValue()));
        return lines;
    }

    /** The same head and no body for every request. */
    private static RawHttp2Backend answering(String... fields) {
        return backend((own, edge) -> {
            for (Frame head = own.request(edge); head != null; head = own.request(edge))
                edge.headers(head.stream(), true, fields);
        });
    }

    private static RawHttp2Backend backend(RawHttp2Backend.Script script) {
        return new RawHttp2Backend(NO_SETTINGS, script);
    }

    private static RawHttp2Backend backend(byte[] settings, RawHttp2Backend.Script script) {
        return new RawHttp2Backend(settings, script);
    }

    private static LoopbackEdge edge(RawHttp2Backend backend, LoopbackEdge.Protocol protocol) {
        return new LoopbackEdge.Options().backends(backend.port()).protocol(H2C).start(protocol);
    }
}
