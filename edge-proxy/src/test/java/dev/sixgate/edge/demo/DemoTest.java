package dev.sixgate.edge.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.edge.run.EdgeStartException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The whole product on loopback. */
class DemoTest {
    @Test
    void every_line_of_the_guide_works_and_is_served_from_the_mesh() throws Exception {
        Path files;
        try (Demo demo = start()) {
            files = demo.files().directory();
            List<Try> tries = Try.all(demo);
            for (Try attempt : tries)
                assertThat(attempt.run())
                        .as(attempt.what())
                        .satisfies(outcome -> assertThat(outcome.passed())
                                .as(outcome.toString())
                                .isTrue());
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            DemoGuide.print(demo, tries, new PrintStream(text, true, StandardCharsets.UTF_8));
            assertThat(text.toString(StandardCharsets.UTF_8))
                    .contains("--cacert " + demo.files().root())
                    .contains("--resolve 'hello.localhost:" + demo.ports().http() + ":127.0.0.1")
                    .contains("TCP echo on " + demo.ports().echo());
        }
        assertThat(files).doesNotExist();
    }

    @Test
    void a_port_in_use_is_told_in_a_sentence_and_leaves_nothing_running() throws Exception {
        try (ServerSocket taken = new ServerSocket()) {
            DemoPorts ports = freePorts();
            taken.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), ports.https()));
            assertThatThrownBy(() -> new Demo(ports))
                    .isInstanceOf(EdgeStartException.class)
                    .hasMessageContaining(Integer.toString(ports.https()));
            assertThat(free(ports.http())).isTrue();
        }
    }

    @Test
    void ports_keep_their_distances() {
        DemoPorts ports = DemoPorts.DEFAULT;
        assertThat(List.of(ports.http(), ports.https(), ports.echo())).containsExactly(8080, 8443, 9000);
        assertThatThrownBy(() -> new DemoPorts(64616)).hasMessageContaining("not between 1 and 64615");
    }

    /** Another process may take a port between the look and the start; that is not what is tested here. */
    private static Demo start() throws Exception {
        for (int attempt = 0; attempt < 5; attempt++) {
            try {
                return new Demo(freePorts());
            } catch (EdgeStartException _) {
                // Look for others.
            }
        }
        return new Demo(freePorts());
    }

    private static DemoPorts freePorts() throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            int port;
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
                port = socket.getLocalPort();
            }
            if (port > 64615) continue;
            DemoPorts ports = new DemoPorts(port);
            if (free(ports.http()) && free(ports.https()) && free(ports.echo())) return ports;
        }
        throw new AssertionError("no three free ports at these distances");
    }

    private static boolean free(int port) {
        try (ServerSocket socket = new ServerSocket(port)) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
