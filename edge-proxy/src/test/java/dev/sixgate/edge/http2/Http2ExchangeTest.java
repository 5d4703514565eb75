package dev.sixgate.edge.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawHttp2Client;
import dev.sixgate.edge.loopback.RawHttp2Client.Frame;
import dev.sixgate.edge.loopback.ScriptedBackend;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.ResponseOptions;
import io.netty.handler.codec.http2.Http2Error;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whole exchanges of HTTP/2 clients with HTTP/1 backends. */
@Timeout(60)
class Http2ExchangeTest {
    private static final String HELLO =
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-From: Backend\r\nConnection: keep-alive\r\n\r\nhello";

    @Test
    void a_request_becomes_http_1_1_and_its_answer_http_2() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.headers(
                    1,
                    true,
                    ":method: GET",
                    ":scheme: http",
                    ":authority: APP.example",
                    ":path: /a?b#c",
                    "cookie: a=1",
                    "accept: */*",
                    "cookie: b=2",
                    "te: trailers",
                    "x-forwarded-for: 6.6.6.6");
            Frame head = client.next(RawHttp2Client.HEADERS);
            RequestRecord record = edge.record();
            assertThat(head.headers().status()).hasToString("200");
            assertThat(head.headers().get("x-from")).hasToString("Backend");
            assertThat(head.headers().get("content-length")).hasToString("5");
            assertThat(head.headers().get("via")).hasToString("1.1 sixgate");
            assertThat(head.headers().get("sixgate-request-id")).hasToString(record.id);
            assertThat(head.headers().contains("connection")).isFalse();
            Frame data = client.next(RawHttp2Client.DATA);
            assertThat(data.text()).isEqualTo("hello");
            assertThat(data.endsStream()).isTrue();
            assertThat(backend.heads.take())
                    .isEqualTo("GET /a?b HTTP/1.1\r\nhost: app.example\r\naccept: */*\r\ncookie: a=1; b=2\r\n"
                            + "x-forwarded-for: 127.0.0.1\r\nx-forwarded-proto: http\r\nx-forwarded-port: 80\r\n"
                            + "forwarded: for=127.0.0.1;proto=http;host=app.example\r\n"
                            + "x-forwarded-host: app.example\r\nx-request-id: " + record.id + "\r\n"
                            + "sixgate-request-id: " + record.id + "\r\nvia: 2.0 sixgate\r\n"
                            + "connection: te\r\nte: trailers\r\n\r\n");
            assertThat(record.protocol).isEqualTo("h2");
            assertThat(record.reason).isNull();
            assertThat(record.status).isEqualTo(200);
        }
    }

    @Test
    void bodies_and_trailers_pass_both_ways() throws Exception {
        String framed = "5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n";
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    String received = connection.read(framed.length());
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + received);
                    connection.readByte();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.post(1, "/").data(1, false, "hello").headers(1, true, "x-sum: 1", "host: evil");
            assertThat(client.next(RawHttp2Client.HEADERS).headers().status()).hasToString("200");
            assertThat(client.next(RawHttp2Client.DATA).text()).isEqualTo("hello");
            Frame trailers = client.next(RawHttp2Client.HEADERS);
            assertThat(trailers.endsStream()).isTrue();
            assertThat(trailers.headers().get("x-sum")).hasToString("1");
            assertThat(backend.heads.take()).contains("transfer-encoding: chunked\r\n");
            assertThat(edge.record().requestBytes).isEqualTo(5);
        }
    }

    @Test
    void a_head_request_a_204_and_an_empty_body_end_with_their_head() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    for (String head = connection.readHead(); head != null; head = connection.readHead())
                        connection.send(
                                head.contains("/204")
                                        ? "HTTP/1.1 204 No Content\r\n\r\n"
                                        : "HTTP/1.1 200 OK\r\nContent-Length: " + (head.startsWith("HEAD") ? 7 : 0)
                                                + "\r\n\r\n");
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.headers(1, true, ":method: HEAD", ":scheme: http", ":authority: app.example", ":path: /");
            Frame head = client.next(RawHttp2Client.HEADERS);
            assertThat(head.endsStream()).isTrue();
            assertThat(head.headers().get("content-length")).hasToString("7");
            client.get(3, "/204");
            Frame noContent = client.next(RawHttp2Client.HEADERS);
            assertThat(noContent.endsStream()).isTrue();
            assertThat(noContent.headers().contains("content-length")).isFalse();
            client.get(5, "/");
            assertThat(client.next(RawHttp2Client.HEADERS).endsStream()).isTrue();
        }
    }

    @Test
    void two_hundred_streams_at_once_are_two_hundred_answers() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    for (String head = connection.readHead(); head != null; head = connection.readHead()) {
                        String path = head.substring(4, head.indexOf(" HTTP"));
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + path.length() + "\r\n\r\n" + path);
                    }
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client first = new RawHttp2Client(edge);
                RawHttp2Client second = new RawHttp2Client(edge)) {
            for (int stream = 1; stream < 200; stream += 2) {
                first.get(stream, "/first/" + stream);
                second.get(stream, "/second/" + stream);
            }
            assertThat(bodies(first, 100)).hasSize(100).allMatch(path -> path.startsWith("/first/"));
            assertThat(bodies(second, 100)).hasSize(100).allMatch(path -> path.startsWith("/second/"));
            for (int i = 0; i < 200; i++) assertThat(edge.record().reason).isNull();
            assertThat(backend.failures).isEmpty();
        }
    }

    private static Set<String> bodies(RawHttp2Client client, int count) {
        Set<String> bodies = new HashSet<>();
        for (int i = 0; i < count; i++) {
            Frame data = client.next(RawHttp2Client.DATA);
            bodies.add(data.text());
            assertThat(data.text()).endsWith("/" + data.stream());
        }
        return bodies;
    }

    @Test
    void interim_responses_are_passed_on() throws Exception {
        try (ScriptedBackend backend =
                        ScriptedBackend.answering("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.get(1, "/");
            assertThat(client.next(RawHttp2Client.HEADERS).headers().status()).hasToString("103");
            assertThat(client.next(RawHttp2Client.HEADERS).headers().status()).hasToString("200");
        }
    }

    @Test
    void our_own_answers_name_reason_and_id() throws Exception {
        try (LoopbackEdge edge = new LoopbackEdge.Options().start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.post(1, "/");
            Frame head = client.next(RawHttp2Client.HEADERS);
            RequestRecord record = edge.record();
            assertThat(head.headers().status()).hasToString("503");
            assertThat(head.headers().get("sixgate-reason")).hasToString("no_backend");
            assertThat(head.headers().get("sixgate-request-id")).hasToString(record.id);
            assertThat(client.next(RawHttp2Client.DATA).text())
                    .startsWith("no_backend: ")
                    .contains(record.id);
            Frame reset = client.next(RawHttp2Client.RST_STREAM);
            assertThat(reset.errorCode()).as("stop sending, all is well").isEqualTo((int) Http2Error.NO_ERROR.code());
        }
    }

    @Test
    void a_body_that_breaks_off_resets_the_stream_and_nothing_else() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    String head = connection.readHead();
                    if (head != null && head.startsWith("GET /broken")) {
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
                        seen.await(10, TimeUnit.SECONDS);
                        return;
                    }
                    connection.send(HELLO);
                    connection.readByte();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.get(1, "/broken");
            assertThat(client.next(RawHttp2Client.DATA).text()).isEqualTo("hello");
            seen.countDown();
            Frame reset = client.next(RawHttp2Client.RST_STREAM);
            assertThat(Http2Error.valueOf(reset.errorCode())).isEqualTo(Http2Error.INTERNAL_ERROR);
            assertThat(edge.record().reason).isEqualTo(Reason.BACKEND_RESET_MID_BODY);
            client.get(3, "/");
            assertThat(client.body(3)).isEqualTo("hello");
        }
    }

    @Test
    void a_reset_stream_ends_the_request_at_the_backend() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    asked.countDown();
                    if (connection.readByte() < 0) ended.countDown();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.get(1, "/");
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            client.frame(RawHttp2Client.RST_STREAM, 0, 1, new byte[] {0, 0, 0, 8});
            assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
            RequestRecord record = edge.record();
            assertThat(record.reason).isEqualTo(Reason.CLIENT_RESET);
            assertThat(record.closedBy).isEqualTo(Side.CLIENT);
            assertThat(record.detail).contains("CANCEL");
            assertThat(edge.leases).containsExactly("b0 abandoned");
        }
    }

    @Test
    void a_connection_that_had_all_the_requests_it_may_is_drained() throws Exception {
        HttpOptions two = new HttpOptions(
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                64 << 10,
                100,
                Long.MAX_VALUE,
                128,
                2,
                null,
                false,
                ResponseOptions.NONE);
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).http(two).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.get(1, "/");
            assertThat(client.body(1)).isEqualTo("hello");
            client.get(3, "/");
            Frame warning = client.next(RawHttp2Client.GOAWAY);
            assertThat(warning.payload()).startsWith(0x7f, 0xff, 0xff, 0xff);
            Frame ping = client.next(RawHttp2Client.PING);
            client.get(5, "/still-on-its-way");
            client.frame(RawHttp2Client.PING, RawHttp2Client.ACK, 0, ping.payload());
            Set<Integer> answered = new HashSet<>();
            boolean last = false;
            for (Frame frame = client.read(); frame != null; frame = client.read()) {
                if (frame.endsStream()) answered.add(frame.stream());
                if (frame.type() == RawHttp2Client.GOAWAY) {
                    last = true;
                    assertThat(frame.payload()).startsWith(0, 0, 0, 5, 0, 0, 0, 0);
                }
            }
            assertThat(last).isTrue();
            assertThat(answered).containsExactlyInAnyOrder(3, 5);
        }
    }

    @Test
    void draining_lets_streams_end_and_then_the_connection() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    asked.countDown();
                    answer.await(10, TimeUnit.SECONDS);
                    connection.send(HELLO);
                    connection.readByte();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            client.get(1, "/");
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            edge.drain();
            Frame warning = client.next(RawHttp2Client.GOAWAY);
            assertThat(warning.payload()).startsWith(0x7f, 0xff, 0xff, 0xff);
            Frame ping = client.next(RawHttp2Client.PING);
            client.get(3, "/still-on-its-way");
            client.frame(RawHttp2Client.PING, RawHttp2Client.ACK, 0, ping.payload());
            Frame last = client.next(RawHttp2Client.GOAWAY);
            assertThat(last.payload()).startsWith(0, 0, 0, 3);
            answer.countDown();
            Set<Integer> answered = new HashSet<>();
            for (Frame frame = client.read(); frame != null; frame = client.read())
                if (frame.endsStream()) answered.add(frame.stream());
            assertThat(answered).containsExactlyInAnyOrder(1, 3);
        }
    }
}
