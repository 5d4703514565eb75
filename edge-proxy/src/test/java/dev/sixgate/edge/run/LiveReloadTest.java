package dev.sixgate.edge.run;

import static dev.sixgate.edge.run.Loopback.exchange;
import static dev.sixgate.edge.run.Snapshots.direct;
import static dev.sixgate.edge.run.Snapshots.raw;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.admin.AdminClient;
import dev.sixgate.edge.admin.AdminClient.Answer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class LiveReloadTest {
    private static final int PORT = 9000;

    @TempDir
    Path directory;

    private final Loopback loopback = new Loopback();
    private Snapshots snapshots;
    private int portA;
    private int portB;
    private Path file;
    private Edge edge;
    private LiveReload reload;

    @BeforeEach
    void start() throws Exception {
        snapshots = Snapshots.in(directory, loopback.address);
        portA = loopback.echo("a");
        portB = loopback.echo("b");
        file = Files.writeString(directory.resolve("sixgate.conf"), "a");
        SnapshotSource.Reading first = read();
        edge = Edge.start(first.snapshot());
        reload = LiveReload.start(edge, _ -> read(), first);
    }

    @AfterEach
    void close() throws Exception {
        reload.close();
        edge.close();
        loopback.close();
    }

    /** A source of one letter: the backend to send connections to; all else is bad. */
    private SnapshotSource.Reading read() {
        try {
            String backend = Files.readString(file);
            return switch (backend) {
                case "a", "b" ->
                    SnapshotSource.Reading.of(
                            snapshots
                                    .apps(raw(
                                            "echo",
                                            PORT,
                                            direct(backend, loopback.address, backend.equals("a") ? portA : portB)))
                                    .build(),
                            List.of(),
                            List.of(file));
                default ->
                    SnapshotSource.Reading.of(null, List.of("\"" + backend + "\" is neither a nor b"), List.of(file));
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void a_changed_file_takes_effect_by_itself() throws Exception {
        assertThat(served()).isEqualTo("a");
        Files.writeString(file, "b");
        awaitServed("b");
        Path other = Files.writeString(directory.resolve("other"), "a");
        Files.move(other, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        awaitServed("a");
    }

    @Test
    void a_bad_file_leaves_the_old_configuration_and_a_good_one_mends_it() throws Exception {
        Files.writeString(file, "nonsense");
        Answer answer = AdminClient.post(directory.resolve("admin.sock"), "/reload");
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.body()).contains("\"ok\":false", "\\\"nonsense\\\" is neither a nor b");
        assertThat(served()).isEqualTo("a");
        Files.writeString(file, "b");
        answer = AdminClient.post(directory.resolve("admin.sock"), "/reload");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(served()).isEqualTo("b");
    }

    @Test
    void a_source_that_breaks_is_a_refused_reload_and_nothing_worse() throws Exception {
        Files.delete(file);
        Verdict verdict = reload.reload().toCompletableFuture().get(10, TimeUnit.SECONDS);
        assertThat(verdict.ok()).isFalse();
        assertThat(verdict.problems()).singleElement().asString().contains("could not be read again");
        assertThat(served()).isEqualTo("a");
        Files.writeString(file, "b");
        awaitServed("b");
    }

    private String served() throws IOException {
        try (Socket client = loopback.connect(PORT)) {
            return exchange(client, "x", 1);
        }
    }

    private void awaitServed(String backend) throws IOException {
        for (long end = System.nanoTime() + 10_000_000_000L; System.nanoTime() < end; )
            if (served().equals(backend)) return;
        throw new AssertionError("not served by " + backend + " within 10 s");
    }
}
