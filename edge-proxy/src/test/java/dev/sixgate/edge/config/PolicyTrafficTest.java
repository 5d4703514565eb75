package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import dev.sixgate.edge.admin.AdminClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code policies} as clients of the edge meet them. */
@Timeout(30)
class PolicyTrafficTest {
    @TempDir
    Path directory;

    private EdgeFromJson edge;
    private int one;
    private int two;

    @BeforeEach
    void start() throws Exception {
        edge = new EdgeFromJson(directory);
        one = edge.backend(exchange -> answer(exchange, "one"));
        two = edge.backend(exchange -> answer(exchange, "two"));
    }

    @AfterEach
    void stop() {
        edge.close();
    }

    private static void answer(HttpExchange exchange, String name) throws IOException {
        byte[] body = name.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private void serve(String handlers, String policies) throws Exception {
        edge.start("""
            { "web": {
                "backends": [ { "name": "one", "address": "127.0.0.1:%d", "insecure_direct": true },
                              { "name": "two", "address": "127.0.0.1:%d", "insecure_direct": true } ],
                "services": [ { "name": "web", "internal_port": 1, "ports": [ { "port": %d, "handlers": [%s] } ] } ] } },
              "policies": [ %s ]
            """.formatted(one, two, edge.port, handlers, policies));
    }

    private String explain(HttpResponse<String> answer) throws Exception {
        String id = answer.headers().firstValue("sixgate-request-id").orElseThrow();
        return AdminClient.get(directory.resolve("admin.sock"), "/explain/" + id + "?format=text")
                .body();
    }

    @Test
    void a_denied_request_is_refused_and_explained_by_name() throws Exception {
        serve("\"http\"", """
            { "name": "office-only", "to": { "app": "web" }, "allow": [ { "cidr": "203.0.113.0/24" } ] }
            """);
        HttpResponse<String> answer = edge.get("/");
        assertThat(EdgeFromJson.reason(answer)).isEqualTo("403 denied_by_policy");
        assertThat(explain(answer))
                .contains("policy \"office-only\" (ingress) denies")
                .contains("the nearest rule, of \"office-only\", allows 203.0.113.0/24, and neither this edge nor"
                        + " 127.0.0.1 is among")
                .contains("denied by policy office-only");
    }

    @Test
    void a_backend_that_is_closed_is_passed_over_for_one_that_is_open() throws Exception {
        serve("\"http\"", """
            { "name": "one-is-closed", "to": { "cidr": "127.0.0.1/32", "ports": [%d] }, "allow": [] }
            """.formatted(one));
        for (int i = 0; i < 4; i++) assertThat(edge.get("/").body()).isEqualTo("two");
    }

    @Test
    void the_edge_is_let_in_by_name_and_the_record_says_by_which_rule() throws Exception {
        serve("\"http\"", """
            { "name": "from-edges", "to": { "app": "web" }, "allow": [ { "edge": "*" } ] }
            """);
        assertThat(edge.get("/").statusCode()).isEqualTo(200);
        assertThat(AdminClient.get(directory.resolve("admin.sock"), "/metrics").body())
                .contains("sixgate_policy_flows_total{policy=\"from-edges\",result=\"allowed\",rule=\"every edge\"} 1");
    }

    @Test
    void audit_lets_everyone_through_and_counts() throws Exception {
        serve("\"http\"", """
            { "name": "trial", "mode": "audit", "to": { "app": "web" }, "allow": [] }
            """);
        assertThat(edge.get("/").statusCode()).isEqualTo(200);
        assertThat(AdminClient.get(directory.resolve("admin.sock"), "/metrics").body())
                .contains("sixgate_policy_flows_total{policy=\"trial\",result=\"would_deny\",rule=\"none\"} 1");
    }

    @Test
    void a_raw_connection_that_is_denied_ends() throws Exception {
        serve("", """
            { "name": "closed", "to": { "app": "web" }, "allow": [] }
            """);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
            socket.setSoTimeout(10_000);
            int end;
            try {
                socket.getOutputStream().write('x');
                end = socket.getInputStream().read();
            } catch (java.net.SocketException e) {
                end = -1; // reset
            }
            assertThat(end).isEqualTo(-1);
        }
        assertThat(AdminClient.get(directory.resolve("admin.sock"), "/explain").body())
                .contains("denied_by_policy");
    }
}
