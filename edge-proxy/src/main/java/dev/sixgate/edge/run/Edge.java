package dev.sixgate.edge.run;

import dev.sixgate.certs.CertificateStore;
import dev.sixgate.certs.acme.AcmeIssuer;
import dev.sixgate.edge.admin.AdminApi;
import dev.sixgate.edge.admin.AdminSocket;
import dev.sixgate.edge.admin.ControlServer;
import dev.sixgate.edge.admin.EdgeView;
import dev.sixgate.edge.balancer.PolicyBalancer;
import dev.sixgate.edge.dns.DnsServer;
import dev.sixgate.edge.explain.JsonAccessLog;
import dev.sixgate.edge.explain.RecordRing;
import dev.sixgate.edge.health.HealthChecks;
import dev.sixgate.edge.http.TrustedProxies;
import dev.sixgate.edge.listener.InheritedSockets;
import dev.sixgate.edge.listener.ListenException;
import dev.sixgate.edge.listener.Listeners;
import dev.sixgate.edge.listener.PortOwner;
import dev.sixgate.edge.listener.PrivateListeners;
import dev.sixgate.edge.listener.SocketTransport;
import dev.sixgate.edge.mesh.UapiSocket;
import dev.sixgate.edge.metrics.EdgeMetrics;
import dev.sixgate.edge.networkpolicy.LivePolicies;
import dev.sixgate.edge.networkpolicy.Policy;
import dev.sixgate.edge.networkpolicy.PolicyTable;
import dev.sixgate.edge.router.HostRouter;
import dev.sixgate.edge.run.Snapshot.MeshSettings;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.HostIndex;
import dev.sixgate.edge.sixpn.EmbeddedClients;
import dev.sixgate.edge.source.SourceState;
import dev.sixgate.edge.tls.TlsTermination;
import dev.sixgate.edge.upstream.LoopClock;
import dev.sixgate.edge.upstream.MeshConnector;
import dev.sixgate.edge.upstream.MeshOrDirectConnector;
import dev.sixgate.edge.upstream.PolicyCheck;
import dev.sixgate.edge.upstream.Serving;
import dev.sixgate.edge.upstream.UpstreamPool;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.underlay.HandshakeClock;
import dev.sixgate.mesh.underlay.MeshDriver;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running edge. Client sockets, TLS, HTTP, the balancer's choices, inner TCP and WireGuard of one
 * connection live on one event loop, of which there are as many as the mesh has identities; operators' questions on another. Any thread, but no event loop: methods block while files are read and ports bound.
 */
