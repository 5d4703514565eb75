package dev.sixgate.edge.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.Explanation;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.http.DrainBegins;
import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawClient;
import dev.sixgate.edge.loopback.ScriptedBackend;
import dev.sixgate.edge.loopback.VirtualEdge;
import dev.sixgate.edge.servicemap.HttpOptions;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code Upgrade: websocket} over HTTP/1.1 (RFC 9110 §7.8, RFC 6455 §4): bytes both ways, each direction with an end of its own. */
@Timeout(60)
class WebSocketTest {
    private static final String OPENING = "GET /ws HTTP/1.1\r\nHost: app.example\r\nConnection: keep-alive, Upgrade\r\n"
            + "Upgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n";
    private static final String SWITCHED =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: x\r\n\r\n";

    @Test
    void a_websocket_becomes_bytes_both_ways() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    connection.send(SWITCHED + "first");
                    String received = connection.read(6);
                    connection.send(received + "!");
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install)) {
            try (RawClient client = edge.client()) {
                client.send(OPENING + "early");
                assertThat(client.readHead())
                        .startsWith("HTTP/1.1 101 ")
                        .contains("connection: upgrade\r\nupgrade: websocket\r\n", "Sec-WebSocket-Accept: x\r\n");
                assertThat(client.read(5)).isEqualTo("first");
                client.send("1");
                assertThat(client.readAll()).isEqualTo("early1!");
                assertThat(backend.heads.take())
                        .contains("connection: upgrade\r\nupgrade: websocket\r\n", "Sec-WebSocket-Key: k\r\n");
            }
            RequestRecord record = edge.record();
            assertThat(record.status).isEqualTo(101);
            assertThat(record.reason).isNull();
            assertThat(record.closedBy).isEqualTo(Side.BACKEND);
            assertThat(record.requestBytes).isEqualTo(6);
            assertThat(record.responseBytes).isEqualTo(12);
            assertThat(Explanation.verdict(record))
                    .startsWith("Switched to a WebSocket by backend b0, open for ")
                    .endsWith("; the backend closed first.");
            assertThat(edge.leases).containsExactly("b0 succeeded");
        }
    }

    @Test
    void a_client_that_ends_its_side_still_gets_what_the_backend_sends() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    connection.send(SWITCHED);
                    String all = connection.read(1000); // up to the end
                    connection.send("heard " + all);
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send(OPENING).readHead();
            client.send("question");
            client.endOutput();
            assertThat(client.readAll()).isEqualTo("heard question");
            assertThat(edge.record().closedBy).isEqualTo(Side.CLIENT);
            assertThat(edge.leases).containsExactly("b0 succeeded");
        }
    }

    @Test
    void a_backend_that_ends_its_side_still_gets_what_the_client_sends() throws Exception {
        CountDownLatch heard = new CountDownLatch(1);
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    connection.send(SWITCHED + "bye");
                    connection.endOutput();
                    if (connection.read(1000).equals("last words")) heard.countDown();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send(OPENING).readHead();
            assertThat(client.readAll()).isEqualTo("bye");
            client.send("last words");
            client.endOutput();
            assertThat(heard.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(edge.record().closedBy).isEqualTo(Side.BACKEND);
        }
    }

    @Test
    void one_direction_outlives_the_other_for_half_a_minute_without_a_byte() {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, HttpOptions.DEFAULT)) {
            edge.send(OPENING).backendSends(SWITCHED);
            edge.upstreams.getFirst().pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
            edge.pass(Duration.ofSeconds(29));
            edge.send("still here");
            assertThat(edge.backendReceived()).endsWith("still here");
            edge.pass(Duration.ofSeconds(29));
            assertThat(edge.client.isOpen()).isTrue();
            edge.pass(Duration.ofSeconds(2));
            assertThat(edge.client.isOpen()).isFalse();
            assertThat(edge.records).singleElement().satisfies(record -> {
                assertThat(record.reason).isNull();
                assertThat(record.closedBy).isEqualTo(Side.BACKEND);
            });
        }
    }

    @Test
    void a_silent_websocket_ends_after_the_idle_time_and_not_before() {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, HttpOptions.DEFAULT)) {
            edge.send(OPENING).backendSends(SWITCHED);
            Duration almost = HttpOptions.DEFAULT.idleTimeout().minusSeconds(1);
            for (int i = 0; i < 3; i++) {
                edge.pass(almost);
                if (i % 2 == 0) edge.send("ping");
                else edge.backendSends("pong");
            }
            edge.pass(almost);
            assertThat(edge.client.isOpen()).isTrue();
            edge.pass(Duration.ofSeconds(2));
            assertThat(edge.client.isOpen()).isFalse();
            assertThat(edge.records)
                    .singleElement()
                    .satisfies(record -> assertThat(record.reason).isEqualTo(Reason.IDLE_TIMEOUT));
        }
    }

    @Test
    void a_backend_that_does_not_read_stops_its_client() throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        byte[] chunk = new byte[1 << 16];
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    connection.send(SWITCHED);
                    read.await(10, TimeUnit.SECONDS);
                    connection.send("go");
                    connection.input().skipNBytes(512L * chunk.length);
                    connection.send("done");
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send(OPENING).readHead();
            Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 512; i++) client.send(chunk);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            while (edge.connections.stream()
                    .allMatch(channel -> channel.config().isAutoRead())) Thread.onSpinWait();
            assertThat(edge.bytesHeld()).as("bytes held while nobody reads").isLessThan(4 << 20);
            read.countDown();
            assertThat(client.read(6)).isEqualTo("godone");
        }
    }

    @Test
    void a_backend_that_refuses_is_quoted_and_the_connection_lives_on() throws Exception {
        try (ScriptedBackend backend =
                        ScriptedBackend.answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            for (int i = 0; i < 2; i++) {
                client.send(OPENING);
                assertThat(client.readResponse()).startsWith("HTTP/1.1 403 ").endsWith("\r\n\r\nno");
                assertThat(edge.record().reason).isNull();
            }
        }
    }

    @Test
    void a_drain_lets_a_websocket_live_and_its_end_cuts_it_with_a_reason() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    connection.send(SWITCHED);
                    for (int next = connection.readByte(); next >= 0; next = connection.readByte())
                        connection.send(new byte[] {(byte) next});
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send(OPENING).readHead();
            edge.drain();
            assertThat(client.send("a").read(1)).isEqualTo("a");
            edge.connections.forEach(channel -> channel.pipeline().fireUserEventTriggered(DrainBegins.OVER));
            assertThat(client.readAll()).isIn("", "[reset]");
            RequestRecord record = edge.record();
            assertThat(record.reason).isEqualTo(Reason.DRAINING);
            assertThat(record.closedBy).isEqualTo(Side.EDGE);
        }
    }

    @Test
    void a_request_whose_answer_has_not_begun_when_the_drain_is_over_is_told_why() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    asked.countDown();
                    connection.readByte();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.get("/");
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            edge.drain();
            edge.connections.forEach(channel -> channel.pipeline().fireUserEventTriggered(DrainBegins.OVER));
            assertThat(client.readResponse())
                    .startsWith("HTTP/1.1 503 ")
                    .contains("sixgate-reason: draining\r\n", "connection: close\r\n");
            assertThat(edge.record().reason).isEqualTo(Reason.DRAINING);
            assertThat(edge.leases).containsExactly("b0 abandoned");
        }
    }
}
