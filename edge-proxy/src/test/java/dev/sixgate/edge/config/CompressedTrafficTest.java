package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code http_options.compress}, from the operator's JSON to the bytes real clients get. */
@Timeout(30)
class CompressedTrafficTest {
    private static final byte[] PAGE =
            "a page of words, and again ".repeat(20_000).getBytes();

    @TempDir
    Path directory;

    private final CountDownLatch release = new CountDownLatch(1);
    private EdgeFromJson edge;

    @BeforeEach
    void start() throws Exception {
        edge = new EdgeFromJson(directory);
        int port = edge.backend(this::answer);
        edge.start("""
            { "shop": { "backends": [ { "name": "a", "address": "127.0.0.1", "insecure_direct": true } ],
              "services": [ { "name": "web", "internal_port": %d, "http_options": { "compress": true },
                "ports": [ { "port": %d, "handlers": ["http"] } ] } ] } }
            """.formatted(port, edge.port));
    }

    @AfterEach
    void stop() {
        release.countDown();
        edge.close();
    }

    private void answer(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().add("Content-Type", "text/html");
        exchange.getResponseHeaders().add("ETag", "\"1\"");
        boolean slow = exchange.getRequestURI().getPath().equals("/slow");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(200, head ? -1 : slow ? 0 : PAGE.length);
        if (!head) exchange.getResponseBody().write(PAGE);
        if (slow) {
            exchange.getResponseBody().flush();
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            exchange.getResponseBody().write(PAGE);
        }
        exchange.close();
    }

    private HttpRequest.Builder asking(String path, String codings) {
        return HttpRequest.newBuilder(edge.uri(path)).header("Accept-Encoding", codings);
    }

    @Test
    void who_takes_gzip_gets_it() throws Exception {
        HttpResponse<byte[]> answer =
                edge.client.send(asking("/", "br, gzip;q=0.5").build(), HttpResponse.BodyHandlers.ofByteArray());
        assertThat(answer.headers().firstValue("content-encoding")).contains("gzip");
        assertThat(answer.headers().firstValue("content-length")).isEmpty();
        assertThat(answer.headers().firstValue("etag")).contains("W/\"1\"");
        assertThat(answer.headers().firstValue("vary")).contains("accept-encoding");
        assertThat(answer.body().length).isLessThan(PAGE.length / 50);
        assertThat(new GZIPInputStream(new ByteArrayInputStream(answer.body())).readAllBytes())
                .isEqualTo(PAGE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"br", "gzip;q=0", "gzip;q=0.000, *", "identity, *;q=0", "gzip;q=x", "gzipped"})
    void who_does_not_gets_the_page_as_it_is(String codings) throws Exception {
        HttpResponse<byte[]> answer =
                edge.client.send(asking("/", codings).build(), HttpResponse.BodyHandlers.ofByteArray());
        assertThat(answer.headers().firstValue("content-encoding")).isEmpty();
        assertThat(answer.headers().firstValue("etag")).contains("\"1\"");
        assertThat(answer.headers().firstValue("vary")).as("caches must know").contains("accept-encoding");
        assertThat(answer.body()).isEqualTo(PAGE);
    }

    @Test
    void an_answer_to_head_has_no_body_to_compress() throws Exception {
        HttpResponse<byte[]> answer =
                edge.client.send(asking("/", "gzip").HEAD().build(), HttpResponse.BodyHandlers.ofByteArray());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-encoding")).isEmpty();
    }

    @Test
    void what_a_backend_has_said_is_readable_before_it_says_more() throws Exception {
        HttpResponse<InputStream> answer =
                edge.client.send(asking("/slow", "gzip").build(), HttpResponse.BodyHandlers.ofInputStream());
        try (var body = new GZIPInputStream(answer.body(), 1)) {
            assertThat(body.readNBytes(PAGE.length)).isEqualTo(PAGE);
            release.countDown();
            assertThat(body.readAllBytes()).isEqualTo(PAGE);
        }
    }
}
