package dev.sixgate.edge.config;

import dev.sixgate.edge.anycast.AnycastSettings;
import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.MeshDraft.Located;
import dev.sixgate.edge.dns.DnsSettings;
import dev.sixgate.edge.run.Snapshot;
import dev.sixgate.edge.run.Snapshot.MeshSettings;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.sixpn.AddressClaims;
import dev.sixgate.edge.source.Document;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An edge's whole configuration from its first file and one choice of documents. Read once, then thrown away. */
final class SnapshotReader {
    /** An app, and the file it stands in. */
    private record Placed(AppReader.Draft draft, String file) {}

    private final String shown;
    private final Scope scope;
    private final Problems problems;
    private final DocumentChoice choice;
    private final List<Placed> apps = new ArrayList<>();
    private final List<AppReader> readers = new ArrayList<>();
    private final List<Fields> tops = new ArrayList<>();

    /** @param shown the first file, as problems name it */
    SnapshotReader(String shown, Scope scope, DocumentChoice choice) {
        this.shown = shown;
        this.scope = scope;
        this.problems = scope.problems();
        this.choice = choice;
    }

    /** Null, with a problem told, when the bytes are no JSON object; else what could be read, problems or not. */
    @Nullable
    Snapshot read(byte[] bytes) {
        JsonNode root = JsonReader.read(shown, bytes, problems);
        Fields top = Fields.of(root, "the file", KeyCatalogue.TOP, problems).orElse(null);
        if (top == null) return null;
        tops.add(top);
        version(top);
        EdgeReader edgeReader = new EdgeReader(scope);
        EdgeReader.Edge edge = edgeReader.edge(top);
        var networks = edgeReader.networks(top);
        JsonNode meshNode = top.get("mesh");
        MeshDraft mesh = meshNode == null ? null : new MeshReader(scope).read(meshNode, shown);
        Regions regions = Regions.read(top, problems);
        if (!edge.region().isEmpty())
            regions.check("edge.region", edge.region(), top.object().spot(), problems);
        BalancingReader balancing = new BalancingReader(problems, top, regions.order(edge.region()));
        CertificateChecks certificates = new CertificateChecks(scope);
        certificates.read(top);

        AddressClaims claims = new AddressClaims();
        apps(top, new AppReader(scope, networks, mesh, regions, balancing, claims), shown);
        if (apps.isEmpty() && !top.has("apps") && !top.has("app") && !top.has("sources") && !top.has("kubernetes"))
            problems.error(
                    Code.JSON_009,
                    top.object().spot(),
                    "the file serves nothing: neither \"apps\" nor \"app\" is here",
                    "\"app\": \"hello\", \"http_service\": { \"internal_port\": 8080 }, \"backends\": [\"fdaa:…:2\"]");
        new SourcesReader(scope).read(top, choice);
        new KubernetesReader(scope).read(top, networks.values(), choice);
        for (Document document : choice.chosen())
            document(document, certificates, own -> new AppReader(own, networks, mesh, regions, balancing, claims));
        if (meshNode == null && readers.stream().anyMatch(AppReader::needsMesh))
            problems.error(
                    Code.JSON_009,
                    top.object().spot(),
                    "the key \"mesh\" is missing here, and backends live on the mesh",
                    "\"mesh\": { \"wg_quick\": \"mesh.conf\" }");

        List<AppReader.Draft> drafts = apps.stream().map(Placed::draft).toList();
        readers.forEach(reader -> reader.checkReferences(drafts));
        PolicyReader policies = new PolicyReader(
                new PartyReader.Known(
                        edge.name(),
                        mesh == null
                                ? List.of()
                                : mesh.own().stream().map(Located::value).toList(),
                        mesh == null ? List.of() : mesh.peers(),
                        networks,
                        drafts.stream().map(AppReader.Draft::app).toList()),
                problems);
        tops.forEach(policies::read);
        List<String> developmentCa = certificates.developmentCaHostnames(drafts, edge.explicitName());
        EdgeReader.Observability observability = edgeReader.observability(top);
        Path adminSocket = edgeReader.adminSocket(top, edge);
        Located<InetSocketAddress> metrics = observability.metrics();
        new PortChecks(problems, drafts).check(scope.surroundings().firstUnprivilegedPort(), edge.addresses(), metrics);
        MeshSettings settings = mesh == null
                ? null
                : new MeshChecks(mesh, readers.getFirst().routes(), problems).settings(scope.surroundings());
        AnycastSettings anycast = new AnycastReader(scope)
                .read(top, edge.name(), edge.addresses(), drafts.size(), settings, edge.stateDirectory());
        DnsSettings dns = new DnsReader(scope).read(top, meshNode != null);
        return new Snapshot(
                edge.name(),
                edge.region(),
                edge.addresses(),
                edge.stateDirectory(),
                edge.drainTimeout(),
                edge.drainSpread(),
                networks,
                settings,
                certificates.files(),
                developmentCa,
                certificates.acme(drafts),
                inOrder(),
                metrics == null ? null : metrics.value(),
                observability.accessLog(),
                observability.explain(),
                adminSocket,
                edge.trustedProxies(),
                edge.maxConnectionsPerClient(),
                choice.result(),
                dns,
                anycast,
                policies.policies());
    }

