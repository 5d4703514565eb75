package dev.sixgate.edge.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawClient;
import dev.sixgate.edge.loopback.ScriptedBackend;
import dev.sixgate.edge.loopback.VirtualEdge;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.ResponseOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bounds on size, time and memory, each with what happens at it. */
@Timeout(60)
class Http1LimitsTest {
    private static final HttpOptions SMALL =
            new HttpOptions(Duration.ofSeconds(10), Duration.ofSeconds(60), 64 << 10, 100, 8, 128);
    private static final String GET = "GET / HTTP/1.1\r\nHost: app.example\r\n\r\n";

    @Test
    void a_head_of_100_kilobytes_is_answered_431() throws Exception {
        try (LoopbackEdge edge = new LoopbackEdge.Options().start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("GET / HTTP/1.1\r\nHost: app.example\r\nX: " + "a".repeat(100 << 10) + "\r\n\r\n");
            assertThat(client.readAll())
                    .startsWith("HTTP/1.1 431 ")
                    .contains("sixgate-reason: headers_too_large\r\n", "connection: close\r\n")
                    .doesNotContain("[reset]");
            assertThat(edge.record().reason).isEqualTo(Reason.HEADERS_TOO_LARGE);
        }
    }

    @Test
    void a_target_of_100_kilobytes_is_answered_414() throws Exception {
        for (String rest : new String[] {"", " HTTP/1.1\r\nHost: app.example\r\n\r\n"})
            try (LoopbackEdge edge = new LoopbackEdge.Options().start(Http1Server::install);
                    RawClient client = edge.client()) {
                client.send("GET /" + "a".repeat(100 << 10) + rest);
                assertThat(client.readAll())
                        .startsWith("HTTP/1.1 414 ")
                        .contains("sixgate-reason: uri_too_long\r\n", "connection: close\r\n");
                assertThat(edge.record().reason).isEqualTo(Reason.URI_TOO_LONG);
            }
    }

