package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.MeshDraft.Routes;
import dev.sixgate.edge.networkpolicy.Policy;
import dev.sixgate.edge.node.NodePort;
import dev.sixgate.edge.run.Snapshot;
import dev.sixgate.edge.run.Snapshot.MeshSettings;
import dev.sixgate.edge.source.DocumentSet;
import dev.sixgate.edge.source.Documents;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads the operator's JSON. Tells every problem of a file in one run. Opens regular files only, up to {@link #MAX_BYTES}, so that
 * it never blocks on what it is given; host names of endpoints are asked for {@link Surroundings#RESOLVE_SECONDS} at most, so
 * this is not for event loops.
 */
public final class ConfigReader {
    /** Of the operator's file. */
    public static final int MAX_BYTES = 16 << 20;

    private final Path file;
    private final String shown;
    private final Problems problems = new Problems();
    private final Scope scope;

    private ConfigReader(Path file, Surroundings surroundings) {
        this.file = file.toAbsolutePath();
        this.shown = Quoted.bare(file.toString());
        Path folder = this.file.getParent();
        this.scope = new Scope(folder == null ? this.file : folder, problems, surroundings);
    }

    /** With the surroundings of this process, and the documents that can be read without a running edge. */
    public static Reading read(Path file) {
        return read(file, Surroundings.ofThisProcess());
    }

    public static Reading read(Path file, Surroundings surroundings) {
        return read(file, surroundings, Documents.OFFLINE, DocumentSet.EMPTY);
    }

    /**
     * A document with an error is left out, or stays as it is in {@code running}, and everything else is read without it. An
     * error in the first file is one of the whole.
     *
     * @param sources where documents of {@code sources} come from
     * @param running what is served now
     */
    public static Reading read(Path file, Surroundings surroundings, Documents sources, DocumentSet running) {
        DocumentChoice choice = new DocumentChoice(sources, running);
        while (true) { // each round steps back from a version at least, and every document has two at most
            ConfigReader reader = new ConfigReader(file, surroundings);
            byte[] bytes = reader.bytes();
            Snapshot snapshot =
                    bytes == null ? null : new SnapshotReader(reader.shown, reader.scope, choice).read(bytes);
            List<Problem> problems = reader.problems.inReadingOrder(reader.shown);
            if (problems.stream()
                            .anyMatch(problem ->
                                    problem.isError() && problem.file().equals(reader.shown))
                    || !choice.refuse(problems))
                return new Reading(
                        reader.problems.hasErrors() ? null : snapshot,
                        reader.problems.and(choice.problems()).inReadingOrder(reader.shown),
                        reader.scope.files(),
                        bytes);
        }
    }

    /** The mesh alone, of a wg-quick file or of the {@code mesh} key of the operator's JSON, whose other keys are not looked at. */
    public static MeshReading readMesh(Path file) {
        return readMesh(file, Surroundings.ofThisProcess());
    }

    public static MeshReading readMesh(Path file, Surroundings surroundings) {
        ConfigReader reader = new ConfigReader(file, surroundings);
        MeshSettings mesh = reader.meshAlone();
        return new MeshReading(reader.problems.hasErrors() ? null : mesh, reader.problems.inReadingOrder(reader.shown));
    }

    /** A node's file: a wg-quick file, which names no port, or JSON with {@code mesh} and {@code node}. */
    public static NodeReading readNode(Path file) {
        return readNode(file, Surroundings.ofThisProcess());
    }

    public static NodeReading readNode(Path file, Surroundings surroundings) {
        ConfigReader reader = new ConfigReader(file, surroundings);
        List<NodePort> ports = new ArrayList<>();
        List<Policy> policies = new ArrayList<>();
        MeshSettings mesh = reader.node(ports, policies);
        boolean good = !reader.problems.hasErrors();
        return new NodeReading(
                good ? mesh : null,
                good ? ports : List.of(),
                good ? policies : List.of(),
                reader.problems.inReadingOrder(reader.shown));
    }

    private @Nullable MeshSettings node(List<NodePort> ports, List<Policy> policies) {
        byte[] bytes = bytes();
        if (bytes == null) return null;
        MeshDraft draft = null;
        if (firstCharacter(bytes) == '{') {
            Fields top = Fields.of(
                            JsonReader.read(shown, bytes, problems), "the file", KeyCatalogue.NODE_FILE, problems)
                    .orElse(null);
            if (top == null) return null;
            top.text("$schema");
            top.whole("version", 1, 1, 1);
            if (top.require("mesh", "\"mesh\": { \"wg_quick\": \"node.conf\" }"))
                draft = new MeshReader(scope).read(top.get("mesh"), shown);
            ports.addAll(new NodePortReader(problems).ports(top));
            PolicyReader reader = new PolicyReader(PartyReader.Known.ofNode(draft), problems);
            reader.read(top);
            policies.addAll(reader.policies());
        } else {
            draft = WgQuick.read(shown, "", bytes, problems);
        }
        return draft == null
                ? null
                : new MeshChecks(draft, new Routes(draft.peers()), problems).settings(scope.surroundings());
    }

    private Spot start() {
        return new Spot(shown, 1, 1, "");
    }

    private byte @Nullable [] bytes() {
        scope.files().add(file);
        if (shown.toLowerCase(Locale.ROOT).endsWith(".json5")) {
            problems.error(
                    Code.JSON_007,
                    start(),
                    "JSON5 is not read; this is strict JSON",
                    "save it as .json, with \"//\" keys for comments");
            return null;
        }
        try {
            return BoundedFile.read(file, MAX_BYTES);
        } catch (BoundedFile.Unreadable e) {
            problems.error(Code.JSON_006, start(), shown + " " + e.sentence());
            return null;
        }
    }

    private @Nullable MeshSettings meshAlone() {
        byte[] bytes = bytes();
        if (bytes == null) return null;
        MeshDraft draft = firstCharacter(bytes) == '{' ? meshOfJson(bytes) : WgQuick.read(shown, "", bytes, problems);
        return draft == null
                ? null
                : new MeshChecks(draft, new Routes(draft.peers()), problems).settings(scope.surroundings());
    }

    private static int firstCharacter(byte[] bytes) {
        for (byte each : bytes) if (!Character.isWhitespace(each)) return each;
        return -1;
    }

    private @Nullable MeshDraft meshOfJson(byte[] bytes) {
        if (!(JsonReader.read(shown, bytes, problems) instanceof JsonObject object)) return null;
        JsonObject.Member mesh = object.members().get("mesh");
        if (mesh != null) return new MeshReader(scope).read(mesh.value(), shown);
        problems.error(Code.JSON_009, object.spot(), "the key \"mesh\" is missing here");
        return null;
    }
}
