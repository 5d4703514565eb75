package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.sixgate.edge.run.Edge;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** An edge on loopback, started from an operator's JSON, with real backends and a real client. */
final class EdgeFromJson implements AutoCloseable {
    final HttpClient client = HttpClient.newHttpClient();
    /** Where the edge is to listen: {@code "port": %d}. */
    final int port;

    private final Path directory;
    private final List<HttpServer> servers = new ArrayList<>();
    private @Nullable Edge edge;

    EdgeFromJson(Path directory) throws IOException {
        this.directory = directory;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
    }

    /** Starts a backend. @return its port */
    int backend(HttpHandler answers) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", answers);
        server.start();
        servers.add(server);
        return server.getAddress().getPort();
    }

    /** @param apps the value of {@code "apps"} and whatever follows it in the file */
    void start(String apps) throws Exception {
        Path file = Files.writeString(directory.resolve("sixgate.json"), """
            { "edge": { "name": "e", "region": "fra", "addresses": ["127.0.0.1"] },
              "admin": { "listen": "unix:admin.sock" },
              "apps": %s }
            """.formatted(apps));
        Reading reading = ConfigReader.read(file, Surroundings.ofThisProcess());
        assertThat(reading.problems().stream().filter(Problem::isError)).isEmpty();
        edge = Edge.start(reading.snapshot());
    }

    /** As on SIGTERM. */
    CompletableFuture<Boolean> drain() {
        Edge running = edge;
        if (running == null) throw new IllegalStateException("not started");
        return running.drain();
    }

    URI uri(String target) {
        return URI.create("http://127.0.0.1:" + port + target);
    }

    HttpResponse<String> get(String target, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(target));
        for (int i = 0; i < headers.length; i += 2) request.header(headers[i], headers[i + 1]);
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Such as {@code 503 no_backend}. */
    static String reason(HttpResponse<String> answer) {
        return answer.statusCode() + " "
                + answer.headers().firstValue("sixgate-reason").orElse("none");
    }

    @Override
    public void close() {
        if (edge != null) edge.close();
        servers.forEach(server -> server.stop(0));
        client.close();
    }
}
