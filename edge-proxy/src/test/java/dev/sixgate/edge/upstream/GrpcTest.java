package dev.sixgate.edge.upstream;

import static dev.sixgate.edge.loopback.RawHttp2Client.DATA;
import static dev.sixgate.edge.loopback.RawHttp2Client.HEADERS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.http1.Http1Server;
import dev.sixgate.edge.http2.Http2Server;
import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawClient;
import dev.sixgate.edge.loopback.RawHttp2Backend;
import dev.sixgate.edge.loopback.RawHttp2Client;
import dev.sixgate.edge.loopback.RawHttp2Client.Frame;
import dev.sixgate.edge.loopback.ScriptedBackend;
import dev.sixgate.edge.servicemap.BackendProtocol;
import dev.sixgate.edge.servicemap.HttpOptions;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What gRPC needs of a proxy: trailers, trailers-only, deadlines left alone, messages both ways at once, answers it understands. */
@Timeout(30)
class GrpcTest {
    private static final BackendProtocol H2C = new BackendProtocol(true, null);
    private static final String MESSAGE = "\0\0\0\0\1";

    @Test
    void a_call_streams_both_ways_and_ends_with_its_status() throws Exception {
        try (RawHttp2Backend backend = new RawHttp2Backend(new byte[0], (own, edge) -> {
                    int stream = own.request(edge).stream();
                    edge.headers(stream, false, ":status: 200", "content-type: application/grpc");
                    for (int i = 0; i < 3; i++)
                        edge.data(stream, false, edge.next(DATA).text().toUpperCase(java.util.Locale.ROOT));
                    edge.headers(stream, true, "grpc-status: 0", "grpc-message: fine");
                    own.request(edge);
                });
                LoopbackEdge edge = new LoopbackEdge.Options()
                        .backends(backend.port())
                        .protocol(H2C)
                        .start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            call(client, "grpc-timeout: 100m");
            Frame head = client.next(HEADERS);
            assertThat(head.endsStream())
                    .as("answered before the request is complete")
                    .isFalse();
            for (String letter : new String[] {"a", "b", "c"}) {
                client.data(1, false, MESSAGE + letter);
                assertThat(client.next(DATA).text()).endsWith(letter.toUpperCase(java.util.Locale.ROOT));
            }
            Frame trailers = client.next(HEADERS);
            assertThat(trailers.endsStream()).isTrue();
            assertThat(trailers.headers().get("grpc-status")).hasToString("0");
            assertThat(trailers.headers().get("grpc-message")).hasToString("fine");
            Frame asked = backend.heads.take();
            assertThat(asked.headers().get("grpc-timeout")).hasToString("100m");
            assertThat(asked.headers().get("te")).hasToString("trailers");
            assertThat(asked.headers().contains("content-length")).isFalse();
            assertThat(edge.record().reason).isNull();
        }
    }

    @Test
    void an_answer_of_trailers_only_stays_one() throws Exception {
        try (RawHttp2Backend backend = new RawHttp2Backend(new byte[0], (own, edge) -> {
                    edge.headers(
                            own.request(edge).stream(),
                            true,
                            ":status: 200",
                            "content-type: application/grpc",
                            "grpc-status: 5");
                    own.request(edge);
                });
                LoopbackEdge edge = new LoopbackEdge.Options()
                        .backends(backend.port())
                        .protocol(H2C)
                        .start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            call(client);
            Frame head = client.next(HEADERS);
            assertThat(head.endsStream()).isTrue();
            assertThat(head.headers().get("grpc-status")).hasToString("5");
            assertThat(head.headers().contains("content-length")).isFalse();
        }
    }

    @Test
    void our_own_refusals_have_a_grpc_status() throws Exception {
        try (LoopbackEdge edge = new LoopbackEdge.Options()
                        .backends(ScriptedBackend.refusingPort())
                        .protocol(H2C)
                        .start(Http2Server::install);
                RawHttp2Client client = new RawHttp2Client(edge)) {
            call(client);
            Frame head = client.next(HEADERS);
            assertThat(head.endsStream()).isTrue();
            assertThat(head.headers().status()).hasToString("200");
            assertThat(head.headers().get("content-type")).hasToString("application/grpc");
            assertThat(head.headers().get("grpc-status")).hasToString("14");
            assertThat(head.headers().get("grpc-message").toString()).startsWith("backend_refused: ");
            assertThat(head.headers().get("sixgate-reason")).hasToString("backend_refused");
            assertThat(edge.record().status)
                    .as("in log and metrics the status that HTTP would have")
                    .isEqualTo(502);
            client.headers(
                    3,
                    true,
                    ":method: POST",
                    ":scheme: http",
                    ":authority: elsewhere.example",
                    ":path: /pkg.Service/Method",
                    "content-type: application/grpc+proto");
            assertThat(client.next(HEADERS).headers().get("grpc-status")).hasToString("12");
        }
    }

    @Test
    void a_body_above_the_limit_is_exhaustion_also_over_http_1() throws Exception {
        HttpOptions small = new HttpOptions(Duration.ofSeconds(5), Duration.ofSeconds(5), 8192, 50, 4, 10);
        try (LoopbackEdge edge = LoopbackEdge.with().http(small).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("POST /s HTTP/1.1\r\nHost: app.example\r\nContent-Type: application/grpc\r\n"
                    + "Content-Length: 10\r\n\r\n");
            assertThat(client.readResponse())
                    .startsWith("HTTP/1.1 200 ")
                    .contains("grpc-status: 8\r\n", "content-length: 0\r\n");
            assertThat(edge.record().reason).isEqualTo(Reason.BODY_TOO_LARGE);
        }
    }

    private static void call(RawHttp2Client client, String... more) throws IOException {
        String[] fields = {
            ":method: POST",
            ":scheme: http",
            ":authority: app.example",
            ":path: /pkg.Service/Method",
            "te: trailers",
            "content-type: application/grpc"
        };
        String[] all = java.util.Arrays.copyOf(fields, fields.length + more.length);
        System.arraycopy(more, 0, all, fields.length, more.length);
        client.headers(1, false, all);
    }
}
