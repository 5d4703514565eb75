package dev.sixgate.edge.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.http.TlsFacts;
import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawClient;
import dev.sixgate.edge.loopback.ScriptedBackend;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Whole exchanges of HTTP/1 clients with HTTP/1 backends: what each side sees, byte for byte. */
class Http1ExchangeTest {
    private static final String HELLO = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-From: backend\r\n\r\nhello";

    @Test
    void a_request_is_written_anew_and_its_answer_comes_back() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("""
                GET /a/b?c=d#fragment HTTP/1.1\r
                Host: APP.example:80\r
                X-Forwarded-For: 6.6.6.6\r
                X_Forwarded_Proto: https\r
                X-Real-IP: 6.6.6.6\r
                Forwarded: for=6.6.6.6\r
                Sixgate-Request-Id: forged\r
                Connection: keep-alive, X-Secret\r
                Keep-Alive: timeout=5\r
                X-Secret: hop\r
                Proxy: http://evil\r
                Accept: */*\r
                \r
                """);
            String response = client.readResponse();
            RequestRecord record = edge.record();
            assertThat(response)
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .contains("X-From: backend\r\n", "via: 1.1 sixgate\r\n", "sixgate-request-id: " + record.id)
                    .contains("date: ")
                    .endsWith("\r\n\r\nhello");
            assertThat(backend.heads.take())
                    .isEqualTo("GET /a/b?c=d HTTP/1.1\r\nhost: app.example:80\r\nAccept: */*\r\n"
                            + "x-forwarded-for: 127.0.0.1\r\nx-forwarded-proto: http\r\nx-forwarded-port: 80\r\n"
                            + "forwarded: for=127.0.0.1;proto=http;host=\"app.example:80\"\r\n"
                            + "x-forwarded-host: app.example:80\r\n"
                            + "x-request-id: " + record.id + "\r\nsixgate-request-id: " + record.id + "\r\n"
                            + "via: 1.1 sixgate\r\n\r\n");
            assertThat(record.status).isEqualTo(200);
            assertThat(record.reason).isNull();
            assertThat(record.host).isEqualTo("app.example");
            assertThat(record.path).isEqualTo("/a/b");
            assertThat(record.backend).isEqualTo("b0");
            assertThat(record.responseBytes).isEqualTo(5);
            assertThat(record.attempts).isEqualTo(1);
            assertThat(record.peer).isEqualTo("described");
            assertThat(record.connectNanos).isPositive();
            assertThat(record.firstByteNanos).isPositive();
            assertThat(record.endNanos).isGreaterThanOrEqualTo(record.firstByteNanos);
            assertThat(edge.leases).containsExactly("b0 succeeded");
        }
    }

    @Test
    void connections_are_kept_on_both_sides() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.get("/" + i).readResponse()).endsWith("hello");
                assertThat(edge.record().connectionReused).isEqualTo(i > 0);
            }
            assertThat(backend.accepted).hasValue(1);
        }
    }

    @Test
    void pipelined_requests_are_answered_one_at_a_time_and_in_order() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    for (String head = connection.readHead(); head != null; head = connection.readHead()) {
                        String path = head.substring(4, 6);
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + path);
                    }
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            StringBuilder requests = new StringBuilder();
            for (int i = 0; i < 5; i++)
                requests.append("GET /").append(i).append(" HTTP/1.1\r\nHost: app.example\r\n\r\n");
            requests.append("GET /x HTTP/1.1\r\nHost: unknown.example\r\n\r\n");
            requests.append("GET /5 HTTP/1.1\r\nHost: app.example\r\n\r\n");
            client.send(requests.toString());
            for (int i = 0; i < 5; i++) assertThat(client.readResponse()).endsWith("/" + i);
            assertThat(client.readResponse()).startsWith("HTTP/1.1 404 ");
            assertThat(client.readResponse()).endsWith("/5");
            assertThat(backend.accepted).hasValue(1);
        }
    }

    @Test
    void interim_responses_are_passed_on() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: X\r\nX: y\r\n\r\n");
                    connection.send("HTTP/1.1 100 Continue\r\n\r\n");
                    String body = connection.read(4);
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + body);
                    connection.readByte();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("POST / HTTP/1.1\r\nHost: app.example\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.readHead()).isEqualTo("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
            assertThat(client.readHead()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            client.send("body");
            assertThat(client.readResponse())
                    .doesNotContain("connection: close")
                    .endsWith("body");
            assertThat(backend.heads.take()).contains("Expect: 100-continue\r\n", "content-length: 4\r\n");
        }
    }

    @Test
    void a_client_that_was_refused_instead_of_continued_must_use_a_new_connection() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("POST / HTTP/1.1\r\nHost: app.example\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.readAll()).startsWith("HTTP/1.1 401 ").contains("connection: close\r\n");
        }
    }

    @Test
    void a_response_that_comes_before_the_body_is_complete_is_passed_on_at_once() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("POST / HTTP/1.1\r\nHost: app.example\r\nContent-Length: 10\r\n\r\n12345");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 403 ").endsWith("no");
            // The rest of the body is still a body, and then the connection serves on.
            client.send("67890GET / HTTP/1.1\r\nHost: app.example\r\n\r\n");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 403 ").endsWith("no");
            assertThat(edge.record().reason).isNull();
            assertThat(edge.record().reason).isNull();
            assertThat(backend.accepted)
                    .as("a connection with half a request on it is not reused")
                    .hasValue(2);
        }
    }

    @Test
    void options_is_counted_at_each_hop_and_ends_where_it_says() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("OPTIONS * HTTP/1.1\r\nHost: app.example\r\nMax-Forwards: 2\r\n\r\n");
            assertThat(client.readResponse()).endsWith("hello");
            assertThat(backend.heads.take())
                    .startsWith("OPTIONS * HTTP/1.1\r\n")
                    .contains("max-forwards: 1\r\n")
                    .doesNotContain("Max-Forwards: 2");
            edge.record();
            client.send("OPTIONS /a HTTP/1.1\r\nHost: app.example\r\nMax-Forwards: 0\r\n\r\n");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ").contains("sixgate-reason: max_forwards\r\n");
            assertThat(edge.record().attempts).isZero();
            client.send("GET / HTTP/1.1\r\nHost: app.example\r\nMax-Forwards: 0\r\n\r\n");
            assertThat(client.readResponse()).as("it counts for OPTIONS only").endsWith("hello");
            client.send("OPTIONS / HTTP/1.1\r\nHost: app.example\r\nMax-Forwards: many\r\n\r\n");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 400 ");
        }
    }

    @Test
    void an_upgrade_to_anything_else_stays_http() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("GET / HTTP/1.1\r\nHost: app.example\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                    + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n");
            assertThat(client.readResponse()).endsWith("hello");
            assertThat(backend.heads.take())
                    .doesNotContainIgnoringCase("upgrade")
                    .doesNotContainIgnoringCase("settings");
        }
    }

    @Test
    void a_plain_request_is_sent_to_https_where_the_service_says_so() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).forceHttps(8443).start(Http1Server::install);
                RawClient client = edge.client()) {
            assertThat(client.send("GET /a?b HTTP/1.1\r\nHost: app.example:8080\r\n\r\n")
                            .readResponse())
                    .startsWith("HTTP/1.1 308 Permanent Redirect\r\n")
                    .contains("location: https://app.example:8443/a?b\r\n", "sixgate-reason: force_https\r\n");
            assertThat(edge.record().reason).isEqualTo(Reason.FORCE_HTTPS);
            assertThat(backend.accepted).hasValue(0);
        }
    }

    @Test
    void a_name_that_this_tls_connection_was_not_made_for_is_misdirected() throws Exception {
        TlsFacts facts = new TlsFacts("app.example", "TLSv1.3", "TLS_AES_128_GCM_SHA256", 1);
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).tls(facts).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("GET / HTTP/1.1\r\nHost: other.example\r\n\r\n");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 421 ").contains("sixgate-reason: misdirected\r\n");
            assertThat(client.get("/").readResponse()).endsWith("hello");
            assertThat(backend.heads.take()).contains("x-forwarded-proto: https\r\n", ";proto=https;");
            assertThat(edge.record().tlsVersion).isEqualTo("TLSv1.3");
        }
    }

    @Test
    void draining_ends_idle_connections_at_once_and_busy_ones_after_their_response() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    asked.countDown();
                    answer.await(10, TimeUnit.SECONDS);
                    connection.send(HELLO);
                    connection.readByte();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient busy = edge.client();
                RawClient idle = edge.client()) {
            idle.send("GET / HTTP/1.1\r\nHost: unknown.example\r\n\r\n").readResponse();
            busy.get("/");
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            edge.drain();
            assertThat(idle.readAll()).isEmpty();
            answer.countDown();
            assertThat(busy.readAll()).contains("connection: close\r\n").endsWith("hello");
        }
    }
}
