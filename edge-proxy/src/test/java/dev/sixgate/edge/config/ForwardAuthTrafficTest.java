package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
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

/** {@code ForwardAuth}: what the other service is asked, and what becomes of each of its answers. */
@Timeout(30)
class ForwardAuthTrafficTest {
    @TempDir
    Path directory;

    private final BlockingQueue<String> questions = new LinkedBlockingQueue<>();
    private final CountDownLatch release = new CountDownLatch(1);
    private EdgeFromJson edge;

    @BeforeEach
    void start() throws Exception {
        edge = new EdgeFromJson(directory);
        int own = edge.backend(exchange -> {
            Headers fields = exchange.getRequestHeaders();
            String seen = fields.get("X-User") + " " + fields.get("X-Roles") + " uri=" + exchange.getRequestURI() + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            answer(exchange, 200, seen);
        });
        int auth = edge.backend(this::judge);
        edge.start("""
            { "web": {
                "backends": [ { "name": "own", "address": "127.0.0.1", "insecure_direct": true } ],
                "services": [ { "name": "web", "internal_port": %d, "ports": [ { "port": %d, "handlers": ["http"] } ],
                  "routes": [
                    { "name": "asked", "matches": [ { "path": { "value": "/v1" } } ],
                      "filters": [ { "type": "URLRewrite", "path": { "type": "ReplacePrefixMatch", "value": "/" } },
                                   { "type": "ForwardAuth", "backend_ref": { "app": "auth", "service": "http" }, "path": "/verify",
                                     "copy_headers": ["X-User", "X-Roles"] } ] },
                    { "name": "impatient", "matches": [ { "path": { "value": "/impatient" } } ],
                      "filters": [ { "type": "ForwardAuth", "backend_ref": { "app": "auth" }, "path": "/verify", "timeout": "20ms" } ] },
                    { "name": "down", "matches": [ { "path": { "value": "/down" } } ],
                      "filters": [ { "type": "ForwardAuth", "backend_ref": { "app": "down" }, "path": "/verify" } ] } ] } ] },
              "auth": { "backends": [ { "name": "s", "address": "127.0.0.1", "insecure_direct": true } ],
                "services": [ { "name": "http", "internal_port": %d } ] },
              "down": { "backends": [], "services": [ { "name": "http", "internal_port": 1 } ] } }
            """.formatted(own, edge.port, auth));
    }

    @AfterEach
    void stop() {
        release.countDown();
        if (edge != null) edge.close();
    }

    private void judge(HttpExchange exchange) throws IOException {
        Headers fields = exchange.getRequestHeaders();
        questions.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " for "
                + fields.get("X-Forwarded-Method") + fields.get("X-Forwarded-Uri") + fields.get("X-Forwarded-For")
                + fields.get("X-Forwarded-Proto") + " user=" + fields.get("X-User") + " range=" + fields.get("Range")
                + " body=" + exchange.getRequestBody().readAllBytes().length);
        String token = String.valueOf(fields.getFirst("X-Token"));
        switch (token) {
            case "good" -> {
                exchange.getResponseHeaders().set("X-User", "ann");
                exchange.getResponseHeaders().add("X-Roles", "a");
                exchange.getResponseHeaders().add("X-Roles", "b");
                answer(exchange, 204, "");
            }
            case "login" -> {
                exchange.getResponseHeaders().set("Location", "https://login.example/?back=1");
                exchange.getResponseHeaders().add("Set-Cookie", "state=1");
                exchange.getResponseHeaders().add("Set-Cookie", "more=2");
                exchange.getResponseHeaders().set("Content-Type", "text/html");
                answer(exchange, 302, "<a>log in</a>");
            }
            case "broken" -> answer(exchange, 500, "stack trace");
            case "long" -> answer(exchange, 403, "x".repeat(70_000));
            case "slow" -> {
                try {
                    release.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                exchange.close();
            }
            default -> answer(exchange, 401, "who are you?");
        }
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Test
    void the_question_says_what_was_asked_for_and_what_the_answer_names_reaches_the_backend() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(edge.uri("/v1/a?q=1"))
                .headers("X-Token", "good", "X-User", "root", "X_Roles", "admin", "Range", "bytes=0-1")
                .headers("X-Forwarded-Uri", "/public", "X-Forwarded-Method", "HEAD")
                .POST(HttpRequest.BodyPublishers.ofString("payload"))
                .build();
        HttpResponse<String> answer = edge.client.send(request, BodyHandlers.ofString());
        assertThat(answer.body()).isEqualTo("[ann] [a, b] uri=/a?q=1 payload");
        assertThat(questions.poll(10, TimeUnit.SECONDS))
                .isEqualTo("GET /verify for [POST][/v1/a?q=1][127.0.0.1][http] user=null range=null body=0");
    }

    @Test
    void a_refusal_is_the_clients_answer_as_it_is() throws Exception {
        HttpResponse<String> login = edge.get("/v1/a", "X-Token", "login");
        assertThat(EdgeFromJson.reason(login)).isEqualTo("302 auth_denied");
        assertThat(login.body()).isEqualTo("<a>log in</a>");
        assertThat(login.headers().allValues("set-cookie")).containsExactly("state=1", "more=2");
        assertThat(login.headers().allValues("location")).containsExactly("https://login.example/?back=1");
        assertThat(login.headers().allValues("content-type")).containsExactly("text/html");
        assertThat(login.headers().allValues("date")).hasSize(1);
        assertThat(login.headers().allValues("sixgate-request-id")).hasSize(1);
        HttpResponse<String> unknown = edge.get("/v1/a");
        assertThat(EdgeFromJson.reason(unknown)).isEqualTo("401 auth_denied");
        assertThat(unknown.body()).isEqualTo("who are you?");
    }

    @Test
    void without_a_usable_answer_nobody_passes() throws Exception {
        for (String token : new String[] {"broken", "long"}) {
            HttpResponse<String> answer = edge.get("/v1/a", "X-Token", token);
            assertThat(EdgeFromJson.reason(answer)).as(token).isEqualTo("503 auth_unavailable");
            assertThat(answer.body()).doesNotContain("stack trace", "xxx");
        }
        assertThat(EdgeFromJson.reason(edge.get("/impatient", "X-Token", "slow")))
                .isEqualTo("503 auth_unavailable");
        assertThat(EdgeFromJson.reason(edge.get("/down"))).isEqualTo("503 auth_unavailable");
    }
}
