package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code RequestMirror}: what a real backend gets a copy of, and that nothing of it comes back. */
@Timeout(30)
class MirroredTrafficTest {
    @TempDir
    Path directory;

    private final BlockingQueue<String> copies = new LinkedBlockingQueue<>();
    private final CountDownLatch release = new CountDownLatch(1);
    private EdgeFromJson edge;

    @BeforeEach
    void start() throws Exception {
        edge = new EdgeFromJson(directory);
        int own = edge.backend(exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        int shadow = edge.backend(exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            copies.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " host="
                    + exchange.getRequestHeaders().getFirst("Host") + " edge="
                    + exchange.getRequestHeaders().getFirst("X-Edge") + " from="
                    + exchange.getRequestHeaders().getFirst("X-Forwarded-For") + " body=" + body);
            if (exchange.getRequestURI().getPath().equals("/stuck"))
                try {
                    release.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            exchange.sendResponseHeaders(500, -1);
            exchange.close();
        });
        edge.start("""
            { "web": {
                "backends": [ { "name": "own", "address": "127.0.0.1", "insecure_direct": true } ],
                "services": [ { "name": "web", "internal_port": %d, "ports": [ { "port": %d, "handlers": ["http"] } ],
                  "routes": [
                    { "name": "all", "matches": [ { "path": { "value": "/v1" } } ],
                      "filters": [ { "type": "URLRewrite", "hostname": "inner.example", "path": { "type": "ReplacePrefixMatch", "value": "/" } },
                                   { "type": "RequestHeaderModifier", "set": { "X-Edge": "fra" } },
                                   { "type": "RequestMirror", "backend_ref": { "app": "shadow" } },
                                   { "type": "RequestMirror", "backend_ref": { "app": "down" } } ] },
                    { "name": "none", "matches": [ { "path": { "value": "/none" } } ],
                      "filters": [ { "type": "RequestMirror", "backend_ref": { "app": "shadow", "service": "http" },
                                     "fraction": { "numerator": 0, "denominator": 7 } } ] },
                    { "name": "half", "matches": [ { "path": { "value": "/half" } } ],
                      "filters": [ { "type": "RequestMirror", "backend_ref": { "app": "shadow" }, "percent": 50 } ] } ] } ] },
              "shadow": { "backends": [ { "name": "s", "address": "127.0.0.1", "insecure_direct": true } ],
                "services": [ { "name": "http", "internal_port": %d } ] },
              "down": { "backends": [], "services": [ { "name": "http", "internal_port": 1 } ] } }
            """.formatted(own, edge.port, shadow));
    }

    @AfterEach
    void stop() {
        release.countDown();
        if (edge != null) edge.close();
    }

    private HttpResponse<String> post(String target, String body) throws Exception {
        return edge.client.send(
                HttpRequest.newBuilder(edge.uri(target))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    @Test
    void the_copy_is_what_the_backend_got_and_its_failure_is_nobodys() throws Exception {
        HttpResponse<String> answer = post("/v1/a?q=1", "payload");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("payload");
        assertThat(copies.poll(10, TimeUnit.SECONDS))
                .isEqualTo("POST /a?q=1 host=inner.example edge=fra from=127.0.0.1 body=payload");
    }

    @Test
    void a_copy_that_hangs_delays_no_request() throws Exception {
        for (int i = 0; i < 3; i++)
            assertThat(edge.get("/v1/stuck").statusCode()).isEqualTo(200);
        for (int i = 0; i < 3; i++)
            assertThat(copies.poll(10, TimeUnit.SECONDS)).startsWith("GET /stuck ");
    }

    @Test
    void a_body_above_the_bound_is_served_and_not_copied() throws Exception {
        String large = "x".repeat(Mirrored.MAX_BODY_BYTES + 1);
        assertThat(post("/v1/large", large).body()).hasSize(large.length());
        HttpRequest chunked = HttpRequest.newBuilder(edge.uri("/v1/chunked"))
                .POST(HttpRequest.BodyPublishers.fromPublisher(HttpRequest.BodyPublishers.ofString(large)))
                .build();
        assertThat(edge.client.send(chunked, BodyHandlers.ofString()).body()).hasSize(large.length());
        HttpRequest small = HttpRequest.newBuilder(edge.uri("/v1/small"))
                .POST(HttpRequest.BodyPublishers.fromPublisher(HttpRequest.BodyPublishers.ofString("abc")))
                .build();
        assertThat(edge.client.send(small, BodyHandlers.ofString()).body()).isEqualTo("abc");
        assertThat(copies.poll(10, TimeUnit.SECONDS))
                .as("the large ones would be first")
                .startsWith("POST /small ");
    }

    @Test
    void a_share_of_the_requests_is_copied() throws Exception {
        for (int i = 0; i < 20; i++) assertThat(edge.get("/none").statusCode()).isEqualTo(200);
        for (int i = 0; i < 200; i++) assertThat(edge.get("/half").statusCode()).isEqualTo(200);
        edge.get("/v1/last");
        int halves = 0;
        for (String copy = ""; !copy.contains("/last"); copy = copies.poll(10, TimeUnit.SECONDS))
            if (copy.contains("/half")) halves++;
            else assertThat(copy).isEmpty();
        assertThat(halves).as("of 200, by chance").isBetween(40, 160);
    }

    private static final class Mirrored {
        /** As {@code limits.md} says. */
        static final int MAX_BODY_BYTES = 64 << 10;
    }
}
