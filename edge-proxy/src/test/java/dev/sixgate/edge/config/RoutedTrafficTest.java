package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Routes from the operator's JSON to what real backends see and real clients get. */
@Timeout(30)
class RoutedTrafficTest {
    @TempDir
    Path directory;

    private final CountDownLatch release = new CountDownLatch(1);
    private final AtomicInteger failuresToGive = new AtomicInteger();
    private final AtomicInteger asked = new AtomicInteger();
    private EdgeFromJson edge;

    @BeforeEach
    void start() throws Exception {
        edge = new EdgeFromJson(directory);
        int own = edge.backend(exchange -> answer(exchange, "own"));
        int api = edge.backend(exchange -> answer(exchange, "api"));
        int other = edge.backend(exchange -> answer(exchange, "api"));
        edge.start("""
            {
                "shop": {
                  "backends": [ { "name": "own", "address": "127.0.0.1", "insecure_direct": true } ],
                  "services": [ { "name": "web", "internal_port": %d, "ports": [ { "port": %d, "handlers": ["http"] } ],
                    "routes": [
                      { "name": "api", "matches": [ { "path": { "type": "PathPrefix", "value": "/api" } } ],
                        "filters": [
                          { "type": "URLRewrite", "hostname": "api.internal", "path": { "type": "ReplacePrefixMatch", "value": "/" } },
                          { "type": "RequestHeaderModifier", "set": { "X-Edge": "fra-1" }, "add": { "X-More": "2" }, "remove": ["X-Debug"] },
                          { "type": "ResponseHeaderModifier", "set": { "X-Answer": "edited" }, "remove": ["X-Secret"] } ],
                        "backend_refs": [ { "app": "api", "weight": 1 } ],
                        "retry": { "attempts": 1, "codes": [503], "on": ["connect_failure", "reset_before_response"], "budget_percent": 20 } },
                      { "name": "writes", "matches": [ { "method": "POST", "path": { "value": "/" } } ] },
                      { "name": "slow", "matches": [ { "path": { "type": "Exact", "value": "/slow" } } ], "timeouts": { "request": "200ms" } },
                      { "name": "slow-backend", "matches": [ { "path": { "type": "Exact", "value": "/slow-backend" } } ],
                        "timeouts": { "request": "1h", "backend_request": "200ms" } },
                      { "name": "moved", "matches": [ { "path": { "type": "PathPrefix", "value": "/old" } } ],
                        "filters": [ { "type": "RequestRedirect", "scheme": "https", "hostname": "new.example", "status_code": 301,
                                       "path": { "type": "ReplacePrefixMatch", "value": "/new" } } ] },
                      { "name": "site", "matches": [ { "path": { "value": "/site" } }, { "headers": [ { "name": "X-Canary", "value": "yes" } ] } ] } ] } ]
                },
                "api": {
                  "backends": [ { "name": "a", "address": "127.0.0.1:%d", "insecure_direct": true },
                                { "name": "b", "address": "127.0.0.1:%d", "insecure_direct": true } ],
                  "services": [ { "name": "http", "internal_port": 1 } ]
                }
              }
            """.formatted(own, edge.port, api, other));
    }

    @AfterEach
    void stop() {
        release.countDown();
        if (edge != null) edge.close();
    }

