package dev.sixgate.edge.run;

import static dev.sixgate.edge.run.Snapshots.direct;
import static dev.sixgate.edge.run.Snapshots.http;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.loopback.ScriptedBackend;
import dev.sixgate.edge.loopback.WebSocketEcho;
import dev.sixgate.edge.servicemap.App;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole edge between the JDK's WebSocket client, or a thousand of our own, and a backend that echoes. */
@Timeout(60)
class EdgeWebSocketTest {
    private static final int PORT = 8080;
    private static final String OPENING = "GET /ws HTTP/1.1\r\nHost: chat.example\r\nConnection: Upgrade\r\n"
            + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    @TempDir
    Path directory;

    private final Loopback loopback = new Loopback();
    private final ScriptedBackend backend = new ScriptedBackend(new WebSocketEcho());
    private Snapshots snapshots;
    private Edge edge;

    @BeforeEach
    void start() throws Exception {
        snapshots = Snapshots.in(directory, loopback.address);
        edge = Edge.start(snapshots.apps(chat(List.of())).build());
    }

    @AfterEach
    void close() throws Exception {
        edge.close();
        backend.close();
        loopback.close();
    }

    @Test
    void a_real_client_has_every_kind_of_frame_sent_back() throws Exception {
        Messages messages = new Messages();
        try (HttpClient client = HttpClient.newHttpClient()) {
            WebSocket socket = client.newWebSocketBuilder()
                    .buildAsync(URI.create("ws://" + loopback.address.getHostAddress() + ":" + PORT + "/ws"), messages)
                    .get(10, TimeUnit.SECONDS);
            for (int size : new int[] {0, 1, 125, 126, 127, 1000, 65_535, 65_536, 1 << 20}) {
                String text = "x".repeat(size);
                socket.sendText(text, true).get(10, TimeUnit.SECONDS);
                assertThat(messages.next()).as("a text of " + size).isEqualTo("text " + text);
                socket.sendBinary(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)), true)
                        .get(10, TimeUnit.SECONDS);
                assertThat(messages.next()).as("bytes of " + size).isEqualTo("binary " + text);
            }
            socket.sendText("frag", false).get(10, TimeUnit.SECONDS);
            socket.sendPing(ByteBuffer.wrap(new byte[] {1})).get(10, TimeUnit.SECONDS);
            socket.sendText("men", false).get(10, TimeUnit.SECONDS);
            socket.sendText("ted \u00e9\u4e16\ud83d\ude00", true).get(10, TimeUnit.SECONDS);
            assertThat(messages.next()).isEqualTo("pong 1");
            assertThat(messages.next()).isEqualTo("text fragmented \u00e9\u4e16\ud83d\ude00");
            socket.sendClose(WebSocket.NORMAL_CLOSURE, "done").get(10, TimeUnit.SECONDS);
            assertThat(messages.next()).isEqualTo("close 1000 done");
        }
    }

    @Test
    void a_thousand_open_websockets_outlive_a_thousand_reloads() throws Exception {
        List<Socket> clients = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            Socket client = loopback.connect(PORT);
            client.getOutputStream().write(OPENING.getBytes(StandardCharsets.US_ASCII));
            clients.add(client);
        }
        for (Socket client : clients) readHead(client);
        for (int i = 0; i < 1000; i++) {
            // Names, backends and the very app come and go.
            Snapshots next = snapshots.apps(i % 3 == 0 ? other() : chat(List.of("host" + i + ".example")));
            assertThat(edge.apply(next.build()).problems()).isEmpty();
            echo(clients.get(i), i);
        }
        for (int i = 0; i < clients.size(); i++) echo(clients.get(i), i);
        assertThat(edge.listeners().activeConnections()).isEqualTo(1000);

        CompletableFuture<Boolean> drained = edge.drain();
        for (int i = 0; i < clients.size(); i++) echo(clients.get(i), i);
        for (Socket client : clients) client.close();
        assertThat(drained.get(10, TimeUnit.SECONDS)).as("drained by itself").isTrue();
    }

    @Test
    void a_drain_ends_what_outlives_its_time() throws Exception {
        edge.close();
        edge = Edge.start(
                snapshots.drain(Duration.ofMillis(50)).apps(chat(List.of())).build());
        Socket client = loopback.connect(PORT);
        client.getOutputStream().write(OPENING.getBytes(StandardCharsets.US_ASCII));
        readHead(client);
        assertThat(edge.drain().get(10, TimeUnit.SECONDS)).isFalse();
        assertThat(client.getInputStream().read()).isEqualTo(-1);
        assertThat(edge.sinks().ring().failures(1))
                .singleElement()
                .satisfies(record -> assertThat(record.reason).hasToString("DRAINING"));
    }

    private App chat(List<String> hostnames) {
        return http("chat", PORT, hostnames, direct("b", InetAddress.getLoopbackAddress(), backend.port()));
    }

    private App other() {
        return http("other", PORT, List.of(), direct("c", loopback.address, backend.port()));
    }

    private static void readHead(Socket client) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = client.getInputStream().read();
            if (next < 0) throw new IOException("ended after " + head);
            head.append((char) next);
        }
        assertThat(head.toString()).startsWith("HTTP/1.1 101 ").contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    private static void echo(Socket client, int number) throws IOException {
        byte[] payload = {(byte) number, (byte) (number >> 8)};
        client.getOutputStream().write(WebSocketEcho.frame(0x80 | WebSocketEcho.BINARY, new byte[4], payload));
        byte[] answer = new byte[4];
        new DataInputStream(client.getInputStream()).readFully(answer);
        assertThat(answer).isEqualTo(WebSocketEcho.frame(0x80 | WebSocketEcho.BINARY, null, payload));
    }

    /** What a client hears, a line a message. */
    private static final class Messages implements WebSocket.Listener {
        private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        private final StringBuilder message = new StringBuilder();

        String next() throws InterruptedException {
            String next = heard.poll(10, TimeUnit.SECONDS);
            assertThat(next).as("a message").isNotNull();
            return next;
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            return part("text ", data, last, socket);
        }

        @Override
        public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            return part("binary ", StandardCharsets.US_ASCII.decode(data), last, socket);
        }

        private @Nullable CompletionStage<?> part(String kind, CharSequence data, boolean last, WebSocket socket) {
            message.append(data);
            if (last) {
                heard.add(kind + message);
                message.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onPong(WebSocket socket, ByteBuffer data) {
            heard.add("pong " + data.get());
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
            heard.add("close " + status + " " + reason);
            return null;
        }
    }
}
