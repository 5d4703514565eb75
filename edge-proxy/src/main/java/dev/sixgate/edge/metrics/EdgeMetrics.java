package dev.sixgate.edge.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What an edge counts. Any thread; never blocks. Times are {@code System.nanoTime}. */
public final class EdgeMetrics implements AutoCloseable {
    /** The value of a label that has none: a request that no service took, an answer without a reason of ours. */
    public static final String NONE = "none";
    /** Distinct (app, service, class, reason, protocol) combinations counted apart; the rest count as {@code other}. */
    static final int MAX_REQUEST_SERIES = 5000;

    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30)
    };

    /** One finished request or raw connection. */
    public record RequestFigures(
            @Nullable String app,
            @Nullable String service,
            String protocol,
            int status,
            @Nullable String reason,
            long durationNanos,
            long requestBytes,
            long responseBytes) {}

    /** @param handshakeAgeSeconds -1: never */
    public record PeerFigures(
            String peer, double handshakeAgeSeconds, double receivedBytes, double sentBytes, boolean unreachable) {
        /** The same peer as several identities know it: the newest handshake, all bytes, and away when any says so. */
        public PeerFigures and(PeerFigures other) {
            double age = handshakeAgeSeconds < 0 || other.handshakeAgeSeconds < 0
                    ? Math.max(handshakeAgeSeconds, other.handshakeAgeSeconds)
                    : Math.min(handshakeAgeSeconds, other.handshakeAgeSeconds);
            return new PeerFigures(
                    peer,
                    age,
                    receivedBytes + other.receivedBytes,
                    sentBytes + other.sentBytes,
                    unreachable || other.unreachable);
        }
    }

    /**
     * @param expiryEpochSeconds 0: there is none yet
     * @param failures of orders in a row; -1: it is not ordered by us
     */
    public record CertificateFigures(String name, String source, long expiryEpochSeconds, int failures) {}

    private record Outcome(String app, String service, String protocol, String status, String reason) {}

    private record ServiceName(String app, String service) {}

    private record ServiceMeters(Timer duration, Counter requestBytes, Counter responseBytes) {}

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<Outcome, Counter> requests = new ConcurrentHashMap<>();
    private final Map<ServiceName, ServiceMeters> services = new ConcurrentHashMap<>();
    private final Map<String, PeerFigures> peers = new ConcurrentHashMap<>();
    private final Map<String, List<Meter>> peerMeters = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> meshDrops = new ConcurrentHashMap<>();
    private final MultiGauge certificateExpiry =
            MultiGauge.builder("sixgate.certificate.expiry.timestamp.seconds").register(registry);
    private final MultiGauge orderFailures =
            MultiGauge.builder("sixgate.certificate.order.failures").register(registry);
    private final MultiGauge documents = MultiGauge.builder("sixgate.documents").register(registry);
    private final MultiGauge sourceAges =
            MultiGauge.builder("sixgate.source.age").baseUnit("seconds").register(registry);
    private final AtomicInteger active = new AtomicInteger();
    private final MeshMeters mesh = new MeshMeters(registry);
    private final UdpMeters udp = new UdpMeters(registry);
    private final DnsMeters dns = new DnsMeters(registry);
    private final PolicyMeters policies = new PolicyMeters(registry);
    private final Counter accepted;
    private final Counter refused;
    private final Counter reloadsOk;
    private final Counter reloadsFailed;
    private volatile long staleSinceNanos;
    private volatile boolean stale;

    public EdgeMetrics() {
        accepted = registry.counter("sixgate.connections");
        refused = registry.counter("sixgate.connections.refused");
        reloadsOk = registry.counter("sixgate.reloads", "result", "ok");
        reloadsFailed = registry.counter("sixgate.reloads", "result", "failed");
        Gauge.builder("sixgate.connections.active", active, AtomicInteger::get)
                .description("client connections open now")
                .register(registry);
        Gauge.builder("sixgate.map.staleness.seconds", this, EdgeMetrics::stalenessSeconds)
                .description("how long the source has said something else than what is served; 0: in step")
                .register(registry);
        new JvmMemoryMetrics().bindTo(registry);
    }

    public void requestEnded(RequestFigures figures) {
        String app = figures.app == null ? NONE : figures.app;
        String service = figures.service == null ? NONE : figures.service;
        String reason = figures.reason == null ? NONE : figures.reason;
        Outcome outcome = new Outcome(app, service, figures.protocol, statusClass(figures.status), reason);
        Counter counter = requests.get(outcome);
        (counter == null ? register(outcome) : counter).increment();
        ServiceMeters meters = services.get(new ServiceName(app, service));
        if (meters == null) meters = services.computeIfAbsent(new ServiceName(app, service), this::serviceMeters);
        meters.duration.record(figures.durationNanos, TimeUnit.NANOSECONDS);
        meters.requestBytes.increment(figures.requestBytes);
        meters.responseBytes.increment(figures.responseBytes);
    }

    /** What the DNS server counts. */
    public DnsMeters dns() {
        return dns;
    }

    /** What policies count. */
    public PolicyMeters policies() {
        return policies;
    }

    /** Forgets what counts of policies that are gone. */
    public void retainPolicies(Set<String> names) {
        policies.retain(names);
    }

    /** What UDP services count. */
    public MeshMeters mesh() {
        return mesh;
    }

    public UdpMeters udp() {
        return udp;
    }

    public void connectionOpened() {
        active.incrementAndGet();
        accepted.increment();
    }

    /** Since the start. */
    public long acceptedConnections() {
        return (long) accepted.count();
    }

    public void connectionClosed() {
        active.decrementAndGet();
    }

    /** Closed at once because a limit was reached. */
    public void connectionRefused() {
        refused.increment();
    }

    /** @param ok false: the old configuration goes on, and is stale from now */
    public void reloaded(boolean ok, long nowNanos) {
        (ok ? reloadsOk : reloadsFailed).increment();
        if (!ok && !stale) staleSinceNanos = nowNanos;
        stale = !ok;
    }

    /** @param dropped total given up by the access log, asked at each scrape; held by the caller as well */
    public void accessLogDropped(LongSupplier dropped) {
        FunctionCounter.builder("sixgate.access.log.dropped", dropped, LongSupplier::getAsLong)
                .register(registry);
    }

    /**
     * What the mesh says of itself just now; call before a scrape. Peers that are gone lose their series.
     *
     * @param drops by reason, from a closed list
     */
    public synchronized void mesh(List<PeerFigures> figures, Map<String, Long> drops) {
        Set<String> present = new HashSet<>();
        for (PeerFigures peer : figures) {
            present.add(peer.peer());
            peers.put(peer.peer(), peer);
            peerMeters.computeIfAbsent(peer.peer(), this::peerMeters);
        }
        peers.keySet().retainAll(present);
        peerMeters.entrySet().removeIf(entry -> {
            if (present.contains(entry.getKey())) return false;
            entry.getValue().forEach(registry::remove);
            return true;
        });
        drops.forEach((reason, count) ->
                meshDrops.computeIfAbsent(reason, this::dropMeter).set(count));
    }

    /**
     * What TLS serves with just now; call before a scrape.
     *
     * @param figures at most one of each name
     */
    public void certificates(List<CertificateFigures> figures) {
        certificateExpiry.register(
                figures.stream()
                        .filter(one -> one.expiryEpochSeconds() != 0)
                        .map(one -> MultiGauge.Row.of(
                                Tags.of("name", one.name(), "source", one.source()), one.expiryEpochSeconds()))
                        .toList(),
                true);
        orderFailures.register(
                figures.stream()
                        .filter(one -> one.failures() >= 0)
                        .map(one -> MultiGauge.Row.of(Tags.of("name", one.name()), one.failures()))
                        .toList(),
                true);
    }

    /** Seconds since each source was last known to be up to date; call before a scrape. */
    public void sourceAges(Map<String, Double> ages) {
        sourceAges.register(
                ages.entrySet().stream()
                        .map(one -> MultiGauge.Row.of(Tags.of("source", one.getKey()), one.getValue()))
                        .toList(),
                true);
    }

    /** Documents by standing, from a closed list; call before a scrape. */
    public void documents(Map<String, Long> counts) {
        documents.register(
                counts.entrySet().stream()
                        .map(one -> MultiGauge.Row.of(Tags.of("standing", one.getKey()), one.getValue()))
                        .toList(),
                true);
    }

    /** Drops the series of services that are configured no more. */
    public void retain(Set<String> appNames) {
        requests.entrySet().removeIf(entry -> {
            if (kept(entry.getKey().app(), appNames)) return false;
            registry.remove(entry.getValue());
            return true;
        });
        services.entrySet().removeIf(entry -> {
            if (kept(entry.getKey().app(), appNames)) return false;
            registry.remove(entry.getValue().duration);
            registry.remove(entry.getValue().requestBytes);
            registry.remove(entry.getValue().responseBytes);
            return true;
        });
    }

    /** The Prometheus text format 0.0.4. */
    public String scrape() {
        return registry.scrape();
    }

    public int activeConnections() {
        return active.get();
    }

    @Override
    public void close() {
        registry.close();
    }

    private static boolean kept(String app, Set<String> appNames) {
        return app.equals(NONE) || appNames.contains(app);
    }

    private double stalenessSeconds() {
        return stale ? (System.nanoTime() - staleSinceNanos) / 1e9 : 0;
    }

    private static String statusClass(int status) {
        return status < 100 || status > 599 ? NONE : status / 100 + "xx";
    }

    private Counter register(Outcome wanted) {
        Outcome outcome = requests.size() < MAX_REQUEST_SERIES
                ? wanted
                : new Outcome("other", "other", wanted.protocol, wanted.status, wanted.reason);
        return requests.computeIfAbsent(
                outcome,
                o -> Counter.builder("sixgate.requests")
                        .description("finished requests and raw connections")
                        .tags(Tags.of(
                                "app", o.app,
                                "service", o.service,
                                "protocol", o.protocol,
                                "status", o.status,
                                "reason", o.reason))
                        .register(registry));
    }

    private ServiceMeters serviceMeters(ServiceName name) {
        Tags tags = Tags.of("app", name.app, "service", name.service);
        return new ServiceMeters(
                Timer.builder("sixgate.request.duration")
                        .description("from the request's first byte, or the accept, to the last byte")
                        .tags(tags)
                        .serviceLevelObjectives(BUCKETS)
                        .register(registry),
                Counter.builder("sixgate.request.bytes").tags(tags).register(registry),
                Counter.builder("sixgate.response.bytes").tags(tags).register(registry));
    }

    private List<Meter> peerMeters(String peer) {
        List<Meter> meters = new ArrayList<>();
        meters.add(Gauge.builder("sixgate.mesh.handshake.age.seconds", peers, p -> of(p, peer).handshakeAgeSeconds)
                .tag("peer", peer)
                .register(registry));
        meters.add(Gauge.builder("sixgate.mesh.peer.unreachable", peers, p -> of(p, peer).unreachable ? 1 : 0)
                .tag("peer", peer)
                .register(registry));
        meters.add(FunctionCounter.builder("sixgate.mesh.received.bytes", peers, p -> of(p, peer).receivedBytes)
                .tag("peer", peer)
                .register(registry));
        meters.add(FunctionCounter.builder("sixgate.mesh.sent.bytes", peers, p -> of(p, peer).sentBytes)
                .tag("peer", peer)
                .register(registry));
        return meters;
    }

    private static PeerFigures of(Map<String, PeerFigures> peers, String name) {
        PeerFigures figures = peers.get(name);
        return figures == null ? new PeerFigures(name, -1, 0, 0, false) : figures;
    }

    private AtomicLong dropMeter(String reason) {
        AtomicLong total = new AtomicLong();
        FunctionCounter.builder("sixgate.mesh.dropped.datagrams", total, AtomicLong::get)
                .tag("reason", reason)
                .register(registry);
        return total;
    }
}
