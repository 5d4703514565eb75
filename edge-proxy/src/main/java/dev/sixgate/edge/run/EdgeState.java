package dev.sixgate.edge.run;

import dev.sixgate.edge.admin.AnycastView;
import dev.sixgate.edge.admin.EdgeView;
import dev.sixgate.edge.admin.MeshView;
import dev.sixgate.edge.balancer.PolicyBalancer;
import dev.sixgate.edge.dns.Lookup;
import dev.sixgate.edge.explain.AddressText;
import dev.sixgate.edge.explain.RecordRing;
import dev.sixgate.edge.mesh.RunningMesh;
import dev.sixgate.edge.metrics.EdgeMetrics.CertificateFigures;
import dev.sixgate.edge.metrics.EdgeMetrics.PeerFigures;
import dev.sixgate.edge.metrics.MeshMeters;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.sixpn.AddressBook;
import dev.sixgate.edge.source.DocumentStanding;
import dev.sixgate.edge.source.SourceState;
import dev.sixgate.edge.tls.TlsTermination;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a running edge tells its operators. */
final class EdgeState implements EdgeView {
    private static final List<String> NO_FILE =
            List.of("this edge was not started from a file, so there is nothing to read again");

    private final Edge edge;
    private final RunningMesh mesh;

    EdgeState(Edge edge) {
        this.edge = edge;
        mesh = new RunningMesh(() -> edge.snapshot().name(), edge::identities);
    }

    @Override
    public Status status() {
        Snapshot snapshot = edge.snapshot();
        Edge.LastReload last = edge.lastReload();
        return new Status(
                snapshot.name(),
                snapshot.region(),
                ProcessHandle.current().pid(),
                edge.startedAt().toString(),
                Duration.between(edge.startedAt(), Instant.now()).toMillis() / 1e3,
                edge.listeners().isDraining(),
                edge.version(),
                edge.listeners().activeConnections(),
                TlsTermination.engine(),
                edge.listening().stream()
                        .map(l -> new ListenerStatus(AddressText.of(l.address()), l.handlers()))
                        .toList(),
                snapshot.apps().stream().map(this::app).toList(),
                snapshot.documents().standings().stream()
                        .map(EdgeState::document)
                        .toList(),
                edge.sources().stream().map(EdgeState::source).toList(),
                last == null ? null : verdict(last));
    }

    private static DocumentStatus document(DocumentStanding document) {
        return new DocumentStatus(
                document.name(),
                document.origin(),
                word(document.standing()),
                document.version(),
                document.servedVersion(),
                document.problem());
    }

    private static SourceStatus source(SourceState source) {
        return new SourceStatus(
                source.name(),
                source.complete(),
                source.documents(),
                source.refusals(),
                source.age().toMillis() / 1e3,
                source.problem());
    }

    private static String word(DocumentStanding.Standing standing) {
        return standing.name().toLowerCase(Locale.ROOT);
    }

    /** How many documents are of each standing. */
    private Map<String, Long> documents() {
        Map<String, Long> counts = new LinkedHashMap<>();
        for (DocumentStanding.Standing standing : DocumentStanding.Standing.values()) counts.put(word(standing), 0L);
        for (DocumentStanding document : edge.snapshot().documents().standings())
            counts.merge(word(document.standing()), 1L, Long::sum);
        return counts;
    }

    private AppStatus app(App app) {
        List<BackendStatus> backends = new ArrayList<>();
        List<PolicyBalancer.BackendStatus> states = edge.balancer().status(app, edge.nowNanos());
        for (Backend backend : app.backends()) {
            List<PolicyBalancer.BackendStatus> own = states.stream()
                    .filter(state -> state.backend().equals(backend.name()))
                    .toList();
            backends.add(new BackendStatus(
                    backend.name(),
                    AddressText.of(backend.address()),
                    backend.region(),
                    backend.insecureDirect(),
                    own.stream()
                            .mapToInt(PolicyBalancer.BackendStatus::inFlight)
                            .sum(),
                    own.stream().anyMatch(PolicyBalancer.BackendStatus::failing),
                    own.stream()
                            .mapToInt(PolicyBalancer.BackendStatus::failuresInARow)
                            .max()
                            .orElse(0),
                    own.stream().map(EdgeState::use).toList()));
        }
        return new AppStatus(
                app.name(),
                app.services().stream()
                        .map(s -> new ServiceStatus(
                                s.name(),
                                s.hostnames(),
                                s.internalPort(),
                                s.ports().stream().map(PortBinding::port).toList()))
                        .toList(),
                backends);
    }

    private static BackendUse use(PolicyBalancer.BackendStatus state) {
        return new BackendUse(
                state.service(),
                state.inFlight(),
                state.state(),
                state.expectedNanos() < 0 ? null : state.expectedNanos() / 1e6,
                Math.round(state.success() * 1e4) / 1e4);
    }

    private static ReloadVerdict verdict(Edge.LastReload last) {
        return new ReloadVerdict(
                last.at().toString(),
                last.verdict().ok(),
                last.verdict().problems(),
                last.verdict().changes());
    }

    @Override
    public AnycastView anycast() {
        return new AnycastState(edge);
    }

    @Override
    public MeshView mesh() {
        return mesh;
    }

    @Override
    public CompletionStage<ReloadVerdict> reload() {
        LiveReload changes = edge.changes();
        CompletionStage<Verdict> verdict =
                changes == null ? CompletableFuture.completedStage(Verdict.refused(NO_FILE)) : changes.reload();
        return verdict.exceptionally(EdgeState::refused)
                .thenApply(it -> new ReloadVerdict(Instant.now().toString(), it.ok(), it.problems(), it.changes()));
    }

