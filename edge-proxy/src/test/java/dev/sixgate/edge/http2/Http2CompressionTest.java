package dev.sixgate.edge.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawHttp2Client;
import dev.sixgate.edge.loopback.ScriptedBackend;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.ResponseOptions;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Compressed responses on HTTP/2, whole and cut. */
@Timeout(30)
class Http2CompressionTest {
    private static final HttpOptions OPTIONS = new HttpOptions(
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            64 << 10,
            100,
            1 << 20,
            128,
            Integer.MAX_VALUE,
            null,
            true,
            ResponseOptions.NONE);
    private static final String PAGE = "words and words ".repeat(5000);

    @Test
    void a_stream_gets_its_response_in_gzip_without_a_length() throws Exception {
        try (ScriptedBackend backend =
                        ScriptedBackend.answering("HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: "
                                + PAGE.length() + "\r\n\r\n" + PAGE);
                LoopbackEdge edge = LoopbackEdge.with(backend).http(OPTIONS).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            ask(client);
            var head = client.next(RawHttp2Client.HEADERS).headers();
            assertThat(head.get("content-encoding")).hasToString("gzip");
            assertThat(head.contains("content-length")).isFalse();
            byte[] body = client.body(1).getBytes(StandardCharsets.ISO_8859_1);
            assertThat(body.length).isLessThan(PAGE.length() / 50);
            assertThat(new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes())
                    .isEqualTo(PAGE.getBytes(StandardCharsets.US_ASCII));
            assertThat(edge.record().responseBytes)
                    .as("as the backend sent them")
                    .isEqualTo(PAGE.length());
        }
    }

    @Test
    void a_response_that_breaks_off_is_reset_and_never_ended() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    connection.send(
                            "HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: 90000\r\n\r\n" + PAGE);
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).http(OPTIONS).start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            ask(client);
            assertThat(client.body(1)).endsWith("[INTERNAL_ERROR]");
            assertThat(edge.record().reason).isEqualTo(Reason.BACKEND_RESET_MID_BODY);
        }
    }

    private static void ask(RawHttp2Client client) throws Exception {
        client.headers(
                1,
                true,
                ":method: GET",
                ":scheme: http",
                ":authority: app.example",
                ":path: /",
                "accept-encoding: gzip, deflate, br");
    }
}