    @Test
    void more_than_a_hundred_fields_are_answered_431() {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, SMALL)) {
            edge.send("GET / HTTP/1.1\r\nHost: app.example\r\n" + "a: b\r\n".repeat(100) + "\r\n");
            assertThat(edge.received()).startsWith("HTTP/1.1 431 ");
        }
    }

    @Test
    void the_last_request_that_a_connection_may_have_is_answered_and_ends_it() throws Exception {
        HttpOptions two = new HttpOptions(
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                64 << 10,
                100,
                Long.MAX_VALUE,
                128,
                2,
                null,
                false,
                ResponseOptions.NONE);
        try (ScriptedBackend backend = ScriptedBackend.answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
                LoopbackEdge edge = LoopbackEdge.with(backend).http(two).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send(GET);
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ").doesNotContain("connection: close");
            client.send(GET + GET);
            assertThat(client.readAll())
                    .startsWith("HTTP/1.1 200 ")
                    .contains("connection: close\r\n")
                    .endsWith("hello");
        }
    }

    @Test
    void a_declared_body_above_the_limit_is_answered_413_at_once() {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, SMALL)) {
            edge.send("POST / HTTP/1.1\r\nHost: app.example\r\nContent-Length: 9\r\n\r\n");
            assertThat(edge.received()).startsWith("HTTP/1.1 413 ").contains("connection: close\r\n");
            assertThat(edge.upstreams).isEmpty();
        }
    }

    @Test
    void a_chunked_body_is_answered_413_when_it_exceeds_the_limit() {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, SMALL)) {
            edge.send("POST / HTTP/1.1\r\nHost: app.example\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n");
            assertThat(edge.received()).isEmpty();
            edge.send("1\r\n9\r\n");
            assertThat(edge.received()).startsWith("HTTP/1.1 413 ").contains("body_too_large");
            assertThat(edge.upstreams.getFirst().isOpen()).isFalse();
        }
    }

    @Test
    void a_head_that_is_not_finished_in_time_is_answered_408() {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, SMALL)) {
            edge.pass(Duration.ofSeconds(5));
            edge.send("GET / HTTP/1.1\r\nHost: a");
            for (int i = 0; i < 9; i++) {
                edge.pass(Duration.ofSeconds(1));
                edge.send("p");
            }
            assertThat(edge.received()).isEmpty();
            edge.pass(Duration.ofSeconds(1));
            assertThat(edge.received()).startsWith("HTTP/1.1 408 ").contains("header_timeout");
            assertThat(edge.records.getFirst().reason).isEqualTo(Reason.HEADER_TIMEOUT);
            edge.pass(Duration.ofSeconds(2));
            assertThat(edge.client.isOpen()).isFalse();
        }
    }

    @Test
    void a_connection_without_a_request_is_closed_silently() {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, SMALL)) {
            edge.pass(Duration.ofSeconds(10));
            assertThat(edge.client.isOpen()).isFalse();
            assertThat(edge.received()).isEmpty();
            assertThat(edge.records).isEmpty();
        }
    }

    @Test
    void an_idle_connection_is_closed_silently_after_the_idle_time() {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, SMALL)) {
            edge.send(GET).backendSends("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            assertThat(edge.received()).startsWith("HTTP/1.1 200 ");
            edge.pass(Duration.ofSeconds(59));
            assertThat(edge.client.isOpen()).isTrue();
            edge.pass(Duration.ofSeconds(1));
            assertThat(edge.client.isOpen()).isFalse();
            assertThat(edge.records).hasSize(1);
        }
    }

    @Test
    void a_backend_that_says_nothing_for_the_idle_time_is_answered_504() {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, SMALL)) {
            edge.send(GET);
            edge.pass(Duration.ofSeconds(60));
            assertThat(edge.received()).startsWith("HTTP/1.1 504 ").contains("backend_idle");
            assertThat(edge.upstreams.getFirst().isOpen()).isFalse();
        }
    }

    @Test
    void a_backend_that_stops_in_its_body_ends_the_connection() {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, SMALL)) {
            edge.send(GET).backendSends("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
            edge.pass(Duration.ofSeconds(59));
            edge.backendSends("l");
            edge.pass(Duration.ofSeconds(59));
            assertThat(edge.client.isOpen()).as("progress counts").isTrue();
            edge.pass(Duration.ofSeconds(1));
            assertThat(edge.client.isOpen()).isFalse();
            assertThat(edge.records.getFirst().reason).isEqualTo(Reason.BACKEND_IDLE);
        }
    }

    @Test
    void a_client_that_stops_in_its_body_is_answered_408() {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, SMALL)) {
            edge.send("POST / HTTP/1.1\r\nHost: app.example\r\nContent-Length: 8\r\n\r\n123");
            edge.pass(Duration.ofSeconds(60));
            assertThat(edge.received()).startsWith("HTTP/1.1 408 ").contains("idle_timeout");
            assertThat(edge.upstreams.getFirst().isOpen()).isFalse();
        }
    }

    @Test
    void a_client_that_stops_reading_stops_the_backend_within_bounded_memory() throws Exception {
        long total = 64 << 20;
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + total + "\r\n\r\n");
                    byte[] piece = new byte[64 << 10];
                    for (long sent = 0; sent < total; sent += piece.length) connection.send(piece);
                    connection.readByte();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.get("/").readHead();
            // The first writes block when every buffer on the way is full; the edge's own share is what we measure.
            client.read(1 << 20);
            for (int i = 0; i < 50; i++) {
                client.read(256 << 10);
                assertThat(edge.bytesHeld()).isLessThan(2 << 20);
            }
            long rest = total - (1 << 20) - 50L * (256 << 10);
            assertThat(client.read((int) rest)).hasSize((int) rest);
            RequestRecord record = edge.record();
            assertThat(record.responseBytes).isEqualTo(total);
            assertThat(record.reason).isNull();
        }
    }

    @Test
    void a_backend_that_stops_reading_stops_the_client_within_bounded_memory() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        int total = 64 << 20;
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    go.await(10, TimeUnit.SECONDS);
                    String received = connection.read(total);
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Got: " + received.length() + "\r\n\r\n");
                    connection.readByte();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("POST / HTTP/1.1\r\nHost: app.example\r\nContent-Length: " + total + "\r\n\r\n");
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    client.send(new byte[total]);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            // Until the sender is stuck on full buffers: then nothing moves, and what is held stays what it is.
            while (sender.getState() != Thread.State.WAITING && sender.isAlive()) Thread.onSpinWait();
            assertThat(edge.bytesHeld()).isLessThan(2 << 20);
            go.countDown();
            assertThat(client.readResponse()).contains("X-Got: " + total);
            assertThat(edge.record().requestBytes).isEqualTo(total);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void a_request_that_comes_in_crumbs_is_the_same_request(int size) {
        String request = "POST /a HTTP/1.1\r\nHost: app.example\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n2;x\r\nde\r\n0\r\nX-T: t\r\n\r\n";
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, SMALL)) {
            for (int i = 0; i < request.length(); i += size)
                edge.send(request.substring(i, Math.min(request.length(), i + size)));
            String chunked = edge.backendReceived();
            assertThat(chunked).startsWith("POST /a HTTP/1.1\r\n").endsWith("0\r\nX-T: t\r\n\r\n");
            assertThat(chunked.substring(chunked.indexOf("\r\n\r\n") + 4).replaceAll("[0-9]\r\n|\r\n", ""))
                    .isEqualTo("abcdeX-T: t");
        }
    }
}
