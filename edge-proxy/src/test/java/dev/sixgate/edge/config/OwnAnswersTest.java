package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.servicemap.ResponseOptions;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the edge answers itself, and what it does to every answer, from the operator's JSON to real clients. */
@Timeout(30)
class OwnAnswersTest {
    private static final String ORIGIN = "https://app.example.com";

    @TempDir
    Path directory;

    private final AtomicInteger asked = new AtomicInteger();
    private EdgeFromJson edge;

    @BeforeEach
    void start() throws Exception {
        Files.writeString(directory.resolve("missing.html"), "<p>nothing here</p>");
        Files.writeString(directory.resolve("sorry.json"), "{}");
        edge = new EdgeFromJson(directory);
        int backend = edge.backend(exchange -> {
            asked.incrementAndGet();
            exchange.getResponseHeaders().add("Server", "secret/1.0");
            exchange.getResponseHeaders().add("Access-Control-Allow-Origin", "https://of.the.backend");
            boolean missing = exchange.getRequestURI().getPath().endsWith("/missing");
            exchange.sendResponseHeaders(missing ? 404 : 200, 4);
            exchange.getResponseBody().write("body".getBytes(StandardCharsets.US_ASCII));
            exchange.close();
        });
        edge.start("""
            { "web": {
                "backends": [ { "name": "own", "address": "127.0.0.1", "insecure_direct": true } ],
                "services": [ { "name": "web", "internal_port": %d,
                  "http_options": { "response": { "headers": { "Server": false, "X-Edge": "service", "X-Both": "service" } } },
                  "ports": [ { "port": %d, "handlers": ["http"],
                    "http_options": {
                      "response": { "headers": { "X-Both": "port", "Strict-Transport-Security": "max-age=60" } },
                      "error_pages": { "404": { "file": "missing.html" }, "5xx": { "file": "sorry.json" } } } } ],
                  "routes": [
                    { "name": "api", "matches": [ { "path": { "value": "/api" } } ],
                      "filters": [ { "type": "CORS", "allow_origins": ["%s"], "allow_methods": ["GET", "PUT"],
                                     "allow_headers": ["*"], "expose_headers": ["X-Total"], "allow_credentials": true, "max_age": "10m" } ] },
                    { "name": "gone", "matches": [ { "path": { "value": "/gone" } } ],
                      "filters": [ { "type": "ResponseHeaderModifier", "set": { "X-Route": "gone", "Cache-Control": "max-age=9" } },
                                   { "type": "DirectResponse", "status": 410, "body": "gone — für immer", "content_type": "text/plain; charset=utf-8" } ] },
                    { "name": "empty", "matches": [ { "path": { "value": "/empty" } } ],
                      "filters": [ { "type": "DirectResponse", "status": 204 } ] },
                    { "name": "nowhere", "matches": [ { "path": { "value": "/nowhere" } } ], "backend_refs": [ { "app": "none" } ] } ] } ] },
              "none": { "backends": [], "services": [ { "name": "http", "internal_port": 1 } ] } }
            """.formatted(backend, edge.port, ORIGIN));
    }

    @AfterEach
    void stop() {
        if (edge != null) edge.close();
    }

