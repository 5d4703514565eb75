package dev.sixgate.edge.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawClient;
import dev.sixgate.edge.loopback.ScriptedBackend;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client sees, and the record says, of everything a backend can do wrong. */
@Timeout(60)
class BackendFailureTest {
    private static final String HELLO = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    @Test
    void a_refusing_backend_costs_an_attempt_and_the_next_one_serves() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = new LoopbackEdge.Options()
                        .backends(ScriptedBackend.refusingPort(), backend.port())
                        .start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("POST / HTTP/1.1\r\nHost: app.example\r\nContent-Length: 2\r\n\r\nab");
            assertThat(client.readResponse()).endsWith("hello");
            RequestRecord record = edge.record();
            assertThat(record.attempts).isEqualTo(2);
            assertThat(record.backend).isEqualTo("b1");
            assertThat(record.reason).isNull();
            assertThat(edge.leases).containsExactly("b0 failed", "b1 succeeded");
        }
    }

    @Test
    void when_every_backend_refuses_the_answer_says_so() throws Exception {
        int port = ScriptedBackend.refusingPort();
        try (LoopbackEdge edge = new LoopbackEdge.Options()
                        .backends(port, port, port, port)
                        .start(Http1Server::install);
                RawClient client = edge.client()) {
            assertThat(client.get("/").readResponse())
                    .startsWith("HTTP/1.1 502 Bad Gateway\r\n")
                    .contains("sixgate-reason: backend_refused\r\n")
                    .doesNotContain("connection: close");
            RequestRecord record = edge.record();
            assertThat(record.attempts).as("bounded").isEqualTo(3);
            assertThat(record.reason).isEqualTo(Reason.BACKEND_REFUSED);
            assertThat(record.closedBy).isEqualTo(Side.BACKEND);
            assertThat(edge.leases).containsExactly("b0 failed", "b1 failed", "b2 failed");
        }
    }

    @Test
    void an_app_without_backends_answers_503() throws Exception {
        try (LoopbackEdge edge = new LoopbackEdge.Options().start(Http1Server::install);
                RawClient client = edge.client()) {
            assertThat(client.get("/").readResponse())
                    .startsWith("HTTP/1.1 503 ")
                    .contains("no_backend");
            assertThat(edge.record().reason).isEqualTo(Reason.NO_BACKEND);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 103 Early\r\n\r\n"})
    void a_connection_that_ends_before_a_head_is_a_reset(String sent) throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    connection.send(sent);
                    if (sent.isEmpty()) connection.reset();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.get("/");
            if (sent.contains("103")) client.readHead();
            assertThat(client.readResponse()).startsWith("HTTP/1.1 502 ").contains("sixgate-reason: backend_reset\r\n");
            assertThat(edge.record().reason).isEqualTo(Reason.BACKEND_RESET);
            assertThat(edge.leases).containsExactly("b0 failed");
            assertThat(backend.accepted)
                    .as("a fresh connection is not tried again")
                    .hasValue(1);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        HTTP/1.1 200 OK~Content-Length: 10~~hello                    | false
        HTTP/1.1 200 OK~Content-Length: 10~~hello                    | true
        HTTP/1.1 200 OK~Transfer-Encoding: chunked~~5~hello~         | false
        HTTP/1.1 200 OK~Transfer-Encoding: chunked~~5~hello~0~       | false
        HTTP/1.1 200 OK~~hello                                       | true
        """)
    void a_body_that_breaks_off_breaks_off_for_the_client_too(String response, boolean reset) throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    connection.send(response.replace("~", "\r\n"));
                    seen.await(10, TimeUnit.SECONDS);
                    if (reset) connection.reset();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            assertThat(client.get("/").readHead()).startsWith("HTTP/1.1 200 ");
            seen.countDown();
            assertThat(client.readAll()).contains("hello").doesNotContain("0\r\n\r\n");
            RequestRecord record = edge.record();
            assertThat(record.reason).isEqualTo(Reason.BACKEND_RESET_MID_BODY);
            assertThat(record.status).isEqualTo(200);
            assertThat(record.responseBytes).isEqualTo(5);
            assertThat(edge.leases).containsExactly("b0 failed");
        }
    }

    @Test
    void without_framing_only_a_reset_tells_an_http_1_0_client_that_the_body_broke_off() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
                    seen.await(10, TimeUnit.SECONDS);
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("GET / HTTP/1.0\r\nHost: app.example\r\n\r\n").readHead();
            assertThat(client.read(5)).isEqualTo("hello");
            seen.countDown();
            assertThat(client.readAll()).isEqualTo("[reset]");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        garbage~~
        SSH-2.0-OpenSSH_9.2~~
        HTTP/1.1 OK~~
        HTTP/1.1 99 Low~~
        HTTP/1.1 1000 High~~
        HTTP/2.0 200 OK~~
        HTTP/1.1  200 OK~~
        HTTP/1.1 200 OK~Content-Length: 2~Content-Length: 3~~abc
        HTTP/1.1 200 OK~Content-Length: 2~Transfer-Encoding: chunked~~0~~
        HTTP/1.1 200 OK~Transfer-Encoding: gzip, chunked~~
        HTTP/1.0 200 OK~Transfer-Encoding: chunked~~0~~
        HTTP/1.1 200 OK~Content-Length : 2~~ab
        HTTP/1.1 200 OK~X: a~ b~~
        HTTP/1.1 200 OK~X: a^b~~
        HTTP/1.1 200 OK_Content-Length: 2__ab
        HTTP/1.1 101 Switching Protocols~Upgrade: websocket~Connection: upgrade~~
        """)
    void an_answer_with_two_readings_is_not_passed_on(String row) throws Exception {
        String response = row.replace("~", "\r\n").replace('^', '\r').replace('_', '\n');
        try (ScriptedBackend backend = ScriptedBackend.answering(response);
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            assertThat(client.get("/").readResponse())
                    .startsWith("HTTP/1.1 502 ")
                    .contains("sixgate-reason: backend_protocol\r\n");
            assertThat(edge.record().reason).isEqualTo(Reason.BACKEND_PROTOCOL);
        }
    }

    @Test
    void a_chunk_with_two_readings_ends_the_response() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nX\r\n");
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            assertThat(client.get("/").readAll()).startsWith("HTTP/1.1 200 ").doesNotContain("0\r\n\r\n");
            assertThat(edge.record().reason).isEqualTo(Reason.BACKEND_PROTOCOL);
        }
    }

    @Test
    void bytes_behind_a_response_answer_nobody() throws Exception {
        try (ScriptedBackend backend =
                        ScriptedBackend.answering(HELLO + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            assertThat(client.get("/").readResponse()).endsWith("hello");
            assertThat(client.get("/").readResponse()).endsWith("hello");
            assertThat(backend.accepted)
                    .as("a connection with bytes left over is not reused")
                    .hasValue(2);
        }
    }

    @ParameterizedTest
    @CsvSource({"GET, 200", "PUT, 502", "POST, 502", "DELETE, 200"})
    void a_pooled_connection_that_dies_on_reuse_is_replaced_when_that_is_safe(String method, int status)
            throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    connection.send(HELLO);
                    connection.readHead();
                    connection.reset();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.get("/").readResponse();
            edge.record();
            boolean body = method.startsWith("P");
            client.send(
                    method + " / HTTP/1.1\r\nHost: app.example\r\n" + (body ? "Content-Length: 2\r\n\r\nab" : "\r\n"));
            assertThat(client.readResponse()).startsWith("HTTP/1.1 " + status);
            RequestRecord record = edge.record();
            assertThat(record.connectionReused).isEqualTo(status != 200);
            assertThat(backend.accepted).hasValue(status == 200 ? 2 : 1);
        }
    }

    @Test
    void a_connection_that_the_backend_closed_while_idle_is_not_used() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    connection.send(HELLO);
                    connection.close();
                    closed.countDown();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            for (int i = 0; i < 20; i++) {
                client.send("POST / HTTP/1.1\r\nHost: app.example\r\n\r\n");
                assertThat(client.readResponse()).as("answer " + i).isNotEmpty();
                edge.record();
                // Until only the client's connection is left: the edge has seen the close.
                while (edge.connections.size() > 1) Thread.onSpinWait();
            }
            assertThat(edge.leases).doesNotContain("b0 failed");
        }
    }

    @Test
    void a_client_that_leaves_ends_the_request_at_the_backend() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    asked.countDown();
                    if (connection.readByte() < 0) ended.countDown();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.get("/");
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            client.leave();
            assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
            RequestRecord record = edge.record();
            assertThat(record.reason).isEqualTo(Reason.CLIENT_RESET);
            assertThat(record.closedBy).isEqualTo(Side.CLIENT);
            assertThat(record.status).isEqualTo(499);
            assertThat(edge.leases).containsExactly("b0 abandoned");
        }
    }
}
