package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import dev.sixgate.edge.admin.AdminClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Health checks from the JSON to real backends, and what a real client then gets. */
@Timeout(30)
class CheckedTrafficTest {
    private static final int CLOSED_PORT = 1;
    private static final String CHECK = """
        "load_balancing": { "policy": "round_robin" },
        "checks": [ { "path": "/healthz?deep", "headers": { "Host": "shop.example" }, "interval": "100ms" } ]\
        """;

    @TempDir
    Path directory;

    private final AtomicInteger healthOfA = new AtomicInteger(200);
    private final AtomicInteger probesOfA = new AtomicInteger();
    private EdgeFromJson edge;

    @BeforeEach
    void open() throws IOException {
        edge = new EdgeFromJson(directory);
    }

    @AfterEach
    void stop() {
        edge.close();
    }

    private void answerOfA(HttpExchange exchange) throws IOException {
        boolean probe = exchange.getRequestURI().toString().equals("/healthz?deep");
        if (probe) {
            assertThat(exchange.getRequestHeaders().getFirst("Host")).isEqualTo("shop.example");
            probesOfA.incrementAndGet();
        }
        answer(exchange, probe ? healthOfA.get() : 200, "a");
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Test
    void a_backend_whose_check_fails_gets_no_requests_until_it_passes_again() throws Exception {
        int a = edge.backend(this::answerOfA);
        int b = edge.backend(exchange -> answer(exchange, 200, "b"));
        start(CHECK, a, b);
        await(() -> probesOfA.get() > 0);
        assertThat(body() + body()).contains("a", "b");
        healthOfA.set(503);
        await(() -> (body() + body()).equals("bb"));
        for (int i = 0; i < 10; i++) assertThat(body()).isEqualTo("b");
        healthOfA.set(204);
        await(() -> body().equals("a"));
    }

    @Test
    void a_tcp_check_finds_a_closed_port_without_any_request_and_status_says_so() throws Exception {
        int b = edge.backend(exchange -> answer(exchange, 200, "b"));
        start("\"checks\": [ { \"type\": \"tcp\", \"interval\": \"100ms\" } ]", CLOSED_PORT, b);
        Path operators = directory.resolve("admin.sock");
        await(() -> AdminClient.get(operators, "/status").body().contains("its health check fails: no connection"));
        assertThat(body()).isEqualTo("b");
    }

    @Test
    void when_every_check_fails_the_service_says_what_happens() throws Exception {
        int a = edge.backend(this::answerOfA);
        start("\"when_all_unhealthy\": \"fail\", " + CHECK, a, a);
        assertThat(body()).isEqualTo("a");
        healthOfA.set(500);
        await(() -> edge.get("/").statusCode() == 503);
        assertThat(EdgeFromJson.reason(edge.get("/"))).isEqualTo("503 no_healthy_backend");
    }

    private void start(String options, int a, int b) throws Exception {
        edge.start("""
            { "shop": {
                "backends": [
                  { "name": "a", "address": "127.0.0.1:%d", "insecure_direct": true },
                  { "name": "b", "address": "127.0.0.1:%d", "insecure_direct": true } ],
                "services": [ { "name": "web", "internal_port": 8080, %s,
                  "ports": [ { "port": %d, "handlers": ["http"] } ] } ] } }\
            """.formatted(a, b, options, edge.port));
    }

    private String body() throws Exception {
        return edge.get("/").body();
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(Condition condition) throws Exception {
        while (!condition.holds()) Thread.onSpinWait(); // the class's time-out bounds it
    }
}
