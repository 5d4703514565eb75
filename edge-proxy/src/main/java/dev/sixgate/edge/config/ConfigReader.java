package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.MeshDraft.Located;
import dev.sixgate.edge.config.MeshDraft.Routes;
import dev.sixgate.edge.node.NodePort;
import dev.sixgate.edge.run.Snapshot;
import dev.sixgate.edge.run.Snapshot.MeshSettings;
import java.net.InetSocketAddress;
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

    /** With the surroundings of this process. */
    public static Reading read(Path file) {
        return read(file, Surroundings.ofThisProcess());
    }

    public static Reading read(Path file, Surroundings surroundings) {
        ConfigReader reader = new ConfigReader(file, surroundings);
        Snapshot snapshot = reader.snapshot();
        return new Reading(
                reader.problems.hasErrors() ? null : snapshot,
                reader.problems.inReadingOrder(reader.shown),
                reader.scope.files());
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
        MeshSettings mesh = reader.node(ports);
        boolean good = !reader.problems.hasErrors();
        return new NodeReading(
                good ? mesh : null, good ? ports : List.of(), reader.problems.inReadingOrder(reader.shown));
    }

    private @Nullable MeshSettings node(List<NodePort> ports) {
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

    private @Nullable Snapshot snapshot() {
        byte[] bytes = bytes();
        if (bytes == null) return null;
        JsonNode root = JsonReader.read(shown, bytes, problems);
        Fields top = Fields.of(root, "the file", KeyCatalogue.TOP, problems).orElse(null);
        if (top == null) return null;
        top.text("$schema");
        top.whole("version", 1, 1, 1);

        EdgeReader edgeReader = new EdgeReader(scope);
        EdgeReader.Edge edge = edgeReader.edge(top);
        var networks = edgeReader.networks(top);
        JsonNode meshNode = top.get("mesh");
        MeshDraft mesh = meshNode == null ? null : new MeshReader(scope).read(meshNode, shown);

        Regions regions = Regions.read(top, problems);
        if (!edge.region().isEmpty())
            regions.check("edge.region", edge.region(), top.object().spot(), problems);
        BalancingReader balancing = new BalancingReader(problems, top, regions.order(edge.region()));
        AppReader appReader = new AppReader(scope, networks, mesh, regions, balancing);
        List<AppReader.Draft> apps = new ArrayList<>();
        AppReader.Draft minimal = appReader.minimal(top);
        if (minimal != null) apps.add(minimal);
        apps.addAll(appReader.apps(top));
        if (minimal == null && !top.has("apps"))
            problems.error(
                    Code.JSON_009,
                    top.object().spot(),
                    "the file serves nothing: neither \"apps\" nor \"app\" is here",
                    "\"app\": \"hello\", \"http_service\": { \"internal_port\": 8080 }, \"backends\": [\"fdaa:…:2\"]");
        if (meshNode == null && appReader.needsMesh())
            problems.error(
                    Code.JSON_009,
                    top.object().spot(),
                    "the key \"mesh\" is missing here, and backends live on the mesh",
                    "\"mesh\": { \"wg_quick\": \"mesh.conf\" }");

        appReader.checkReferences(apps);
        CertificateChecks certificates = new CertificateChecks(scope);
        certificates.read(top);
        List<String> developmentCa = certificates.developmentCaHostnames(apps, edge.explicitName());
        EdgeReader.Observability observability = edgeReader.observability(top);
        Path adminSocket = edgeReader.adminSocket(top, edge);
        Located<InetSocketAddress> metrics = observability.metrics();
        new PortChecks(problems, apps).check(scope.surroundings().firstUnprivilegedPort(), edge.addresses(), metrics);
        MeshSettings settings =
                mesh == null ? null : new MeshChecks(mesh, appReader.routes(), problems).settings(scope.surroundings());
        return new Snapshot(
                edge.name(),
                edge.region(),
                edge.addresses(),
                edge.stateDirectory(),
                edge.drainTimeout(),
                settings,
                certificates.files(),
                developmentCa,
                certificates.acme(apps),
                apps.stream().map(AppReader.Draft::app).toList(),
                metrics == null ? null : metrics.value(),
                observability.accessLog(),
                observability.explain(),
                adminSocket,
                edge.trustedProxies(),
                edge.maxConnectionsPerClient());
    }
}
