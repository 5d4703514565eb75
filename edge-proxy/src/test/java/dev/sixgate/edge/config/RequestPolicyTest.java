package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code timeouts} and {@code retry} of defaults, services and routes, and what routes say of regions and sessions. */
@Timeout(30)
class RequestPolicyTest {
    @TempDir
    Path directory;

    private final CountDownLatch release = new CountDownLatch(1);
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();
    private EdgeFromJson edge;

    @AfterEach
    void stop() {
        release.countDown();
        if (edge != null) edge.close();
    }

    private int backend(String name) throws IOException {
        return edge.backend(exchange -> answer(exchange, name));
    }

    private void answer(HttpExchange exchange, String name) throws IOException {
        asked.incrementAndGet();
        if (exchange.getRequestURI().getPath().startsWith("/stuck"))
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        boolean fails = failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
        byte[] body = name.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(fails ? 503 : 200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Test
    void a_service_takes_what_it_does_not_say_from_the_defaults_and_a_route_from_its_service() throws Exception {
        edge = new EdgeFromJson(directory);
        edge.start("""
            { "web": {
                "backends": [ { "name": "a", "address": "127.0.0.1:%d", "insecure_direct": true } ],
                "services": [ { "name": "web", "internal_port": 1, "ports": [ { "port": %d, "handlers": ["http"] } ],
                  "retry": { "codes": [503], "budget_percent": 100 },
                  "routes": [ { "name": "all" },
                              { "name": "never", "matches": [ { "path": { "value": "/never" } } ], "retry": { "attempts": 0 } },
                              { "name": "later", "matches": [ { "path": { "value": "/stuck/backend" } } ],
                                "timeouts": { "request": "1h", "backend_request": "150ms" } } ] } ] } },
              "defaults": { "timeouts": { "request": "1s" }, "retry": { "attempts": 1 } }
            """.formatted(backend("a"), edge.port));
        assertThat(EdgeFromJson.reason(edge.get("/stuck"))).isEqualTo("504 request_timeout");
        assertThat(EdgeFromJson.reason(edge.get("/stuck/backend"))).isEqualTo("504 backend_request_timeout");
        asked.set(0);
        failures.set(1);
        assertThat(edge.get("/x").statusCode()).isEqualTo(200);
        assertThat(asked).as("codes of the service, attempts of the defaults").hasValue(2);
        failures.set(1);
        assertThat(edge.get("/never").statusCode()).isEqualTo(503);
        assertThat(asked).hasValue(3);
    }

    @Test
    void a_service_without_routes_has_its_own_words() throws Exception {
        edge = new EdgeFromJson(directory);
        edge.start("""
            { "web": {
                "backends": [ { "name": "a", "address": "127.0.0.1:%d", "insecure_direct": true } ],
                "services": [ { "name": "web", "internal_port": 1, "ports": [ { "port": %d, "handlers": ["http"] } ],
                  "timeouts": { "request": "1s" }, "retry": { "attempts": 1, "codes": [503], "budget_percent": 100 } } ] } }
            """.formatted(backend("a"), edge.port));
        assertThat(EdgeFromJson.reason(edge.get("/stuck"))).isEqualTo("504 request_timeout");
        asked.set(0);
        failures.set(1);
        assertThat(edge.get("/x").statusCode()).isEqualTo(200);
        assertThat(asked).hasValue(2);
    }

    @Test
    void a_route_prefers_a_region_by_its_group_and_keeps_its_clients_by_a_cookie_of_its_own() throws Exception {
        edge = new EdgeFromJson(directory);
        edge.start("""
            { "web": {
                "backends": [ { "name": "near", "address": "127.0.0.1:%d", "region": "fra", "insecure_direct": true },
                              { "name": "far", "address": "127.0.0.1:%d", "region": "iad", "insecure_direct": true } ],
                "services": [ { "name": "web", "internal_port": 1, "ports": [ { "port": %d, "handlers": ["http"] } ],
                  "routes": [ { "name": "site" },
                              { "name": "us", "matches": [ { "path": { "value": "/us" } } ], "region": { "prefer": ["us", "any"] },
                                "session_persistence": { "name": "node" } } ] } ] } },
              "regions": { "fra": { "groups": ["eu"] }, "iad": { "groups": ["us"] } }
            """.formatted(backend("near"), backend("far"), edge.port));
        HttpResponse<String> site = edge.get("/");
        assertThat(site.body()).isEqualTo("near");
        assertThat(site.headers().firstValue("set-cookie")).isEmpty();
        HttpResponse<String> us = edge.get("/us");
        assertThat(us.body()).isEqualTo("far");
        assertThat(us.headers().firstValue("set-cookie").orElseThrow()).startsWith("node=");
    }
}