    private void answer(HttpExchange exchange, String name) throws IOException {
        asked.incrementAndGet();
        exchange.getRequestBody().readAllBytes();
        if (exchange.getRequestURI().getPath().startsWith("/slow")) {
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        boolean fails = failuresToGive.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
        var in = exchange.getRequestHeaders();
        byte[] body = (name + " " + exchange.getRequestMethod() + " " + exchange.getRequestURI() + " host="
                        + in.getFirst("Host") + " forwarded-host=" + in.getFirst("X-Forwarded-Host") + " edge="
                        + in.get("X-Edge") + " more=" + in.get("X-More") + " debug=" + in.get("X-Debug"))
                .getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("X-Secret", "s");
        exchange.getResponseHeaders().add("X-Answer", "raw");
        exchange.sendResponseHeaders(fails ? 503 : 200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Test
    void a_prefix_is_rewritten_and_the_request_goes_to_another_app_with_edited_fields() throws Exception {
        HttpResponse<String> answer = edge.get("/api/v1/users?q=1", "X-Debug", "1", "X-Edge", "forged", "X-More", "1");
        assertThat(answer.body())
                .isEqualTo("api GET /v1/users?q=1 host=api.internal forwarded-host=127.0.0.1:" + edge.port
                        + " edge=[fra-1] more=[1, 2] debug=null");
        assertThat(answer.headers().allValues("x-answer")).containsExactly("edited");
        assertThat(answer.headers().allValues("x-secret")).isEmpty();
        assertThat(edge.get("/api").body()).startsWith("api GET / ");
        assertThat(edge.get("/api/../api//x").statusCode()).as("two readings").isEqualTo(400);
        assertThat(edge.get("/x/../api/y").body()).startsWith("api GET /y ");
        assertThat(edge.get("/%61pi/y").body()).startsWith("api GET /y ");
    }

    @Test
    void method_header_and_path_choose_the_route_and_nothing_else_is_served() throws Exception {
        assertThat(edge.get("/site/x").body()).startsWith("own GET /site/x ");
        assertThat(edge.get("/elsewhere", "X-Canary", "yes").body()).startsWith("own GET /elsewhere ");
        HttpResponse<String> lost = edge.get("/elsewhere");
        assertThat(lost.statusCode()).isEqualTo(404);
        assertThat(lost.headers().firstValue("sixgate-reason")).contains("no_route_match");
        HttpRequest post = HttpRequest.newBuilder(edge.uri("/elsewhere"))
                .POST(HttpRequest.BodyPublishers.ofString("body"))
                .build();
        assertThat(edge.client.send(post, HttpResponse.BodyHandlers.ofString()).body())
                .startsWith("own POST /elsewhere ");
    }

    @Test
    void a_redirect_is_answered_by_the_edge_with_its_status() throws Exception {
        HttpResponse<String> answer = edge.get("/old/a/b?q=1");
        assertThat(answer.statusCode()).isEqualTo(301);
        assertThat(answer.headers().firstValue("location")).contains("https://new.example/new/a/b?q=1");
        assertThat(answer.headers().firstValue("sixgate-reason")).contains("redirect");
        assertThat(asked).hasValue(0);
    }

    @Test
    void a_request_that_takes_too_long_ends_with_the_reason_that_fits() throws Exception {
        assertThat(EdgeFromJson.reason(edge.get("/slow"))).isEqualTo("504 request_timeout");
        assertThat(EdgeFromJson.reason(edge.get("/slow-backend"))).isEqualTo("504 backend_request_timeout");
    }

    @Test
    void an_answer_that_is_to_be_tried_again_is_and_once_only() throws Exception {
        failuresToGive.set(1);
        assertThat(edge.get("/api/x").statusCode()).isEqualTo(200);
        assertThat(asked).hasValue(2);
        failuresToGive.set(2);
        assertThat(edge.get("/api/x").statusCode()).as("attempts is 1").isEqualTo(503);
        assertThat(asked).hasValue(4);
    }

    @Test
    void an_outage_spends_the_budget_and_then_costs_one_attempt_a_request() throws Exception {
        failuresToGive.set(Integer.MAX_VALUE);
        for (int i = 0; i < 50; i++) assertThat(edge.get("/api/x").statusCode()).isEqualTo(503);
        // Ten are saved up; fifty requests pay for ten more.
        assertThat(asked.get()).isBetween(60, 71);
    }

    @Test
    void a_body_is_not_sent_twice() throws Exception {
        failuresToGive.set(1);
        HttpRequest post = HttpRequest.newBuilder(edge.uri("/api/x"))
                .POST(HttpRequest.BodyPublishers.ofString("body"))
                .build();
        assertThat(edge.client.send(post, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(503);
        assertThat(asked).hasValue(1);
    }
}
