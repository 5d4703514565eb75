package dev.sixgate.edge.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.net.httpserver.HttpServer;
import dev.sixgate.edge.admin.AdminClient;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Listening sockets that outlive their process, with processes of their own. */
@Timeout(180)
class HandOverTest {
    private static final int PORT = 8000;
    private static final int SECONDS = 60;

    @TempDir
    Path directory;

    private final List<Process> processes = new ArrayList<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private InetAddress address;
    private Path file;

    @BeforeEach
    void configure() throws Exception {
        assumeThat(Epoll.isAvailable()).as("epoll, which hands sockets over").isTrue();
        int pid = (int) ProcessHandle.current().pid();
        address = InetAddress.ofLiteral("127." + (16 + (pid >>> 8) % 200) + "." + (pid & 0xff) + ".251");
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Thread::startVirtualThread);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 2);
            exchange.getResponseBody().write("ok".getBytes(StandardCharsets.US_ASCII));
            exchange.close();
        });
        server.start();
        open.add(() -> server.stop(0));
        DatagramSocket echo = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        open.add(echo);
        Thread.startVirtualThread(() -> {
            byte[] bytes = new byte[100];
            try {
                while (true) {
                    DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
                    echo.receive(packet);
                    echo.send(packet);
                }
            } catch (IOException e) {
                // closed
            }
        });
        file = Files.writeString(directory.resolve("sixgate.json"), """
            { "edge": { "name": "e", "addresses": ["%s"] }, "admin": { "listen": "unix:admin.sock" },
              "apps": { "shop": {
                "backends": [ { "name": "one", "address": "127.0.0.1", "insecure_direct": true } ],
                "services": [
                  { "name": "web", "internal_port": %d, "ports": [ { "port": %d, "handlers": ["http"] } ] },
                  { "name": "echo", "protocol": "udp", "internal_port": %d, "ports": [ { "port": %d } ] } ] } } }
            """.formatted(
                        address.getHostAddress(), server.getAddress().getPort(), PORT, echo.getLocalPort(), PORT));
    }

    @AfterEach
    void close() throws Exception {
        for (Process process : processes) process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        for (AutoCloseable each : open) each.close();
    }

    @Test
    void the_next_process_takes_the_sockets_under_load_and_nobody_is_refused() throws Exception {
        Process first = start(List.of(), "run", file.toString());
        awaitAnswers();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger answers = new AtomicInteger();
        CompletableFuture<List<String>> load = CompletableFuture.supplyAsync(() -> {
            List<String> failures = new ArrayList<>();
            while (!stop.get())
                try {
                    assertThat(get()).endsWith("ok");
                    answers.incrementAndGet();
                } catch (IOException | AssertionError e) {
                    failures.add(e.toString());
                }
            return failures;
        });
        Process second = start(List.of(), "run", file.toString(), "--take-over", "--within", "3");
        assertThat(first.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(first.exitValue()).isZero();
        int before = answers.get();
        assertThat(before).isPositive();
        for (long end = deadline(); answers.get() < before + 100; )
            assertThat(System.nanoTime() - end).as(log(1)).isNegative();
        stop.set(true);
        assertThat(load.get(SECONDS, TimeUnit.SECONDS)).isEmpty();
        assertThat(AdminClient.get(directory.resolve("admin.sock"), "/status").body())
                .contains("\"pid\":" + second.pid() + ",");
        assertThat(echoed("ping")).isEqualTo("ping");
        assertThat(log(1)).contains("taking over from process " + first.pid()).doesNotContain("no service has it");
    }

    @Test
    void sockets_that_systemd_holds_are_taken_and_it_starts_the_edge_when_somebody_connects() throws Exception {
        Path activate = Path.of("/usr/bin/systemd-socket-activate");
        assumeThat(activate).as("systemd's own tool, of the package systemd").exists();
        String at = address.getHostAddress() + ":" + PORT;
        start(List.of(activate.toString(), "-l", at, "-l", address.getHostAddress() + ":1"), "run", file.toString());
        for (long end = deadline(); !log(0).contains("Listening on " + at); )
            assertThat(System.nanoTime() - end).as(log(0)).isNegative();
        assertThat(get()).as(log(0)).endsWith("ok");
        assertThat(log(0))
                .contains("a socket for " + address.getHostAddress()
                        + ":1 was handed to this edge, and no service has it");
    }

    private static long deadline() {
        return System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    }

    private void awaitAnswers() throws IOException {
        for (long end = deadline(); ; )
            try {
                get();
                return;
            } catch (IOException e) {
                assertThat(System.nanoTime() - end).as(log(0)).isNegative();
                Thread.onSpinWait();
            }
    }

    /** On a connection of its own. */
    private String get() throws IOException {
        try (Socket client = new Socket()) {
            client.setSoTimeout(SECONDS * 1000);
            client.connect(new InetSocketAddress(address, PORT), SECONDS * 1000);
            client.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = client.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private String echoed(String text) throws IOException {
        try (DatagramSocket client = new DatagramSocket(0, address)) {
            client.setSoTimeout(SECONDS * 1000);
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            client.send(new DatagramPacket(bytes, bytes.length, new InetSocketAddress(address, PORT)));
            DatagramPacket answer = new DatagramPacket(new byte[100], 100);
            client.receive(answer);
            return new String(answer.getData(), 0, answer.getLength(), StandardCharsets.US_ASCII);
        }
    }

    private Process start(List<String> before, String... words) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(Arrays.asList(words));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log" + processes.size()).toFile());
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private String log(int process) throws IOException {
        Path log = directory.resolve("log" + process);
        return Files.exists(log) ? Files.readString(log) : "";
    }
}
