package dev.sixgate.edge.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.edge.admin.ControlServer.Request;
import dev.sixgate.edge.admin.ControlServer.Response;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class AdminSocketTest {
    @TempDir
    Path directory;

    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private Path path;

    @BeforeEach
    void name() {
        path = directory.resolve("run").resolve("edge.sock");
    }

    @AfterEach
    void close() throws InterruptedException {
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS);
    }

    @Test
    void only_its_owner_may_open_it_and_it_goes_with_its_server() throws IOException {
        try (AdminSocket _ = open()) {
            assertThat(Files.getPosixFilePermissions(path)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
            assertThat(AdminClient.get(path, "/a?b=c").body()).isEqualTo("GET /a {b=c}");
            assertThat(AdminClient.post(path, "/x").body()).isEqualTo("POST /x {}");
        }
        assertThat(Files.list(path.getParent())).isEmpty();
    }

    @Test
    void one_that_a_dead_process_left_is_replaced() throws IOException {
        Files.createDirectories(path.getParent());
        ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        dead.bind(UnixDomainSocketAddress.of(path));
        dead.close();
        assertThat(Files.exists(path)).isTrue();
        try (AdminSocket _ = open()) {
            assertThat(AdminClient.get(path, "/").ok()).isTrue();
        }
    }

    @Test
    void a_live_one_refuses_and_goes_on() throws IOException {
        try (AdminSocket _ = open()) {
            assertThatThrownBy(this::open)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("another edge is running")
                    .hasMessageContaining(path.toString());
            assertThat(AdminClient.get(path, "/").ok()).isTrue();
        }
    }

    @Test
    void a_file_that_is_no_socket_is_left_alone() throws IOException {
        Files.createDirectories(path.getParent());
        Files.writeString(path, "precious");
        assertThatThrownBy(this::open).hasMessageContaining("another file already");
        assertThat(Files.readString(path)).isEqualTo("precious");
    }

    @Test
    void a_path_longer_than_the_system_takes_is_told() {
        path = directory.resolve("x".repeat(120));
        assertThatThrownBy(this::open).hasMessageContaining("choose a shorter one");
    }

    @Test
    void a_socket_that_another_edge_made_meanwhile_is_not_removed() throws IOException {
        AdminSocket first = open();
        Files.delete(path);
        try (AdminSocket _ = open()) {
            first.close();
            assertThat(AdminClient.get(path, "/").ok()).isTrue();
        }
    }

    @Test
    void a_client_is_told_plainly_that_nobody_answers() throws IOException {
        assertThatThrownBy(() -> AdminClient.get(path, "/status")).hasMessageContaining("there is no admin socket");
        Files.createDirectories(path.getParent());
        Files.writeString(path, "");
        assertThatThrownBy(() -> AdminClient.get(path, "/status")).hasMessageContaining("no edge answers on");
    }

    @Test
    void a_server_that_never_answers_costs_the_client_its_time_out_only() throws IOException {
        Files.createDirectories(path.getParent());
        try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            silent.bind(UnixDomainSocketAddress.of(path));
            assertThatThrownBy(() -> AdminClient.ask(path, "GET", "/", Duration.ofMillis(50)))
                    .hasMessageContaining("did not answer within");
        }
    }

    @Test
    void what_is_not_http_costs_one_connection() throws IOException {
        try (AdminSocket _ = open()) {
            try (SocketChannel garbage = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
                garbage.write(StandardCharsets.US_ASCII.encode("\u0001\u0002 nonsense\r\n\r\n"));
                ByteBuffer answer = ByteBuffer.allocate(1024);
                while (garbage.read(answer) >= 0) {}
                assertThat(new String(answer.array(), 0, answer.position())).startsWith("HTTP/1.1 400");
            }
            assertThat(AdminClient.get(path, "/").ok()).isTrue();
        }
    }

    @Test
    void a_head_request_has_the_length_and_no_body() throws IOException {
        try (AdminSocket _ = open()) {
            assertThat(AdminClient.ask(path, "HEAD", "/", Duration.ofSeconds(10)))
                    .isEqualTo(new AdminClient.Answer(200, ""));
        }
    }

    @Test
    void a_path_cannot_smuggle_a_second_request() {
        assertThatThrownBy(() -> AdminClient.get(path, "/ HTTP/1.1\r\n\r\nPOST /reload"))
                .hasMessageContaining("is no path");
    }

    private AdminSocket open() throws IOException {
        return AdminSocket.open(loops, path, AdminSocketTest::echo);
    }

    private static CompletionStage<Response> echo(Request request) {
        return CompletableFuture.completedStage(
                new Response(200, "text/plain", request.method() + " " + request.path() + " " + request.query()));
    }
}
