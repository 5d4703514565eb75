package dev.sixgate.edge.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.Explanation;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawClient;
import dev.sixgate.edge.loopback.ScriptedBackend;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.ResponseOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who a backend, the log and a redirect believe the client to be, behind a proxy that is trusted and one that is not. */
@Timeout(30)
class TrustedProxyTest {
    private static final HttpOptions WITH_HEADER = new HttpOptions(
            Duration.ofSeconds(10),
            Duration.ofMinutes(10),
            64 << 10,
            100,
            Long.MAX_VALUE,
            128,
            Integer.MAX_VALUE,
            "Fly-Client-IP",
            false,
            ResponseOptions.NONE);
    private static final String CLAIMS =
            "X-Forwarded-For: 6.6.6.6, 203.0.113.7, 127.0.0.9\r\nX-Forwarded-Proto: https\r\n"
                    + "X-Forwarded-Host: shop.example\r\nX-Forwarded-Port: 443\r\nX-Request-Id: trace-1\r\n"
                    + "Fly-Client-IP: 6.6.6.6\r\nFly_Client_IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n";
    private static final String HELLO = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    @Test
    void a_trusted_proxys_word_is_passed_on_without_what_stands_left_of_the_client() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend)
                        .http(WITH_HEADER)
                        .trusted("127.0.0.0/8")
                        .start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("GET / HTTP/1.1\r\nHost: app.example\r\n" + CLAIMS + "\r\n")
                    .readResponse();
            RequestRecord record = edge.record();
            assertThat(backend.heads.take())
                    .isEqualTo("GET / HTTP/1.1\r\nhost: app.example\r\n"
                            + "x-forwarded-for: 203.0.113.7, 127.0.0.9, 127.0.0.1\r\nx-forwarded-proto: https\r\n"
                            + "x-forwarded-port: 443\r\nforwarded: for=203.0.113.7;proto=https;host=shop.example,"
                            + " for=127.0.0.9, for=127.0.0.1\r\nx-forwarded-host: shop.example\r\n"
                            + "Fly-Client-IP: 203.0.113.7\r\nx-request-id: trace-1\r\nsixgate-request-id: "
                            + record.id + "\r\nvia: 1.1 sixgate\r\n\r\n");
            assertThat(record.client.getHostString()).isEqualTo("203.0.113.7");
            assertThat(record.givenId).isEqualTo("trace-1");
            assertThat(Explanation.text(record)).contains("203.0.113.7 through 127.0.0.1:");
            assertThat(Explanation.json(record)).contains("\"client\":\"203.0.113.7\"", "\"given_id\":\"trace-1\"");
        }
    }

    @Test
    void each_request_of_a_trusted_connection_has_a_client_of_its_own() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge =
                        LoopbackEdge.with(backend).trusted("127.0.0.1").start(Http1Server::install);
                RawClient client = edge.client()) {
            for (String one : new String[] {"203.0.113.7", "2001:db8::7"}) {
                client.send("GET / HTTP/1.1\r\nHost: app.example\r\nX-Forwarded-For: " + one + "\r\n\r\n")
                        .readResponse();
                assertThat(backend.heads.take())
                        .contains("x-forwarded-for: " + one + ", 127.0.0.1\r\n", "x-forwarded-proto: http\r\n");
                edge.record();
            }
            client.get("/").readResponse();
            assertThat(backend.heads.take()).contains("x-forwarded-for: 127.0.0.1\r\n");
        }
    }

    @Test
    void anybody_elses_claims_are_replaced() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend)
                        .http(WITH_HEADER)
                        .trusted("192.0.2.0/24")
                        .start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("GET / HTTP/1.1\r\nHost: app.example\r\n" + CLAIMS + "\r\n")
                    .readResponse();
            RequestRecord record = edge.record();
            assertThat(backend.heads.take())
                    .contains(
                            "x-forwarded-for: 127.0.0.1\r\nx-forwarded-proto: http\r\n", "Fly-Client-IP: 127.0.0.1\r\n")
                    .contains("x-request-id: " + record.id + "\r\n")
                    .doesNotContain("6.6.6.6", "shop.example", "trace-1", "Fly_Client_IP");
            assertThat(record.client.getHostString()).isEqualTo("127.0.0.1");
            assertThat(record.proxy).isNull();
        }
    }

    @Test
    void https_that_ended_at_a_trusted_proxy_is_not_redirected_again() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend)
                        .forceHttps(443)
                        .trusted("127.0.0.1")
                        .start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("GET / HTTP/1.1\r\nHost: app.example\r\nX-Forwarded-Proto: https\r\n\r\n");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ");
            assertThat(client.get("/").readResponse()).startsWith("HTTP/1.1 308 ");
        }
    }
}
