package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import dev.sixgate.certs.ca.DevelopmentCa;
import dev.sixgate.certs.pem.PemWriter;
import dev.sixgate.edge.peers.RealPeers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** HTTP/3 as ngtcp2's client speaks it, another implementation of QUIC than ours. */
@Timeout(90)
class Http3IT {
    private static final byte[] BODY = new byte[16 << 20];

    static {
        new Random(7).nextBytes(BODY);
    }

    @TempDir
    Path directory;

    private EdgeFromJson edge;
    private Path downloads;

    @BeforeAll
    static void peers() {
        RealPeers.requirePrograms("gtlsclient:ngtcp2-client");
    }

    @BeforeEach
    void start() throws Exception {
        downloads = Files.createDirectory(directory.resolve("downloads"));
        edge = new EdgeFromJson(directory);
        DevelopmentCa ca = DevelopmentCa.openOrCreate(directory.resolve("ca"), InstantSource.system());
        PemWriter.write(ca.issue(List.of("shop.test")), directory.resolve("shop.pem"), directory.resolve("shop.key"));
        int backend = edge.backend(Http3IT::answer);
        edge.start("""
            { "shop": {
                "backends": [ { "name": "a", "address": "127.0.0.1", "insecure_direct": true } ],
                "services": [ { "name": "web", "hostnames": ["shop.test"], "internal_port": %d,
                  "ports": [ { "port": %d, "handlers": ["tls", "http"], "tls_options": { "alpn": ["h3"] } } ] } ] } },
            "certificates": { "files": [ { "certificate": "shop.pem", "private_key": { "file": "shop.key" } } ] }
            """.formatted(backend, edge.port));
    }

    private static void answer(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, BODY.length);
        exchange.getResponseBody().write(BODY);
        exchange.close();
    }

    @AfterEach
    void stop() {
        edge.close();
    }

    @Test
    void a_large_answer_arrives_whole() throws Exception {
        String printed = download();
        assertThat(printed).contains("[:status: 200]");
        assertThat(downloads.resolve("file")).hasBinaryContent(BODY);
    }

    @Test
    void a_client_that_changes_its_address_meanwhile_goes_on() throws Exception {
        String printed = download("--change-local-addr=100ms");
        assertThat(printed).contains("Changing local address", "succeeded");
        assertThat(downloads.resolve("file")).hasBinaryContent(BODY);
    }

    @Test
    void a_drain_lets_what_is_under_way_end() throws Exception {
        AtomicReference<CompletableFuture<Boolean>> drained = new AtomicReference<>();
        Thread watcher = Thread.ofVirtual().start(() -> {
            // The client makes the file when it asks; a request that comes after the drain began is refused, as it
            // should be.
            while (downloads.resolve("file").toFile().length() == 0) {
                try {
                    Thread.sleep(5);
                } catch (InterruptedException e) {
                    return;
                }
            }
            drained.set(edge.drain());
        });
        download();
        watcher.join();
        assertThat(downloads.resolve("file")).hasBinaryContent(BODY);
        assertThat(drained.get().get(20, TimeUnit.SECONDS)).isTrue();
    }

    private String download(String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "gtlsclient",
                "--no-quic-dump",
                "--no-http-dump",
                "--exit-on-all-streams-close",
                "--download=" + downloads));
        command.addAll(List.of(options));
        command.addAll(List.of("127.0.0.1", String.valueOf(edge.port), "https://shop.test/file"));
        Path log = directory.resolve("client.log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return Files.readString(log);
    }
}
