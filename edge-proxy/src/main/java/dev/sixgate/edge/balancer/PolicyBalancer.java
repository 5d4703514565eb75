package dev.sixgate.edge.balancer;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sixgate.edge.balancer.ServiceState.BackendKey;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.net.Inet6Address;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Balances each service by its own policy. What is known of a backend outlives reloads: snapshots that have the same
 * backend of the same service share it.
 */
public final class PolicyBalancer implements Balancer {
    private record ServiceKey(String app, String service) {}

    private record Member(ServiceKey service, BackendKey backend) {}

    private final String region;
    private final RandomGenerator random;
    private final Map<ServiceKey, ServiceState> services = new ConcurrentHashMap<>();
    private final Map<String, Predicate<Ipv6Address>> unreachable = new ConcurrentHashMap<>();
    private final Map<Member, String> failingChecks = new ConcurrentHashMap<>();
    // By identity, so that a choice hashes no app; a snapshot's entries go with it.
    private final Cache<App, ServiceView[]> views =
            Caffeine.newBuilder().weakKeys().executor(Runnable::run).build();

    /**
     * @param region of the edge; empty: none
     * @param random safe for use by several threads
     */
    public PolicyBalancer(String region, RandomGenerator random) {
        this.region = region;
        this.random = random;
    }

    @Override
    public Choice pick(Call call, long nowNanos) {
        ServiceView view = view(call.app, call.service);
        synchronized (view.shared()) {
            return view.pick(call, nowNanos);
        }
    }

    @Override
    public boolean await(Call call, Runnable free) {
        ServiceView view = view(call.app, call.service);
        synchronized (view.shared()) {
            return view.shared().join(call, view.queueMax(), free);
        }
    }

    @Override
    public void leave(Call call) {
        if (call.waiting == null) return;
        ServiceState shared = view(call.app, call.service).shared();
        synchronized (shared) {
            boolean called = call.waiting != null && call.waiting.called;
            shared.leave(call);
            if (called) shared.callNext(); // the room that it was told of is still there
        }
    }

    private ServiceView view(App app, Service service) {
        ServiceView[] all = views.get(app, this::compile);
        List<Service> services = app.services();
        for (int i = 0; i < all.length; i++) if (services.get(i) == service) return all[i];
        throw new AssertionError("service " + service.name() + " is not one of app " + app.name());
    }

    private ServiceView[] compile(App app) {
        return app.services().stream().map(service -> compile(app, service)).toArray(ServiceView[]::new);
    }

    private ServiceView compile(App app, Service service) {
        ServiceKey key = new ServiceKey(app.name(), service.name());
        ServiceState shared = services.computeIfAbsent(key, _ -> new ServiceState());
        List<String> regions = service.backendPolicy().loadBalancing().regions();
        if (regions.isEmpty() && !region.isEmpty()) regions = List.of(region);
        return new ServiceView(
                app.backends(),
                service.backendPolicy(),
                regions,
                shared,
                shared.states(app.backends(), (backend, state) -> {
                    for (Predicate<Ipv6Address> routed : unreachable.values())
                        if (isRouted(backend, routed)) state.peerReachable = false;
                    state.checked(failingChecks.get(new Member(key, backend)));
                }),
                random);
    }

    /**
     * The tunnel to a peer is dead: takes every backend behind it out at once, of whatever app, until
     * {@link #peerReachable}. Idempotent.
     *
     * @param peer its name
     * @param routed whether an address is behind it
     */
    public void peerUnreachable(String peer, Predicate<Ipv6Address> routed) {
        unreachable.put(peer, routed);
        services.values().forEach(service -> service.peerChanged(backend -> isRouted(backend, routed), false));
    }

    /** Takes them back in at once. Idempotent. */
    public void peerReachable(String peer) {
        Predicate<Ipv6Address> routed = unreachable.remove(peer);
        if (routed != null)
            services.values().forEach(service -> service.peerChanged(backend -> isRouted(backend, routed), true));
    }

    /**
     * What the health checks of a backend say has changed. A failing one is passed over, as one that failed a request is.
     *
     * @param failing what is wrong with it; null: it passes, or is no longer checked
     */
    public void checked(String app, String service, Backend backend, @Nullable String failing) {
        Member member = new Member(new ServiceKey(app, service), BackendKey.of(backend));
        // Before the state is looked for: one that is made meanwhile finds it here.
        if (failing == null) failingChecks.remove(member);
        else failingChecks.put(member, failing);
        ServiceState known = services.get(member.service);
        if (known != null) known.checked(member.backend, failing);
    }

    private static boolean isRouted(BackendKey backend, Predicate<Ipv6Address> routed) {
        return backend.inMesh() && backend.address() instanceof Inet6Address six && routed.test(Ipv6Address.of(six));
    }

    /** Forgets services and backends that none of these apps has; uses under way end as they would. Call after a reload. */
    public void retain(List<App> apps) {
        Map<ServiceKey, Set<BackendKey>> kept = new HashMap<>();
        for (App app : apps)
            for (Service service : app.services()) {
                Set<BackendKey> backends =
                        kept.computeIfAbsent(new ServiceKey(app.name(), service.name()), _ -> new HashSet<>());
                for (Backend backend : app.backends()) backends.add(BackendKey.of(backend));
            }
        services.keySet().retainAll(kept.keySet());
        kept.forEach((key, backends) -> {
            ServiceState service = services.get(key);
            if (service != null) service.retain(backends);
        });
    }

    /**
     * A backend's state in one service, as status shows it.
     *
     * @param state {@code working}, or why it is avoided
     * @param expectedNanos to an answer; -1: unknown
     */
    public record BackendStatus(
            String service,
            String backend,
            int inFlight,
            boolean failing,
            int failuresInARow,
            String state,
            long expectedNanos,
            double success) {}

    /** Service by service, in the app's order of backends. */
    public List<BackendStatus> status(App app, long nowNanos) {
        List<BackendStatus> status = new ArrayList<>();
        for (Service service : app.services()) {
            ServiceView view = view(app, service);
            synchronized (view.shared()) {
                for (int i = 0; i < view.backends().size(); i++) {
                    BackendState state = view.state(i);
                    AnswerTime time = state.answerTime;
                    status.add(new BackendStatus(
                            service.name(),
                            view.backends().get(i).name(),
                            state.inFlight,
                            state.failing(),
                            state.failuresInARow(),
                            state.failing() ? view.failing(i, nowNanos) : "working",
                            time.known() ? (long) time.expected(nowNanos) : -1,
                            time.success(nowNanos)));
                }
            }
        }
        return status;
    }

    /** How an app stands as a whole. */
    public enum Standing {
        /** Each service has a backend that may be asked, below its soft limit. */
        HEALTHY,
        /** Of a service all such backends are at their soft limit. */
        FULL,
        /** A service has none that may be asked. */
        UNHEALTHY
    }

    public Standing standing(App app, long nowNanos) {
        Standing standing = Standing.HEALTHY;
        for (Service service : app.services()) {
            ServiceView view = view(app, service);
            synchronized (view.shared()) {
                switch (view.standing(nowNanos)) {
                    case UNHEALTHY -> {
                        return Standing.UNHEALTHY;
                    }
                    case FULL -> standing = Standing.FULL;
                    case HEALTHY -> {}
                }
            }
        }
        return standing;
    }

    /** Backends remembered, once for each service. */
    int size() {
        return services.values().stream().mapToInt(ServiceState::size).sum();
    }
}
