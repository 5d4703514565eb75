package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code BasicAuth}: who passes, and what the backend gets to see. */
@Timeout(30)
class BasicAuthTrafficTest {
    @TempDir
    Path directory;

    private EdgeFromJson edge;

    @BeforeEach
    void start() throws Exception {
        edge = new EdgeFromJson(directory);
        String bcrypt = OpenBSDBCrypt.generate("2y", "näme".toCharArray(), new byte[16], 4);
        Files.writeString(
                directory.resolve("users.htpasswd"), "ann:" + bcrypt + "\nbob:{SHA}bi+eYRHnft0MRG6nqE4lMj0TemE=\n");
        int backend = edge.backend(exchange -> {
            byte[] body = (exchange.getRequestHeaders().get("X-User") + " "
                            + exchange.getRequestHeaders().get("X_user") + " "
                            + exchange.getRequestHeaders().get("Authorization") + " "
                            + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8))
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        edge.start("""
            { "web": {
                "backends": [ { "name": "own", "address": "127.0.0.1", "insecure_direct": true } ],
                "services": [ { "name": "web", "internal_port": %d, "ports": [ { "port": %d, "handlers": ["http"] } ],
                  "routes": [
                    { "name": "open", "matches": [ { "path": { "value": "/" } } ] },
                    { "name": "closed", "matches": [ { "path": { "value": "/closed" } } ],
                      "filters": [ { "type": "BasicAuth", "users": { "file": "users.htpasswd" }, "realm": "the shop", "user_header": "X-User" } ] },
                    { "name": "moved", "matches": [ { "path": { "value": "/moved" } } ],
                      "filters": [ { "type": "RequestRedirect", "path": { "type": "ReplaceFullPath", "value": "/secret" } },
                                   { "type": "CORS", "allow_origins": ["*"], "allow_methods": ["GET"] },
                                   { "type": "BasicAuth", "users": { "file": "users.htpasswd" } } ] } ] } ] } }
            """.formatted(backend, edge.port));
    }

    @AfterEach
    void stop() {
        if (edge != null) edge.close();
    }

    private static String basic(String text) {
        return "Basic " + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void who_names_nobody_is_asked_and_who_is_wrong_too() throws Exception {
        for (String given : List.of(
                "",
                "ann:name",
                "ann:",
                "eve:näme",
                "bob:näme",
                "ann",
                basic("ann").substring(6))) {
            HttpResponse<String> answer =
                    given.isEmpty() ? edge.get("/closed") : edge.get("/closed", "Authorization", basic(given));
            assertThat(EdgeFromJson.reason(answer)).as(given).isEqualTo("401 unauthorized");
            assertThat(answer.headers().firstValue("www-authenticate"))
                    .contains("Basic realm=\"the shop\", charset=\"UTF-8\"");
        }
        assertThat(EdgeFromJson.reason(edge.get("/closed", "Authorization", "Basic %%%")))
                .isEqualTo("401 unauthorized");
        assertThat(EdgeFromJson.reason(edge.get("/closed", "Authorization", "Bearer x")))
                .isEqualTo("401 unauthorized");
        assertThat(edge.get("/").statusCode()).isEqualTo(200);
    }

    @Test
    void the_backend_reads_the_name_and_neither_the_password_nor_what_the_client_claims() throws Exception {
        for (int i = 0; i < 2; i++) { // the second by memory
            HttpResponse<String> answer =
                    edge.get("/closed/x", "Authorization", basic("ann:näme"), "X-User", "root", "x_user", "root");
            assertThat(answer.body()).isEqualTo("[ann] null null ");
        }
        assertThat(edge.get("/closed", "Authorization", basic("bob:hunter")).body())
                .isEqualTo("[bob] null null ");
    }

    @Test
    void a_body_waits_for_the_verdict() throws Exception {
        String large = "x".repeat(300_000);
        HttpRequest request = HttpRequest.newBuilder(edge.uri("/closed"))
                .header("Authorization", basic("ann:näme"))
                .POST(HttpRequest.BodyPublishers.ofString(large))
                .build();
        assertThat(edge.client.send(request, BodyHandlers.ofString()).body()).isEqualTo("[ann] null null " + large);
    }

    @Test
    void of_two_credentials_none_counts() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(edge.uri("/closed"))
                .header("Authorization", basic("ann:näme"))
                .header("Authorization", basic("root:x"))
                .build();
        assertThat(EdgeFromJson.reason(edge.client.send(request, BodyHandlers.ofString())))
                .isEqualTo("401 unauthorized");
    }

    @Test
    void what_the_route_answers_itself_is_guarded_but_for_preflights() throws Exception {
        assertThat(EdgeFromJson.reason(edge.get("/moved"))).isEqualTo("401 unauthorized");
        assertThat(EdgeFromJson.reason(edge.get("/moved", "Authorization", basic("ann:näme"))))
                .isEqualTo("302 redirect");
        HttpRequest preflight = HttpRequest.newBuilder(edge.uri("/moved"))
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                .headers("Origin", "https://a.example", "Access-Control-Request-Method", "GET")
                .build();
        assertThat(EdgeFromJson.reason(edge.client.send(preflight, BodyHandlers.ofString())))
                .isEqualTo("204 cors_preflight");
    }
}
