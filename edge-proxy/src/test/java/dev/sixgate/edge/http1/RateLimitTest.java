package dev.sixgate.edge.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawClient;
import dev.sixgate.edge.loopback.ScriptedBackend;
import dev.sixgate.edge.servicemap.HttpRoute;
import dev.sixgate.edge.servicemap.HttpRoute.PathType;
import dev.sixgate.edge.servicemap.RateLimit;
import dev.sixgate.edge.servicemap.RateLimit.Key;
import dev.sixgate.edge.servicemap.RateLimit.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client that is over its limit is told, while others are served. */
@Timeout(30)
class RateLimitTest {
    private static final long HOUR = 3_600_000_000_000L;
    private static final String HELLO = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    private static final Key CLIENT = new Key(Kind.CLIENT_IP, "");

    @Test
    void a_client_over_its_limit_is_told_when_to_come_back_and_its_connection_lives_on() throws Exception {
        RateLimit limit = new RateLimit("per-client", List.of(CLIENT), null, HOUR, 2);
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend)
                        .limits(limit)
                        .trusted("127.0.0.1")
                        .start(Http1Server::install);
                RawClient client = edge.client()) {
            for (int i = 0; i < 2; i++) {
                assertThat(from(client, "203.0.113.7", "/")).startsWith("HTTP/1.1 200 ");
                edge.record();
            }
            assertThat(from(client, "203.0.113.7", "/"))
                    .startsWith("HTTP/1.1 429 ")
                    .contains("retry-after: 3600\r\n", "sixgate-reason: rate_limited\r\n")
                    .doesNotContain("connection: close");
            RequestRecord record = edge.record();
            assertThat(record.reason).isEqualTo(Reason.RATE_LIMITED);
            assertThat(record.detail).isEqualTo("limit per-client");
            assertThat(record.attempts).isZero();
            assertThat(from(client, "203.0.113.8", "/")).as("another client").startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void a_path_cannot_be_disguised() throws Exception {
        RateLimit limit =
                new RateLimit("login", List.of(CLIENT), new HttpRoute.Path(PathType.EXACT, "/login"), HOUR, 1);
        try (ScriptedBackend backend = ScriptedBackend.answering(HELLO);
                LoopbackEdge edge = LoopbackEdge.with(backend).limits(limit).start(Http1Server::install);
                RawClient client = edge.client()) {
            assertThat(client.get("/login?a").readResponse()).startsWith("HTTP/1.1 200 ");
            for (String path : new String[] {"/login", "/%6cogin", "/x/../login", "/login?b"})
                assertThat(client.get(path).readResponse()).as(path).startsWith("HTTP/1.1 429 ");
            assertThat(client.get("/logout").readResponse()).startsWith("HTTP/1.1 200 ");
        }
    }

    private static String from(RawClient client, String address, String path) throws Exception {
        return client.send("GET " + path + " HTTP/1.1\r\nHost: app.example\r\nX-Forwarded-For: " + address + "\r\n\r\n")
                .readResponse();
    }
}
