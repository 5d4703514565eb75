package dev.sixgate.edge.cli;

import dev.sixgate.edge.admin.AdminClient;
import dev.sixgate.edge.admin.AdminClient.Answer;
import dev.sixgate.edge.admin.AdminStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Finds and asks the running edge. */
final class RunningEdge {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Option(
            names = "--admin",
            paramLabel = "SOCKET",
            description = "The edge's admin socket (default: the only one in $XDG_RUNTIME_DIR/sixgate or ./state).")
    private @Nullable Path socket;

    /** @throws Main.Failure when it answers with an error, in its own words */
    JsonNode get(String path) throws IOException {
        return JSON.readTree(text(path));
    }

    String text(String path) throws IOException {
        return check(AdminClient.get(socket(), path));
    }

    /** Whatever it says. */
    Answer ask(String method, String path) throws IOException {
        return AdminClient.ask(socket(), method, path, AdminClient.TIMEOUT);
    }

    /** @throws Main.Failure as {@link #get} */
    static JsonNode json(Answer answer) {
        return JSON.readTree(check(answer));
    }

    /** The body of an answer, whatever its status. */
    static JsonNode parsed(Answer answer) {
        return JSON.readTree(answer.body());
    }

    /** As the edge is told of it, wherever it was started. */
    static String encoded(Path file) {
        return URLEncoder.encode(file.toAbsolutePath().normalize().toString(), StandardCharsets.UTF_8);
    }

    /** The sentence of an answer that is not 2xx. */
    static String error(Answer answer) {
        JsonNode error = JSON.readTree(answer.body()).path("error");
        return error.isString() ? error.stringValue() : answer.body();
    }

    /** @throws Main.Failure when there is none, in the edge's own words */
    AdminStream stream(String path) throws IOException {
        AdminStream stream = new AdminStream(socket(), path);
        Answer refusal = stream.refusal();
        if (refusal == null) return stream;
        stream.close();
        check(refusal);
        throw new Main.Failure("there is nothing to follow at " + path);
    }

    private static String check(Answer answer) {
        if (answer.ok()) return answer.body();
        throw new Main.Failure(error(answer));
    }

    /** Whether there is one to ask, or the operator named one. */
    boolean isThere() throws IOException {
        return socket != null || !found().isEmpty();
    }

    private static List<Path> found() throws IOException {
        List<Path> found = new ArrayList<>();
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        if (runtime != null) found.addAll(sockets(Path.of(runtime, "sixgate")));
        found.addAll(sockets(Path.of("state")));
        return found;
    }

    private Path socket() throws IOException {
        if (socket != null) return socket;
        List<Path> found = found();
        if (found.size() == 1) return found.getFirst();
        throw new Main.Failure(
                found.isEmpty()
                        ? "no running edge was found; --admin names its socket (admin.listen in its configuration)"
                        : "several edges run here; --admin names one of "
                                + found.stream().map(Path::toString).collect(Collectors.joining(", ")));
    }

    private static List<Path> sockets(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) return List.of();
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".sock"))
                    .sorted()
                    .toList();
        }
    }
}
