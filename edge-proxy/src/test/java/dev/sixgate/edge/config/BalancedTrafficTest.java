package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an operator says about backends, from the JSON to who answers a real client. */
@Timeout(30)
class BalancedTrafficTest {
    private static final int CLOSED_PORT = 1;

    @TempDir
    Path directory;

    private final CountDownLatch release = new CountDownLatch(1);
    private final BlockingQueue<String> held = new LinkedBlockingQueue<>();
    private EdgeFromJson edge;
    private int a;
    private int b;

    @BeforeEach
    void backends() throws IOException {
        edge = new EdgeFromJson(directory);
        a = edge.backend(exchange -> answer(exchange, "a"));
        b = edge.backend(exchange -> answer(exchange, "b"));
    }

    @AfterEach
    void stop() {
        release.countDown();
        edge.close();
    }

    private void answer(HttpExchange exchange, String name) throws IOException {
        if (exchange.getRequestURI().getPath().equals("/held")) {
            held.add(name);
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        byte[] body = name.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Test
    void weights_share_a_round() throws Exception {
        start("\"load_balancing\": { \"policy\": \"round_robin\" }", "\"weight\": 3", "\"weight\": 1");
        assertThat(ask(8)).containsExactly("a", "a", "b", "a", "a", "a", "b", "a");
    }

    @Test
    void the_edges_region_goes_first_unless_locality_is_any() throws Exception {
        start("\"load_balancing\": { \"policy\": \"round_robin\" }", "\"region\": \"ams\"", "\"region\": \"fra\"");
        assertThat(ask(4)).containsOnly("b");
        edge.close();
        backends();
        start(
                "\"load_balancing\": { \"policy\": \"round_robin\", \"locality\": \"any\" }",
                "\"region\": \"ams\"",
                "\"region\": \"fra\"");
        assertThat(ask(4)).containsExactly("a", "b", "a", "b");
    }

    @Test
    void a_hash_of_a_header_keeps_a_user_with_one_backend() throws Exception {
        start("\"load_balancing\": { \"policy\": \"maglev\", \"key\": [\"header:X-User\"] }", "", "");
        List<String> first = new ArrayList<>();
        for (int user = 0; user < 20; user++)
            first.add(edge.get("/", "X-User", "u" + user).body());
        for (int user = 0; user < 20; user++)
            assertThat(edge.get("/", "X-User", "u" + user).body()).isEqualTo(first.get(user));
        assertThat(first).contains("a", "b");
    }

    @Test
    void a_cookie_brings_the_client_back() throws Exception {
        start(
                "\"load_balancing\": { \"policy\": \"round_robin\" }, \"session_persistence\": { \"type\": \"Cookie\","
                        + " \"name\": \"node\", \"absolute_timeout\": \"1h\" }",
                "",
                "");
        HttpResponse<String> answer = edge.get("/");
        String cookie = answer.headers().firstValue("set-cookie").orElseThrow();
        assertThat(cookie).matches("node=[0-9a-f]{16}; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600");
        String sent = cookie.substring(0, cookie.indexOf(';'));
        for (int i = 0; i < 6; i++) {
            HttpResponse<String> again = edge.get("/", "Cookie", "x=1; " + sent);
            assertThat(again.body()).isEqualTo(answer.body());
            assertThat(again.headers().firstValue("set-cookie")).isEmpty();
        }
    }

    @Test
    void at_the_hard_limit_a_request_waits_for_the_queues_deadline() throws Exception {
        start("\"concurrency\": { \"hard_limit\": 1, \"queue\": { \"max\": 1, \"timeout\": \"150ms\" } }", "", "");
        CompletableFuture<HttpResponse<String>> one = held();
        CompletableFuture<HttpResponse<String>> two = held();
        assertThat(List.of(nextHeld(), nextHeld())).containsExactlyInAnyOrder("a", "b");
        assertThat(EdgeFromJson.reason(edge.get("/"))).isEqualTo("503 queue_timeout");
        release.countDown();
        assertThat(one.get().statusCode() + two.get().statusCode()).isEqualTo(400);
        assertThat(edge.get("/").statusCode()).isEqualTo(200);
    }

    @Test
    void beyond_the_queue_a_request_is_refused_at_once() throws Exception {
        start("\"concurrency\": { \"hard_limit\": 1, \"queue\": { \"max\": 0 } }", "", "");
        CompletableFuture<HttpResponse<String>> one = held();
        CompletableFuture<HttpResponse<String>> two = held();
        nextHeld();
        nextHeld();
        assertThat(EdgeFromJson.reason(edge.get("/"))).isEqualTo("503 backends_full");
        release.countDown();
        assertThat(one.get().statusCode() + two.get().statusCode()).isEqualTo(400);
    }

    @Test
    void what_waits_in_the_queue_is_served_when_room_comes() throws Exception {
        start("\"concurrency\": { \"hard_limit\": 1, \"queue\": { \"max\": 5, \"timeout\": \"20s\" } }", "", "");
        List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
        for (int i = 0; i < 6; i++) all.add(held());
        nextHeld();
        nextHeld();
        release.countDown();
        for (CompletableFuture<HttpResponse<String>> each : all)
            assertThat(each.get().statusCode()).isEqualTo(200);
    }

    @Test
    void when_all_are_known_to_fail_the_service_may_refuse_at_once() throws Exception {
        a = CLOSED_PORT;
        b = CLOSED_PORT;
        start("\"when_all_unhealthy\": \"fail\"", "", "");
        String reason = "";
        for (int i = 0; i < 20 && !reason.equals("503 no_healthy_backend"); i++) {
            reason = EdgeFromJson.reason(edge.get("/"));
            assertThat(reason).isIn("502 backend_refused", "503 no_healthy_backend");
        }
        assertThat(reason).isEqualTo("503 no_healthy_backend");
    }

    private CompletableFuture<HttpResponse<String>> held() {
        return edge.client.sendAsync(
                java.net.http.HttpRequest.newBuilder(edge.uri("/held")).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** The backend that holds one more request now. */
    private String nextHeld() throws InterruptedException {
        String name = held.poll(10, TimeUnit.SECONDS);
        assertThat(name).isNotNull();
        return name;
    }

    private List<String> ask(int times) throws Exception {
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < times; i++) answers.add(edge.get("/").body());
        return answers;
    }

    private void start(String service, String ofA, String ofB) throws Exception {
        edge.start("""
            { "shop": {
                "backends": [ { "name": "a", "address": "127.0.0.1:%d", "insecure_direct": true%s },
                              { "name": "b", "address": "127.0.0.1:%d", "insecure_direct": true%s } ],
                "services": [ { "name": "web", "internal_port": 1, "ports": [ { "port": %d, "handlers": ["http"] } ], %s } ] } }
            """.formatted(
                        a, ofA.isEmpty() ? "" : ", " + ofA, b, ofB.isEmpty() ? "" : ", " + ofB, edge.port, service));
    }
}
