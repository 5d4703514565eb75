package dev.sixgate.edge.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawClient;
import dev.sixgate.edge.loopback.ScriptedBackend;
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
}