public final class Edge implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Edge.class);
    private static final Duration SWITCH_TIMEOUT = Duration.ofSeconds(10);

    private final Deque<AutoCloseable> resources = new ArrayDeque<>(); // the last opened closes first
    private final Instant startedAt = Instant.now();
    private final EdgeMetrics metrics = new EdgeMetrics();
    private final CertificateStore certificates = new CertificateStore();
    private final AcmeIssuer issuer;
    private final HostRouter router = new HostRouter();
    private final EmbeddedClients clients = new EmbeddedClients();
    private final UpstreamPool pool = new UpstreamPool();
    private final PolicyBalancer balancer;
    private final LivePolicies policies = new LivePolicies(this::counting);
    private final RecordSinks sinks;
    private final EventLoopGroup loops;
    private final EventLoopGroup operatorLoops;
    private final Listeners listeners;
    private final AdminApi admin;
    private final EdgeState state = new EdgeState(this);
    private final Announcing announcing = new Announcing(this);
    private volatile Snapshot current;
    private @Nullable ControlServer metricsServer;
    private @Nullable Identities mesh;
    private @Nullable PeerReachability reachability;
    private @Nullable HealthChecks checks;
    private @Nullable DnsServer names;
    private @Nullable PrivateListeners privateListeners;
    private volatile Supplier<List<SourceState>> sources = List::of;
    private volatile @Nullable LastReload lastReload;
    private volatile @Nullable LiveReload changes;
    private volatile long version = 1;
    private volatile @Nullable Consumer<Duration> successor;
    private boolean closed;

    /** @param at when the verdict fell */
    record LastReload(Instant at, Verdict verdict) {}

    private Edge(Snapshot snapshot, SocketTransport transport) {
        current = snapshot;
        balancer = new PolicyBalancer(snapshot.region(), threadLocalRandom());
        sinks = new RecordSinks(
                metrics,
                new RecordRing(snapshot.explain().keep(), snapshot.explain().keepErrors()));
        metrics.accessLogDropped(sinks::dropped);
        loops = transport.newLoops(loopCount(snapshot.mesh()), new DefaultThreadFactory("sixgate-loop"));
        operatorLoops = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("sixgate-operator", true), NioIoHandler.newFactory());
        issuer = new AcmeIssuer(
                Certificates.acme(snapshot.stateDirectory()), InstantSource.system(), this::reloadCertificates);
        listeners = new Listeners(
                loops,
                transport,
                new TlsTermination(certificates, issuer.answers()),
                metrics,
                Listeners.MAX_CONNECTIONS);
        admin = new AdminApi(state);
        resources.push(metrics);
        resources.push(issuer);
        resources.push(() -> stop(operatorLoops));
        resources.push(() -> stop(loops));
    }

    /** @throws EdgeStartException with a plain sentence, such as a port in use; then nothing is left running */
    public static Edge start(Snapshot snapshot) throws EdgeStartException {
        return start(snapshot, SocketTransport.best());
    }

    /** @param sockets bound ones, which are used where they fit; what does not is closed */
    public static Edge start(Snapshot snapshot, InheritedSockets sockets) throws EdgeStartException {
        return start(snapshot, SocketTransport.best(), sockets);
    }

    static Edge start(Snapshot snapshot, SocketTransport transport) throws EdgeStartException {
        return start(snapshot, transport, InheritedSockets.none());
    }

    private static Edge start(Snapshot snapshot, SocketTransport transport, InheritedSockets sockets)
            throws EdgeStartException {
        Edge edge = new Edge(snapshot, transport);
        try {
            edge.listeners.inherit(sockets);
            edge.open();
            if (transport == SocketTransport.EPOLL)
                edge.resources.push(
                        SocketHandOver.open(edge.loops, snapshot.adminSocket(), edge.listeners::descriptors));
            return edge;
        } catch (EdgeStartException e) {
            edge.close();
            throw e;
        } catch (ListenException | IOException e) {
            edge.close();
            throw new EdgeStartException(String.valueOf(e.getMessage()));
        }
    }

    // What may be refused stands before what others notice: a second edge with this configuration must fail on a port
    // before it sends its first handshake, which would move the peers' endpoint away from the first.
    private void open() throws EdgeStartException, ListenException, IOException {
        Snapshot snapshot = current;
        List<String> problems = new ArrayList<>();
        orderFor(snapshot);
        List<CertificateStore.Entry> entries = Certificates.load(snapshot, issuer.entries(), List.of(), problems);
        if (!problems.isEmpty()) throw new EdgeStartException(String.join("\n", problems));
        certificates.replace(entries);
        Listeners.Change ports = listeners.prepare(snapshot.addresses(), HostIndex.of(snapshot.apps()));
        resources.push(ports::abort);
        listeners.closeInherited();
        AdminSocket.refuseUnlessFree(snapshot.adminSocket());
        metricsServer = openMetrics(snapshot.metrics());
        sinks.replaceLog(AccessLogs.open(snapshot.accessLog()));
        resources.push(() -> sinks.replaceLog(null));
        Identities identities = startMesh(snapshot);
        mesh = identities;
        resources.push(pool::close);
        AdminSocket socket = AdminSocket.open(operatorLoops, snapshot.adminSocket(), admin::answer);
        resources.push(socket);
        router.replace(snapshot.apps());
        policies.replace(snapshot.policies());
        if (identities != null) guard(identities, snapshot);
        listeners.trust(new TrustedProxies(snapshot.trustedProxies()));
        listeners.limitPerClient(snapshot.maxConnectionsPerClient());
        MeshOrDirectConnector connector = connector(identities);
        listeners.serve(new Serving(router, balancer, connector, pool, sinks, issuer.answers()::http)
                .under(new PolicyCheck(policies, source(snapshot), false)));
        HealthChecks checks = new HealthChecks(loops, pool.dialer(connector), threadLocalRandom(), balancer::checked);
        this.checks = checks;
        checks.replace(snapshot.apps());
        resources.push(checks);
        if (identities != null) {
            PrivateListeners inMesh = new PrivateListeners(
                    listeners, new MeshGate(identities.all().getFirst()));
            privateListeners = inMesh;
            inMesh.prepare(snapshot.apps()).commit();
            resources.push(inMesh::close);
        }
        if (snapshot.dns() != null) {
            DnsServer server = Names.server(loops::next, identities, metrics.dns());
            resources.push(server);
            server.prepare(snapshot.dns()).commit(Names.workloads(snapshot));
            names = server;
        }
        ports.commit();
        resources.push(listeners::closeListeners);
        announcing.use(snapshot.anycast());
        issuer.start();
        LOG.info("edge {} serves {} on {}", snapshot.name(), appNames(snapshot), ports.opened());
    }

    private void orderFor(Snapshot snapshot) {
        Snapshot.AcmeOrders orders = snapshot.acme();
        if (orders == null) issuer.replace(null, List.of());
        else issuer.replace(orders.settings(), orders.names());
    }

    private @Nullable ControlServer openMetrics(@Nullable InetSocketAddress address) throws IOException {
        if (address == null) return null;
        try {
            return ControlServer.bind(operatorLoops, NioServerSocketChannel::new, address, admin::metrics);
        } catch (IOException e) {
            String why = String.valueOf(e.getMessage());
            throw new IOException(
                    why.contains("in use")
                            ? "port in use: observability.metrics.listen " + address.getPort() + " is taken by "
                                    + new PortOwner().describe(PortOwner.TCP, address.getPort())
                            : "observability.metrics.listen cannot be bound: " + why);
        }
    }

    /** Flows from the mesh are judged from now on. */
    private void guard(Identities identities, Snapshot snapshot) throws IOException {
        List<Ipv6Prefix> own =
                snapshot.mesh() == null ? List.of() : snapshot.mesh().config().addresses();
        for (MeshDriver each : identities.all()) {
            PolicyGate gate = new PolicyGate(policies, own, sinks, each::nowNanos);
            Identities.turn(each.eventLoop(), () -> each.mesh().gate(gate));
        }
    }

    private void openUapi(MeshSettings settings, Path path, Identities identities) throws EdgeStartException {
        try {
            resources.push(UapiSocket.open(
                    operatorLoops,
                    path,
                    identities.all().getFirst(),
                    settings.config().privateKey()));
        } catch (IOException e) {
            throw new EdgeStartException(String.valueOf(e.getMessage()));
        }
    }

    private @Nullable Identities startMesh(Snapshot snapshot) throws EdgeStartException {
        MeshSettings settings = snapshot.mesh();
        if (settings == null) return null;
        Identities identities = Identities.start(
                loops,
                settings,
                HandshakeClock.open(snapshot.stateDirectory().resolve("handshake-clock"), operatorLoops));
        reachability = new PeerReachability(balancer);
        identities.tell(reachability);
        resources.push(identities);
        if (settings.uapi() != null) openUapi(settings, settings.uapi(), identities);
        return identities;
    }

    /**
     * Serves another configuration: all of it or, when any of it cannot be served, nothing. Connections live on with the
     * apps they began with; new connections and requests see the new ones.
     */
    public synchronized Verdict apply(Snapshot next) {
        Snapshot before = current;
        List<String> problems = new ArrayList<>(Differences.needingRestart(before, next));
        List<CertificateStore.Entry> known = certificates.entries();
        List<CertificateStore.Entry> entries = Certificates.load(next, issuer.entries(), known, problems);
        if (closed || listeners.isDraining()) problems.add("the edge is shutting down");
        if (!problems.isEmpty()) return ended(Verdict.refused(problems));
        Listeners.Change ports = null;
        JsonAccessLog log = null;
        DnsServer.Change dns = null;
        PrivateListeners.Change inMesh = null;
        ControlServer server = metricsServer;
        boolean newServer = !java.util.Objects.equals(before.metrics(), next.metrics());
        try {
            ports = listeners.prepare(next.addresses(), HostIndex.of(next.apps()));
            log = AccessLogs.open(next.accessLog());
            if (newServer) server = openMetrics(next.metrics());
            if (privateListeners != null) inMesh = privateListeners.prepare(next.apps());
            if (names != null && next.dns() != null) dns = names.prepare(next.dns());
            switchTo(next, ports, entries);
        } catch (ListenException | IOException e) {
            if (ports != null) ports.abort();
            if (log != null) log.close();
            if (dns != null) dns.abort();
            if (inMesh != null) inMesh.abort();
            if (newServer && server != null && server != metricsServer) server.close();
            return ended(Verdict.refused(List.of(String.valueOf(e.getMessage()))));
        }
        current = next;
        version++;
        List<String> changes = new ArrayList<>(Differences.changes(before, next));
        if (inMesh != null) {
            inMesh.opened().forEach(address -> changes.add("+ listener " + address));
            inMesh.closed().forEach(address -> changes.add("- listener " + address));
            inMesh.commit();
        }
        if (dns != null) dns.commit(Names.workloads(next));
        if (!java.util.Objects.equals(before.acme(), next.acme())) {
            orderFor(next);
            reloadCertificates();
            issuer.start();
        }
        sinks.replaceLog(log);
        if (!before.explain().equals(next.explain())) sinks.resize(next.explain());
        if (newServer && metricsServer != null) metricsServer.close();
        metricsServer = server;
        balancer.retain(next.apps());
        if (checks != null) checks.replace(next.apps());
        metrics.retain(next.apps().stream().map(App::name).collect(Collectors.toSet()));
        metrics.retainPolicies(next.policies().stream().map(Policy::name).collect(Collectors.toSet()));
        if (!entries.equals(known)) changes.add("~ certificates");
        ports.opened().forEach(address -> changes.add("+ listener " + address));
        ports.closed().forEach(address -> changes.add("- listener " + address));
        announcing.use(next.anycast());
        return ended(new Verdict(List.of(), changes));
    }

    /** In one turn of a loop, so that no request on it sees half of it. */
    private void switchTo(Snapshot next, Listeners.Change ports, List<CertificateStore.Entry> entries)
            throws IOException {
        Runnable switching = () -> {
            certificates.replace(entries);
            router.replace(next.apps());
            policies.replace(next.policies());
            listeners.trust(new TrustedProxies(next.trustedProxies()));
            listeners.limitPerClient(next.maxConnectionsPerClient());
            ports.commit();
        };
        if (mesh == null || next.mesh() == null) Identities.turn(loop(), switching);
        else mesh.configure(next.mesh().config().peers(), switching);
    }

    private Verdict ended(Verdict verdict) {
        metrics.reloaded(verdict.ok(), System.nanoTime());
        lastReload = new LastReload(Instant.now(), verdict);
        if (verdict.ok()) LOG.info("configuration applied: {}", verdict.changes());
        else LOG.warn("configuration refused, the old one goes on: {}", String.join("; ", verdict.problems()));
        return verdict;
    }

    /** A configuration that could not even be read counts and shows as one that was refused. */
    Verdict refuse(List<String> problems) {
        return ended(Verdict.refused(problems));
    }

    /** Who knows how sources go that are followed over a connection. */
    public void showSources(Supplier<List<SourceState>> states) {
        sources = states;
    }

    List<SourceState> sources() {
        return sources.get();
    }

    /** Who ends this process when another has taken its sockets; told how long requests under way may take. */
    public void onHandOver(Consumer<Duration> ending) {
        successor = ending;
    }

    @Nullable
    Consumer<Duration> handOver() {
        return successor;
    }

    Announcing announcing() {
        return announcing;
    }

    Stream<EventLoop> eventLoops() {
        Identities identities = mesh;
        return identities == null
                ? Stream.of(loop())
                : identities.all().stream().map(MeshDriver::eventLoop);
    }

    /** Who answers {@code POST /reload}, {@code /diff}, {@code /apply} and {@code /rollback}. */
    void changeBy(LiveReload with) {
        changes = with;
    }

    @Nullable
    LiveReload changes() {
        return changes;
    }

    /** Of what is served: 1 at the start, one more with each configuration that took its place. */
    public long version() {
        return version;
    }

    /**
     * Has routers send clients elsewhere where the edge is announced, accepts no more, tells clients so, and waits for work
     * in flight until the snapshot's drain time-out; idle keep-alive connections do not hold it. The edge still answers its operators; {@link #close} it afterwards.
     *
     * @return ends when the last connection has closed, by itself or by the time-out; true: by itself
     */
    public CompletableFuture<Boolean> drain() {
        if (announcing.site() == null) return drain(current.drainTimeout(), current.drainSpread());
        // Not on the announcer's thread, which closing it waits for.
        return announcing
                .leave()
                .toCompletableFuture()
                .thenComposeAsync(_ -> drain(current.drainTimeout(), current.drainSpread()));
    }

    /** Without a word to routers, as when another process has taken the sockets; with a time-out of its own, all at once. */
    public CompletableFuture<Boolean> drain(Duration timeout) {
        return drain(timeout, Duration.ZERO);
    }

    /** @param spread over which connections are told, one after the other */
    CompletableFuture<Boolean> drain(Duration timeout, Duration spread) {
        announcing.close(); // a router hears one of us
        CompletableFuture<Boolean> drained = new CompletableFuture<>();
        AtomicBoolean timedOut = new AtomicBoolean();
        if (privateListeners != null) privateListeners.close();
        Future<?> last = listeners.drain(spread);
        Future<?> deadline = loop().schedule(
                        () -> {
                            timedOut.set(true);
                            listeners.closeConnections();
                        },
                        timeout.toNanos(),
                        TimeUnit.NANOSECONDS);
        last.addListener(_ -> {
            deadline.cancel(false);
            drained.complete(!timedOut.get());
        });
        return drained;
    }

    /** Stops at once: what is in flight is cut. Idempotent. */
    @Override
    public synchronized void close() {
        if (closed) return;
        closed = true;
        announcing.close(); // its routes end before its sockets
        listeners.closeListeners();
        listeners.closeConnections().awaitUninterruptibly(SWITCH_TIMEOUT.toMillis());
        if (metricsServer != null) metricsServer.close();
        while (!resources.isEmpty()) {
            try {
                resources.pop().close();
            } catch (Exception e) {
                LOG.warn("while stopping: {}", e.toString());
            }
        }
    }

    /** Loaded again, for certificates that were renewed in place and those of the development CA before they expire. */
    synchronized void reloadCertificates() {
        List<String> problems = new ArrayList<>();
        List<CertificateStore.Entry> entries =
                Certificates.load(current, issuer.entries(), certificates.entries(), problems);
        if (problems.isEmpty()) certificates.replace(entries);
        else LOG.warn("certificates are not renewed: {}", String.join("; ", problems));
    }

    AcmeIssuer issuer() {
        return issuer;
    }

    /** What operators are told. */
    EdgeView view() {
        return state;
    }

    List<CertificateStore.Entry> certificateEntries() {
        return certificates.entries();
    }

    public Snapshot snapshot() {
        return current;
    }

    /** Bound server sockets; a port that was 0 has become a real one. */
    public List<InetSocketAddress> addresses() {
        return listeners.status().stream().map(Listeners.Listening::address).toList();
    }

    /** Null without {@code observability.metrics.listen}. */
    public synchronized @Nullable InetSocketAddress metricsAddress() {
        return metricsServer == null ? null : (InetSocketAddress) metricsServer.address();
    }

    /** Null without a mesh. */
    public @Nullable InetSocketAddress underlayAddress() {
        MeshDriver first = mesh();
        return first == null ? null : first.underlayAddress();
    }

    /** Server sockets, private ones last. */
    List<Listeners.Listening> listening() {
        List<Listeners.Listening> all = new ArrayList<>(listeners.status());
        if (privateListeners != null) all.addAll(privateListeners.status());
        return all;
    }

    Listeners listeners() {
        return listeners;
    }

    /** Whom source addresses of ours stand for. */
    EmbeddedClients clients() {
        return clients;
    }

    PolicyBalancer balancer() {
        return balancer;
    }

    RecordSinks sinks() {
        return sinks;
    }

    EdgeMetrics metrics() {
        return metrics;
    }

    /** The first identity, or null without a mesh. */
    @Nullable
    MeshDriver mesh() {
        return Identities.first(mesh);
    }

    /** One for each event loop, the first first; none without a mesh. */
    List<MeshDriver> identities() {
        return mesh == null ? List.of() : mesh.all();
    }

    Instant startedAt() {
        return startedAt;
    }

    @Nullable
    LastReload lastReload() {
        return lastReload;
    }

    private MeshOrDirectConnector connector(@Nullable Identities identities) {
        if (identities == null) return new MeshOrDirectConnector(null);
        MeshConnector connector = new MeshConnector(identities::on, clients);
        if (reachability != null) reachability.tell(connector);
        return new MeshOrDirectConnector(connector);
    }

    /** What flows of this edge come from, as policies see them. */
    private static Ipv6Address source(Snapshot snapshot) {
        return snapshot.mesh() == null
                ? Ipv6Address.UNSPECIFIED
                : snapshot.mesh().config().addresses().getFirst().address();
    }

    private Runnable counting(String policy, String rule, PolicyTable.Result result) {
        return metrics.policies().flows(policy, rule, result.name().toLowerCase(Locale.ROOT));
    }

    private static int loopCount(@Nullable MeshSettings mesh) {
        return mesh == null ? 1 : mesh.identities();
    }

    /** The loops' clock, which the balancer's times are of. */
    long nowNanos() {
        return LoopClock.of(loop()).nanoTime();
    }

    private EventLoop loop() {
        return loops.next();
    }

    private static List<String> appNames(Snapshot snapshot) {
        return snapshot.apps().stream().map(App::name).toList();
    }

    private static void stop(EventLoopGroup group) {
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(SWITCH_TIMEOUT.toMillis());
    }

    private static RandomGenerator threadLocalRandom() {
        return () -> ThreadLocalRandom.current().nextLong();
    }
}
