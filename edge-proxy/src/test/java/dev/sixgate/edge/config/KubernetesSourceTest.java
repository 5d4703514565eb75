package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sixgate.edge.run.Snapshot;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.source.LiveDocuments;
import dev.sixgate.edge.source.SourceState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster as a source: an API server with one Service and its endpoints. */
class KubernetesSourceTest {
    private static final String SERVICE = """
        {"apiVersion":"v1","kind":"Service","metadata":{"namespace":"default","name":"kuard","resourceVersion":"1"},
         "spec":{"ipFamilyPolicy":"SingleStack","ipFamilies":["IPv6"],"ports":[{"name":"http","port":80}]}}\
        """;

    @TempDir
    Path directory;

    private final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Semaphore changes = new Semaphore(0);
    private final CountDownLatch away = new CountDownLatch(1);
    private HttpServer server;
    private Path file;

    @BeforeEach
    void a_cluster() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
        Files.writeString(directory.resolve("kubeconfig"), """
            apiVersion: v1
            kind: Config
            current-context: test
            contexts: [ { name: test, context: { cluster: test, user: test } } ]
            clusters: [ { name: test, cluster: { server: "http://127.0.0.1:%d" } } ]
            users: [ { name: test, user: {} } ]
            """.formatted(
                        server.getAddress().getPort()));
        Path key = Files.writeString(directory.resolve("edge.wgkey"), "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n");
        Files.setPosixFilePermissions(key, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        file = Files.writeString(directory.resolve("sixgate.json"), """
            { "edge": { "addresses": ["203.0.113.20"] },
              "networks": { "default": { "prefix": "fdaa:3:dde8::/48" } },
              "mesh": { "private_key": { "file": "edge.wgkey" }, "address": "fdaa:3:dde8:e002:1::1/128",
                "peers": [ { "public_key": "29VJbtNyOA+jnpCO+4OHo+Xt7C0QftAcAL98R53+Iyw=", "allowed_ips": ["fdaa:3:dde8:1::/64"] } ] },
              "kubernetes": { "kubeconfig": "kubeconfig", "gateway_class": "sixgate" } }
            """);
    }

    @AfterEach
    void the_cluster_ends() {
        threads.shutdownNow();
        server.stop(0);
    }

    private static String slice(String address, int version) {
        return """
            {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv6",
             "metadata":{"namespace":"default","name":"kuard-1","resourceVersion":"%d","labels":{"kubernetes.io/service-name":"kuard"}},
             "ports":[{"name":"http","port":8080}],"endpoints":[{"addresses":["%s"]}]}\
            """.formatted(version, address);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        boolean slices = path.endsWith("/endpointslices");
        String item = slices ? slice("fdaa:3:dde8:1::2", 1) : path.endsWith("/services") ? SERVICE : "";
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            if (away.getCount() == 0) {
                exchange.sendResponseHeaders(503, -1);
                return;
            }
            if (String.valueOf(exchange.getRequestURI().getQuery()).contains("watch=true")) {
                exchange.sendResponseHeaders(200, 0);
                exchange.getResponseBody().flush();
                if (!slices) away.await();
                for (String event = slices ? events.take() : ""; !event.isEmpty(); event = events.take()) {
                    exchange.getResponseBody().write((event + "\n").getBytes(StandardCharsets.UTF_8));
                    exchange.getResponseBody().flush();
                }
                return;
            }
            byte[] list =
                    ("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":["
                                    + item + "]}")
                            .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, list.length);
            exchange.getResponseBody().write(list);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static List<String> backends(Snapshot snapshot) {
        return snapshot.apps().stream()
                .map(App::backends)
                .flatMap(List::stream)
                .map(Backend::name)
                .toList();
    }

    @Test
    void objects_are_served_followed_and_kept_while_the_api_server_is_away() throws Exception {
        try (LiveDocuments documents = new LiveDocuments()) {
            Snapshot snapshot = read(documents);
            assertThat(snapshot.apps()).extracting(App::name).containsExactly("kuard.default");
            assertThat(backends(snapshot)).containsExactly("fdaa:3:dde8:1::2");
            assertThat(snapshot.documents().standings()).singleElement().satisfies(one -> {
                assertThat(one.name()).isEqualTo("kubernetes/service/default/kuard");
                assertThat(one.origin()).isEqualTo("Service default/kuard");
            });
            documents.onChange(changes::release);
            events.add("{\"type\":\"MODIFIED\",\"object\":"
                    + slice("fdaa:3:dde8:1::3", 2).replace("\n", "") + "}");
            assertThat(changes.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
            assertThat(backends(read(documents))).containsExactly("fdaa:3:dde8:1::3");
            SourceState state = documents.states().getFirst();
            assertThat(state.complete()).isTrue();
            assertThat(state.documents()).isEqualTo(1);

            away.countDown();
            events.add("");
            long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
            while (documents.states().getFirst().problem() == null && System.nanoTime() < end) {
                boolean _ = changes.tryAcquire(20, TimeUnit.MILLISECONDS);
            }
            assertThat(documents.states().getFirst().problem()).contains("503");
            assertThat(documents.states().getFirst().age()).isPositive();
            assertThat(backends(read(documents))).containsExactly("fdaa:3:dde8:1::3");
        }
    }

    @Test
    void check_asks_no_cluster() {
        server.stop(0);
        Reading reading = ConfigReader.read(file, new FixedSurroundings());
        assertThat(reading.problems().stream().filter(Problem::isError)).isEmpty();
        assertThat(Objects.requireNonNull(reading.snapshot()).apps()).isEmpty();
    }

    private Snapshot read(LiveDocuments documents) {
        Reading reading =
                ConfigReader.read(file, new FixedSurroundings(), documents, dev.sixgate.edge.source.DocumentSet.EMPTY);
        assertThat(reading.problems().stream().filter(Problem::isError)).isEmpty();
        return Objects.requireNonNull(reading.snapshot());
    }
}