    private static Verdict refused(Throwable failure) {
        return Verdict.refused(List.of(String.valueOf(
                failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause().getMessage()
                        : failure.getMessage())));
    }

    @Override
    public CompletionStage<DiffAnswer> diff(@Nullable String file) {
        LiveReload changes = edge.changes();
        CompletionStage<LiveReload.Preview> preview = changes == null
                ? CompletableFuture.completedStage(new LiveReload.Preview(NO_FILE, null))
                : changes.preview(path(file));
        return preview.exceptionally(
                        failure -> new LiveReload.Preview(refused(failure).problems(), null))
                .thenApply(it -> ChangeLines.diff(it.problems(), it.comparison(), edge.version()));
    }

    @Override
    public CompletionStage<ApplyAnswer> apply(@Nullable String file, @Nullable String rollbackIf, Duration within) {
        RollbackRule rule = rollbackIf == null ? null : RollbackRule.parse(rollbackIf);
        LiveReload changes = edge.changes();
        return changes == null ? noFile() : answer(changes.apply(path(file), rule, within));
    }

    @Override
    public CompletionStage<ApplyAnswer> rollback() {
        LiveReload changes = edge.changes();
        return changes == null ? noFile() : answer(changes.rollback());
    }

    private static @Nullable Path path(@Nullable String file) {
        return file == null ? null : Path.of(file);
    }

    private CompletionStage<ApplyAnswer> noFile() {
        return answer(CompletableFuture.completedStage(new LiveReload.Applied(Verdict.refused(NO_FILE), null)));
    }

    private CompletionStage<ApplyAnswer> answer(CompletionStage<LiveReload.Applied> applied) {
        return applied.exceptionally(failure -> new LiveReload.Applied(refused(failure), null))
                .thenApply(it -> ChangeLines.applied(it, edge.version(), trial()));
    }

    @Override
    public boolean handOver(Duration within) {
        Consumer<Duration> ending = edge.handOver();
        if (ending == null) return false;
        ending.accept(within);
        return true;
    }

    @Override
    public @Nullable TrialStatus trial() {
        LiveReload changes = edge.changes();
        Trial trial = changes == null ? null : changes.trial();
        return trial == null
                ? null
                : new TrialStatus(
                        trial.state().name().toLowerCase(Locale.ROOT),
                        trial.why(),
                        trial.outcomes().requests(),
                        edge.version());
    }

    @Override
    public List<CertificateStatus> certificates() {
        return Certificates.status(
                edge.snapshot(), edge.certificateEntries(), edge.issuer().status());
    }

    @Override
    public AddressBook.Answer whois(String asked) {
        return edge.snapshot().addressBook().about(asked).withClients(edge.clients());
    }

    @Override
    public NameStatus name(String name, String type) {
        Lookup found = Names.lookup(edge.snapshot(), name, type);
        return new NameStatus(found.name(), found.type(), found.status(), found.zone(), found.records());
    }

    @Override
    public RecordRing records() {
        return edge.sinks().ring();
    }

    @Override
    public CompletionStage<String> metrics() {
        return mesh.status().thenApply(status -> {
            Map<String, PeerFigures> peers = new LinkedHashMap<>();
            Map<String, Long> dropped = new LinkedHashMap<>();
            count(status, peers, dropped);
            MeshView.LoadStatus load = status.load();
            for (MeshView.MeshStatus further : status.furtherIdentities()) {
                count(further, peers, dropped);
                load = load.and(further.load());
            }
            edge.metrics()
                    .mesh()
                    .load(new MeshMeters.Load(
                            load.tcpMemoryBytes(),
                            load.tcpMemoryLimitBytes(),
                            load.synCookiesSent(),
                            load.synCookiesAccepted(),
                            load.handshakeCookiesSent(),
                            load.handshakeCookiesAccepted()));
            edge.metrics().certificates(certificateFigures());
            edge.metrics().documents(documents());
            Map<String, Double> ages = new LinkedHashMap<>();
            for (SourceState source : edge.sources())
                ages.put(source.name(), source.age().toMillis() / 1e3);
            edge.metrics().sourceAges(ages);
            edge.metrics().mesh(List.copyOf(peers.values()), dropped);
            return edge.metrics().scrape();
        });
    }

    /** Two files may have one name; a series is kept for the one that is served, the first. */
    private List<CertificateFigures> certificateFigures() {
        Map<String, CertificateFigures> byName = new LinkedHashMap<>();
        for (CertificateStatus one : certificates())
            for (String name : one.names())
                byName.putIfAbsent(
                        name,
                        new CertificateFigures(
                                name,
                                one.source(),
                                one.expires() == null
                                        ? 0
                                        : Instant.parse(one.expires()).getEpochSecond(),
                                one.nextRenewal() == null ? -1 : one.failures()));
        return List.copyOf(byName.values());
    }

    private static void count(MeshView.MeshStatus identity, Map<String, PeerFigures> peers, Map<String, Long> dropped) {
        for (MeshView.PeerStatus peer : identity.peers()) peers.merge(peer.name(), figures(peer), PeerFigures::and);
        identity.dropped().forEach((reason, count) -> dropped.merge(reason, count, Long::sum));
    }

    private static PeerFigures figures(MeshView.PeerStatus peer) {
        @Nullable Double age = peer.latestHandshakeSeconds();
        return new PeerFigures(
                peer.name(), age == null ? -1 : age, peer.receivedBytes(), peer.sentBytes(), peer.unreachable());
    }
}