    private static void version(Fields top) {
        top.text("$schema");
        top.whole("version", 1, 1, 1);
    }

    private void apps(Fields top, AppReader reader, String file) {
        readers.add(reader);
        List<AppReader.Draft> found = new ArrayList<>();
        AppReader.Draft minimal = reader.minimal(top);
        if (minimal != null) found.add(minimal);
        found.addAll(reader.apps(top));
        Map<String, String> owners = new HashMap<>();
        apps.forEach(app -> owners.put(app.draft.app().name(), app.file));
        for (AppReader.Draft app : found) {
            String name = app.app().name();
            String owner = owners.get(name);
            if (owner == null) apps.add(new Placed(app, file));
            else
                problems.error(
                        Code.JSON_011,
                        top.get("apps") instanceof JsonObject object
                                        && object.members().containsKey(name)
                                ? object.keySpot(name)
                                : top.spot("app"),
                        "the app " + Quoted.of(name) + " is in " + owner + " too",
                        "rename one, or move its services to where the other is");
        }
    }

    private interface Readers {
        AppReader with(Scope scope);
    }

    private void document(Document document, CertificateChecks certificates, Readers readers) {
        Spot start = new Spot(document.name(), 1, 1, "");
        byte[] json = document.json();
        if (json == null) {
            problems.error(Code.JSON_006, start, Quoted.bare(document.name()) + " " + document.trouble());
            return;
        }
        JsonNode root = JsonReader.read(document.name(), json, problems);
        Fields top = Fields.of(root, "the document", KeyCatalogue.TOP, problems).orElse(null);
        if (top == null) return;
        tops.add(top);
        version(top);
        for (String key : top.object().members().keySet())
            if (KeyCatalogue.TOP.built().contains(key)
                    && !KeyCatalogue.DOCUMENT.built().contains(key))
                problems.error(
                        Code.JSON_012,
                        top.keySpot(key),
                        Quoted.of(key) + " may stand in the first file only",
                        "move it to " + shown);
        Scope own = new Scope(document.folder(), problems, scope.surroundings());
        certificates.readFiles(top, own);
        apps(top, readers.with(own), document.name());
        scope.files().addAll(own.files());
    }

    /** The first file's, then those of documents by name, whatever the order in which they were read. */
    private List<App> inOrder() {
        return apps.stream()
                .sorted(Comparator.comparing((Placed app) -> !app.file.equals(shown))
                        .thenComparing(app -> app.file.equals(shown) ? "" : app.file))
                .map(app -> app.draft.app())
                .toList();
    }
}
