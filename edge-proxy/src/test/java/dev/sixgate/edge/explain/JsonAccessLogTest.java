package dev.sixgate.edge.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(10)
class JsonAccessLogTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @Test
    void a_record_is_one_line_of_json() {
        try (JsonAccessLog log = new JsonAccessLog(out, 1, 1)) {
            log.finish(Records.ok("0000000000000001"));
            log.finish(Records.failed("0000000000000002"));
        }
        List<JsonNode> lines = lines();
        assertThat(lines).hasSize(2);
        assertThat(lines.getFirst().toString())
                .isEqualTo("{\"time\":\"2026-11-23T06:00:00Z\",\"id\":\"0000000000000001\","
                        + "\"client\":\"192.0.2.1:50000\",\"local\":\"[2001:db8::1]:443\",\"protocol\":\"http/1.1\","
                        + "\"method\":\"GET\",\"host\":\"hello.example.com\",\"path\":\"/\",\"status\":200,"
                        + "\"app\":\"hello\",\"service\":\"http\",\"backend\":\"b1\",\"attempts\":1,"
                        + "\"duration_ms\":12.0,\"first_byte_ms\":5.0,\"request_bytes\":3,\"response_bytes\":1234}");
        assertThat(lines.get(1).get("reason").asString()).isEqualTo("backend_refused");
        assertThat(lines.get(1).get("closed_by").asString()).isEqualTo("backend");
        assertThat(lines.get(1).get("detail").asString()).isEqualTo("[fdaa::1]:8080 after 1 ms");
    }

    @Test
    void what_a_client_sends_cannot_forge_a_line() {
        RequestRecord record = Records.ok("0000000000000001");
        record.path = "/\"}\n{\"id\":\"forged\u0000\u001b[2J";
        try (JsonAccessLog log = new JsonAccessLog(out, 1, 1)) {
            log.finish(record);
        }
        assertThat(lines()).hasSize(1);
        assertThat(lines().getFirst().get("path").asString()).isEqualTo(record.path);
    }

    @Test
    void lines_are_ascii_so_that_half_a_surrogate_pair_breaks_no_reader() {
        RequestRecord broken = Records.ok("0000000000000001");
        broken.path = "/\ud800ü";
        try (JsonAccessLog log = new JsonAccessLog(out, 1, 1)) {
            log.finish(broken);
        }
        assertThat(out.toString(StandardCharsets.ISO_8859_1)).contains("\"/\\uD800\\u00FC\"");
    }

    @Test
    void a_stuck_disk_costs_lines_and_never_a_wait() throws Exception {
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch free = new CountDownLatch(1);
        OutputStream stuck = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                writing.countDown();
                try {
                    free.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                out.write(b);
            }
        };
        JsonAccessLog log = new JsonAccessLog(stuck, 1, 1, 8);
        log.finish(Records.ok("0000000000000001"));
        assertThat(writing.await(10, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i < 20; i++) log.finish(Records.ok("0000000000000002"));
        assertThat(log.dropped()).isEqualTo(12);
        free.countDown();
        log.close();
        assertThat(lines()).hasSize(9);
    }

    @Test
    void a_disk_that_refuses_costs_lines_and_nothing_else() {
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        JsonAccessLog log = new JsonAccessLog(full, 1, 1);
        log.finish(Records.ok("0000000000000001"));
        log.finish(Records.ok("0000000000000002"));
        log.close();
        assertThat(log.dropped()).isEqualTo(2);
    }

    @Test
    void samples_are_chosen_by_id_and_failures_have_a_share_of_their_own() {
        try (JsonAccessLog log = new JsonAccessLog(out, 0.5, 1)) {
            log.finish(Records.ok("7fffffffffffffff"));
            log.finish(Records.ok("8000000000000000"));
            log.finish(Records.failed("ffffffffffffffff"));
        }
        assertThat(lines())
                .extracting(l -> l.get("id").asString())
                .containsExactly("7fffffffffffffff", "ffffffffffffffff");
    }

    private List<JsonNode> lines() {
        JsonMapper mapper = JsonMapper.builder().build();
        return out.toString(StandardCharsets.UTF_8)
                .lines()
                .map(mapper::readTree)
                .toList();
    }
}
