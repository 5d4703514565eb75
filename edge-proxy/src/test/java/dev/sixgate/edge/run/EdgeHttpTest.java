package dev.sixgate.edge.run;

import static dev.sixgate.edge.run.Snapshots.direct;
import static dev.sixgate.edge.run.Snapshots.http;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.sixgate.certs.ca.DevelopmentCa;
import dev.sixgate.edge.admin.AdminClient;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.Handler;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole edge on loopback that speaks HTTP. */
@Timeout(30)
class EdgeHttpTest {
    private static final int PORT = 8080;
    private static final int TLS_PORT = 8443;

    @TempDir
    Path directory;

    private final Loopback loopback = new Loopback();
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch mayAnswer = new CountDownLatch(1);
    private HttpServer origin;
    private Snapshots snapshots;
    private Edge edge;

    @BeforeEach
    void startOrigin() throws IOException {
        origin = HttpServer.create(new InetSocketAddress(loopback.address, 0), 10);
        origin.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        origin.createContext("/", exchange -> {
            if (exchange.getRequestURI().getPath().equals("/slow")) {
                asked.countDown();
                try {
                    mayAnswer.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
            byte[] body = "hello".getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        origin.start();
        snapshots = Snapshots.in(directory, loopback.address);
    }

    @AfterEach
    void close() throws Exception {
        mayAnswer.countDown();
        if (edge != null) edge.close();
        origin.stop(0);
        loopback.close();
    }

    @Test
    void a_request_is_routed_by_host_and_explained_by_its_id() throws Exception {
        edge = Edge.start(snapshots
                .apps(
                        http("hello", PORT, List.of("hello.example.com"), backend()),
                        http("other", PORT, List.of("*.example.com"), backend()))
                .build());
        Socket client = loopback.connect(PORT);
        String answer = request(client, "/", "hello.example.com");
        assertThat(answer).startsWith("HTTP/1.1 200").endsWith("hello");
        String id = header(answer, "sixgate-request-id");
        assertThat(ask("/explain/" + id + "?format=text", "Answered"))
                .contains("GET hello.example.com/", "Answered 200 by backend b", "hello.http host hello.example.com")
                .contains("not other.http host *.example.com: *.example.com fits too, but hello.example.com is more");
        assertThat(header(request(client, "/", "nobody.example.org"), "sixgate-request-id"))
                .matches("[0-9a-f]{16}");
        assertThat(ask("/explain?kind=failures", "no_route")).contains("\"reason\":\"no_route\"");
    }

    @Test
    void requests_on_an_old_connection_see_the_new_configuration() throws Exception {
        edge = Edge.start(
                snapshots.apps(http("hello", PORT, List.of(), backend())).build());
        Socket client = loopback.connect(PORT);
        assertThat(request(client, "/", "a.example")).startsWith("HTTP/1.1 200");
        edge.apply(snapshots
                .apps(http("hello", PORT, List.of("b.example"), backend()))
                .build());
        assertThat(request(client, "/", "a.example")).startsWith("HTTP/1.1 404");
        assertThat(request(client, "/", "b.example")).startsWith("HTTP/1.1 200");
    }

    @Test
    void a_drain_ends_idle_connections_at_once_and_busy_ones_after_their_answer() throws Exception {
        edge = Edge.start(
                snapshots.apps(http("hello", PORT, List.of(), backend())).build());
        Socket idle = loopback.connect(PORT);
        assertThat(request(idle, "/", "x")).startsWith("HTTP/1.1 200");
        Socket busy = loopback.connect(PORT);
        send(busy, "/slow", "x");
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();

        CompletableFuture<Boolean> drained = edge.drain();
        assertThat(idle.getInputStream().read()).isEqualTo(-1);
        assertThat(drained).isNotDone();
        mayAnswer.countDown();
        String answer = receive(busy);
        assertThat(answer).startsWith("HTTP/1.1 200").endsWith("hello");
        assertThat(answer.toLowerCase(java.util.Locale.ROOT)).contains("connection: close");
        assertThat(busy.getInputStream().read()).isEqualTo(-1);
        assertThat(drained.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void a_drain_answers_the_first_request_of_a_connection_that_has_just_come() throws Exception {
        edge = Edge.start(
                snapshots.apps(http("hello", PORT, List.of(), backend())).build());
        Socket client = loopback.connect(PORT);
        for (long end = System.nanoTime() + 10_000_000_000L; edge.listeners().activeConnections() < 1; )
            assertThat(System.nanoTime() - end).isNegative();
        CompletableFuture<Boolean> drained = edge.drain(Duration.ofDays(1), Duration.ZERO);
        assertThat(request(client, "/", "x")).startsWith("HTTP/1.1 200").containsIgnoringCase("connection: close");
        assertThat(drained.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void a_drain_that_is_spread_tells_one_connection_and_the_others_later() throws Exception {
        edge = Edge.start(
                snapshots.apps(http("hello", PORT, List.of(), backend())).build());
        Socket one = loopback.connect(PORT);
        Socket other = loopback.connect(PORT);
        assertThat(request(one, "/", "x")).startsWith("HTTP/1.1 200");
        assertThat(request(other, "/", "x")).startsWith("HTTP/1.1 200");
        CompletableFuture<Boolean> drained = edge.drain(Duration.ofDays(1), Duration.ofHours(1));
        for (long end = System.nanoTime() + 10_000_000_000L; edge.listeners().activeConnections() > 1; )
            assertThat(System.nanoTime() - end).isNegative();
        one.setSoTimeout(300);
        boolean toldFirst;
        try {
            toldFirst = one.getInputStream().read() < 0;
        } catch (java.net.SocketTimeoutException e) {
            toldFirst = false;
        }
        Socket left = toldFirst ? other : one;
        left.setSoTimeout(10_000);
        for (int i = 0; i < 3; i++) {
            String answer = request(left, "/", "x");
            assertThat(answer).startsWith("HTTP/1.1 200");
            assertThat(answer.toLowerCase(java.util.Locale.ROOT)).doesNotContain("connection: close");
        }
        assertThat(drained).isNotDone();
        left.close();
        assertThat(drained.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void a_flood_of_invented_hosts_paths_and_methods_adds_no_series_of_its_own() throws Exception {
        edge = Edge.start(snapshots
                .apps(http("hello", PORT, List.of("hello.example.com"), backend()))
                .build());
        Socket client = loopback.connect(PORT);
        for (int i = 0; i < 200; i++)
            assertThat(request(client, "/p" + i, "h" + i + ".invented.example")).startsWith("HTTP/1.1 404");
        String metrics = ask("/metrics");
        assertThat(metrics).doesNotContain("invented", "/p1");
        assertThat(metrics.lines().filter(l -> l.startsWith("sixgate_requests_total{")))
                .containsExactly("sixgate_requests_total{app=\"none\",protocol=\"http/1.1\",reason=\"no_route\","
                        + "service=\"none\",status=\"4xx\"} 200.0");
    }

    @Test
    void tls_with_the_development_ca_is_terminated_by_name() throws Exception {
        edge = Edge.start(snapshots
                .developmentNames("hello.localhost")
                .apps(Apps.app(
                        "hello",
                        List.of(backend()),
                        Apps.service("http", List.of("hello.localhost"), TLS_PORT, Handler.TLS, Handler.HTTP)))
                .build());
        try (SSLSocket client = tlsClient("hello.localhost")) {
            String answer = request(client, "/", "hello.localhost");
            assertThat(answer).startsWith("HTTP/1.1 200").endsWith("hello");
            assertThat(ask("/explain/" + header(answer, "sixgate-request-id"), "TLSv1.3"))
                    .contains("\"version\":\"TLSv1.3\"", "\"sni\":\"hello.localhost\"");
        }
    }

    @Test
    void tls_before_raw_tcp_passes_the_decrypted_bytes() throws Exception {
        Backend echo = direct("echo", loopback.address, loopback.echo("e:"));
        edge = Edge.start(snapshots
                .developmentNames("hello.localhost")
                .apps(Apps.app("raw", List.of(echo), Apps.service("tcp", List.of(), TLS_PORT, Handler.TLS)))
                .build());
        try (SSLSocket client = tlsClient("hello.localhost")) {
            assertThat(Loopback.exchange(client, "hello", 7)).isEqualTo("e:hello");
        }
        Socket plain = loopback.connect(TLS_PORT);
        plain.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes());
        plain.getInputStream().readAllBytes();
        assertThat(ask("/explain?kind=failures", "tls_handshake"))
                .contains("tls_handshake", "the client did not speak TLS");
    }

    private SSLSocket tlsClient(String name) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry(
                "root",
                DevelopmentCa.openOrCreate(
                                Certificates.developmentCa(directory.resolve("state")), InstantSource.system())
                        .root());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        SSLSocket client = (SSLSocket) context.getSocketFactory().createSocket(loopback.address, TLS_PORT);
        client.setSoTimeout(10_000);
        SSLParameters parameters = client.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(name)));
        parameters.setEndpointIdentificationAlgorithm(null);
        client.setSSLParameters(parameters);
        return client;
    }

    private Backend backend() {
        return direct("b", loopback.address, origin.getAddress().getPort());
    }

    /** Asks until the answer has {@code part}: a record is finished just after its client has read the last byte. */
    private String ask(String path, String part) throws IOException {
        String answer = ask(path);
        for (long end = System.nanoTime() + 10_000_000_000L; System.nanoTime() < end && !answer.contains(part); )
            answer = ask(path);
        return answer;
    }

    private String ask(String path) throws IOException {
        return AdminClient.get(directory.resolve("admin.sock"), path).body();
    }

    private static String request(Socket client, String path, String host) throws IOException {
        send(client, path, host);
        return receive(client);
    }

    private static void send(Socket client, String path, String host) throws IOException {
        client.getOutputStream().write(("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n").getBytes());
    }

    /** One response: its head, and as many bytes as it says. */
    private static String receive(Socket client) throws IOException {
        InputStream in = client.getInputStream();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) throw new IOException("ended after " + head);
            head.append((char) next);
        }
        int length = Integer.parseInt(header(head.toString(), "content-length"));
        return head + new String(in.readNBytes(length), StandardCharsets.US_ASCII);
    }

    private static String header(String answer, String name) {
        return answer.lines()
                .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElse("0");
    }
}
