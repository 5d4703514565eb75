package dev.sixgate.edge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.sixgate.edge.config.ConfigReader;
import dev.sixgate.edge.config.Reading;
import dev.sixgate.edge.run.Edge;
import dev.sixgate.edge.run.LiveReload;
import dev.sixgate.edge.source.LiveDocuments;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ChangeCommandsTest {
    @TempDir
    Path directory;

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<HttpServer> servers = new ArrayList<>();
    private final LiveDocuments documents = new LiveDocuments();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private int port;
    private int good;
    private int bad;
    private Path file;
    private Edge edge;
    private LiveReload reload;

    @BeforeEach
    void start() throws Exception {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        good = backend(200, "good");
        bad = backend(500, "bad");
        file = write("sixgate.json", good);
        Reading reading = ConfigReader.read(file);
        edge = Edge.start(reading.snapshot());
        reload = LiveReload.start(edge, Configuration.source(file, documents), Configuration.reading(reading));
    }

    @AfterEach
    void close() {
        reload.close();
        edge.close();
        documents.close();
        servers.forEach(server -> server.stop(0));
        client.close();
    }

    @Test
    void apply_serves_another_file_and_rollback_the_one_before_once() throws Exception {
        Path next = write("next.json", bad);
        assertThat(run("apply", next.toString())).as(err.toString()).isZero();
        assertThat(out.toString()).isEqualTo("""
            ~ backend shop/one.address: 127.0.0.1:%d → 127.0.0.1:%d (/apps/shop/backends/0/address)
            ~1 backend, 0 listeners touched, 0 of 0 live connections affected
            version 2 is served
            """.formatted(good, bad));
        assertThat(get()).isEqualTo("500 bad");
        assertThat(run("rollback")).isZero();
        assertThat(out.toString()).contains("version 3 is served");
        assertThat(get()).isEqualTo("200 good");
        assertThat(run("rollback")).isEqualTo(1);
        assertThat(err.toString()).contains("there is nothing to roll back to");
    }

    @Test
    void what_takes_a_restart_is_refused_and_diff_says_so_before() throws Exception {
        Path next = Files.writeString(
                directory.resolve("next.json"), Files.readString(file).replace("\"fra\"", "\"ams\""));
        assertThat(run("diff", next.toString())).isZero();
        assertThat(out.toString())
                .contains("~ setting edge.region: fra → ams (/edge/region), takes a restart\n")
                .contains("a running edge refuses this");
        assertThat(run("apply", next.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("edge.region changed, which takes a restart", "version 1 goes on");
        assertThat(edge.version()).isEqualTo(1);
    }

    @Test
    void a_file_with_an_error_is_refused_in_the_words_of_check_and_the_old_one_goes_on() throws Exception {
        Path next = Files.writeString(
                directory.resolve("next.json"), Files.readString(file).replace("\"handlers\"", "\"handler\""));
        assertThat(run("check", next.toString())).isEqualTo(3);
        String said = out.toString().lines().findFirst().orElseThrow();
        for (String command : List.of("apply", "diff")) {
            assertThat(run(command, next.toString())).isEqualTo(3);
            assertThat(err.toString()).contains(said.substring(said.indexOf("next.json:")));
        }
        assertThat(get()).isEqualTo("200 good");
        assertThat(edge.version()).isEqualTo(1);
    }

    @Test
    void what_is_under_way_is_counted_by_the_change_that_touches_it() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        servers.getFirst().createContext("/slow", exchange -> {
            asked.countDown();
            try {
                answer.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        CompletableFuture<HttpResponse<String>> slow =
                client.sendAsync(HttpRequest.newBuilder(uri("/slow")).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
        Path next = write("next.json", bad);
        assertThat(run("diff", next.toString())).isZero();
        assertThat(out.toString())
                .contains("(/apps/shop/backends/0/address), 1 live\n", "1 of 1 live connections affected");
        assertThat(run("diff", next.toString(), "--json")).isZero();
        assertThat(out.toString()).contains("\"pointer\":\"/apps/shop/backends/0/address\"", "\"live\":1");
        Path moved = Files.writeString(
                directory.resolve("moved.json"),
                Files.readString(file).replace("" + port, "0").replace("\"port\": 0", "\"port\": " + other()));
        assertThat(run("diff", moved.toString())).isZero();
        assertThat(out.toString()).contains("- listener " + port + "/tcp: was 127.0.0.1:" + port + ", 1 live\n");
        answer.countDown();
        assertThat(slow.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }

    @Test
    void a_version_that_fails_its_requests_is_rolled_back_and_its_file_left_alone_until_it_changes() throws Exception {
        write("sixgate.json", bad);
        CompletableFuture<Integer> applied = CompletableFuture.supplyAsync(
                () -> run("apply", file.toString(), "--rollback-if", "error_rate>10%|p99>9s", "--within", "20s"));
        List<String> answers = new ArrayList<>();
        while (!applied.isDone()) answers.add(get());
        assertThat(applied.get()).isEqualTo(1);
        assertThat(out.toString()).contains("rolled back: error_rate>10%: ");
        assertThat(answers).contains("500 bad");
        assertThat(get()).isEqualTo("200 good");
        reload.sourcesChanged();
        assertThat(run("apply", file.toString()))
                .as("asked for again, it is served again")
                .isZero();
        assertThat(get()).isEqualTo("500 bad");
    }

    @Test
    void a_version_that_nothing_speaks_against_is_kept() throws Exception {
        Path next = write("next.json", good);
        assertThat(run("apply", next.toString(), "--rollback-if", "errors>2% for 1s"))
                .isZero();
        assertThat(out.toString()).contains("kept: only 0 requests came, too few to judge by");
    }

    @Test
    void two_files_are_compared_without_an_edge() throws Exception {
        Path next = write("next.json", bad);
        out.getBuffer().setLength(0);
        assertThat(Main.run(
                        new String[] {"diff", file.toString(), next.toString()},
                        new PrintWriter(out, true),
                        new PrintWriter(err, true)))
                .isZero();
        assertThat(out.toString()).endsWith("~1 backend, 0 listeners touched\n");
    }

    private static int other() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private int run(String command, String... words) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> all = new ArrayList<>(List.of(command));
        all.addAll(List.of(words));
        if (!command.equals("check"))
            all.addAll(List.of("--admin", directory.resolve("admin.sock").toString()));
        return Main.run(all.toArray(String[]::new), new PrintWriter(out, true), new PrintWriter(err, true));
    }

    private String get() throws Exception {
        HttpResponse<String> answer =
                client.send(HttpRequest.newBuilder(uri("/")).build(), HttpResponse.BodyHandlers.ofString());
        return answer.statusCode() + " " + answer.body();
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    private int backend(int status, String body) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Thread::startVirtualThread);
        server.createContext("/", exchange -> {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
        servers.add(server);
        return server.getAddress().getPort();
    }

    private Path write(String name, int backend) throws IOException {
        return Files.writeString(directory.resolve(name), """
            { "edge": { "name": "e", "region": "fra", "addresses": ["127.0.0.1"] },
              "admin": { "listen": "unix:admin.sock" },
              "apps": { "shop": {
                "backends": [ { "name": "one", "address": "127.0.0.1:%d", "insecure_direct": true } ],
                "services": [ { "name": "web", "internal_port": 80,
                  "ports": [ { "port": %d, "handlers": ["http"] } ] } ] } } }
            """.formatted(backend, port));
    }
}