    private HttpResponse<String> preflight(String origin) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(edge.uri("/api/x"))
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                .header("Origin", origin)
                .header("Access-Control-Request-Method", "PUT")
                .header("Access-Control-Request-Headers", "x-one, x-two")
                .build();
        return edge.client.send(request, BodyHandlers.ofString());
    }

    @Test
    void a_preflight_is_answered_by_the_edge_with_what_the_route_allows() throws Exception {
        HttpResponse<String> answer = preflight(ORIGIN);
        assertThat(EdgeFromJson.reason(answer)).isEqualTo("204 cors_preflight");
        assertThat(answer.headers().firstValue("access-control-allow-origin")).contains(ORIGIN);
        assertThat(answer.headers().firstValue("access-control-allow-methods")).contains("GET, PUT");
        assertThat(answer.headers().firstValue("access-control-allow-headers")).contains("x-one, x-two");
        assertThat(answer.headers().firstValue("access-control-allow-credentials"))
                .contains("true");
        assertThat(answer.headers().firstValue("access-control-max-age")).contains("600");
        assertThat(answer.headers().firstValue("content-length")).isEmpty();
        assertThat(preflight("https://evil.example").headers().map()).doesNotContainKey("access-control-allow-origin");
        assertThat(asked).hasValue(0);
        assertThat(edge.get("/api/x").body()).as("the connection goes on").isEqualTo("body");
    }

    @Test
    void an_answer_says_who_may_read_it_whatever_the_backend_said() throws Exception {
        HttpResponse<String> allowed = edge.get("/api/x", "Origin", ORIGIN);
        assertThat(allowed.headers().allValues("access-control-allow-origin")).containsExactly(ORIGIN);
        assertThat(allowed.headers().firstValue("access-control-expose-headers"))
                .contains("X-Total");
        assertThat(edge.get("/api/x", "Origin", "https://evil.example")
                        .headers()
                        .map())
                .doesNotContainKey("access-control-allow-origin");
    }

    @Test
    void a_route_answers_directly_and_its_edits_hold_for_that_too() throws Exception {
        HttpResponse<String> gone = edge.get("/gone");
        assertThat(EdgeFromJson.reason(gone)).isEqualTo("410 direct_response");
        assertThat(gone.body()).isEqualTo("gone — für immer");
        assertThat(gone.headers().allValues("cache-control")).containsExactly("max-age=9");
        assertThat(gone.headers().firstValue("x-route")).contains("gone");
        assertThat(EdgeFromJson.reason(edge.get("/empty"))).isEqualTo("204 direct_response");
        assertThat(asked).hasValue(0);
    }

    @Test
    void every_answer_has_the_fields_of_its_port_before_those_of_its_service() throws Exception {
        for (String path : new String[] {"/api/x", "/gone", "/unknown"}) {
            HttpResponse<String> answer = edge.get(path);
            assertThat(answer.headers().allValues("x-both")).as(path).containsExactly("port");
            assertThat(answer.headers().allValues("x-edge")).containsExactly("service");
            assertThat(answer.headers().map()).doesNotContainKeys("server", "strict-transport-security");
        }
    }

    @Test
    void an_error_of_ours_gets_its_page_and_a_backends_stays_its_own() throws Exception {
        HttpResponse<String> missing = edge.get("/unknown");
        assertThat(EdgeFromJson.reason(missing)).isEqualTo("404 no_route_match");
        assertThat(missing.body()).isEqualTo("<p>nothing here</p>");
        assertThat(missing.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
        HttpResponse<String> down = edge.get("/nowhere");
        assertThat(EdgeFromJson.reason(down)).isEqualTo("503 no_backend");
        assertThat(down.body()).isEqualTo("{}");
        assertThat(edge.get("/api/missing").body()).isEqualTo("body");
        HttpResponse<String> grpc = edge.get("/nowhere", "Content-Type", "application/grpc");
        assertThat(grpc.headers().firstValue("grpc-status")).contains("14");
        assertThat(grpc.body()).isEmpty();
    }

    @Test
    void strict_transport_security_goes_to_those_who_spoke_https() {
        // RFC 6797 §7.2; a certificate is not needed to see it: the split is the reader's.
        Problems problems = new Problems();
        var json = (JsonNode.JsonObject) JsonReader.read(
                "f",
                "{\"response\":{\"headers\":{\"Strict-Transport-Security\":\"max-age=1\",\"X\":\"y\"}}}"
                        .getBytes(StandardCharsets.UTF_8),
                problems);
        var read = new ResponseReader(new Scope(directory, problems, new FixedSurroundings()))
                .read(new Fields(json, KeyCatalogue.HTTP_OPTIONS, problems), ResponseOptions.NONE);
        assertThat(read.overHttps()).extracting("name").containsExactly("Strict-Transport-Security");
        assertThat(read.headers().set()).extracting("name").containsExactly("X");
    }
}
