package dev.sixgate.edge.health;

import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.HealthCheck;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.upstream.BackendDialer;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The health checks of a running edge, each on one of its event loops, over the same ways that requests take. A check that
 * a reload leaves as it is goes on undisturbed. Any thread.
 */
public final class HealthChecks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HealthChecks.class);

    /** Who learns what the checks find. */
    public interface Verdicts {
        /**
         * The verdict on a backend of a service has changed. On an event loop; it must not block.
         *
         * @param failing what is wrong; null: it passes, or is no longer checked
         */
        void checked(String app, String service, Backend backend, @Nullable String failing);
    }

    /** A backend of a service, whatever its weight and region are now. */
    private record Subject(
            String app, String service, String name, InetAddress address, int port, boolean insecureDirect) {}

    private final EventLoopGroup loops;
    private final BackendDialer dialer;
    private final RandomGenerator random;
    private final Verdicts verdicts;
    private final Map<Subject, CheckedBackend> running = new HashMap<>();

    /** @param random safe for use by several threads */
    public HealthChecks(EventLoopGroup loops, BackendDialer dialer, RandomGenerator random, Verdicts verdicts) {
        this.loops = loops;
        this.dialer = dialer;
        this.random = random;
        this.verdicts = verdicts;
    }

    /** From now on the backends of these apps are checked, and no others. */
    public synchronized void replace(List<App> apps) {
        Map<Subject, List<Probe>> wanted = new LinkedHashMap<>();
        for (App app : apps)
            for (Service service : app.services())
                for (Backend backend : app.backends())
                    for (HealthCheck check : service.backendPolicy().checks())
                        wanted.computeIfAbsent(subject(app, service, backend), _ -> new ArrayList<>())
                                .add(probe(check, service, backend));
        running.entrySet().removeIf(known -> {
            if (wanted.containsKey(known.getKey())) return false;
            known.getValue().replace(List.of());
            return true;
        });
        wanted.forEach((subject, probes) -> running.computeIfAbsent(
                        subject, _ -> start(subject, probes.getFirst().backend()))
                .replace(probes));
    }

    private CheckedBackend start(Subject subject, Backend backend) {
        return new CheckedBackend(loops.next(), dialer, random, failing -> {
            String name = subject.app + "." + subject.service + "/" + subject.name;
            if (failing == null) LOG.info("no health check of {} fails any more", name);
            else LOG.warn("{} fails its health check: {}", name, failing);
            verdicts.checked(subject.app, subject.service, backend, failing);
        });
    }

    private static Subject subject(App app, Service service, Backend backend) {
        return new Subject(
                app.name(),
                service.name(),
                backend.name(),
                backend.address(),
                backend.port(),
                backend.insecureDirect());
    }

    private static Probe probe(HealthCheck check, Service service, Backend backend) {
        int port = backend.port() != 0 ? backend.port() : service.internalPort();
        String host = service.hostnames().stream()
                .filter(name -> !name.startsWith("*"))
                .findFirst()
                .orElse(backend.name());
        // Weight and region make no other probe.
        Backend asked = new Backend(
                backend.name(), backend.kind(), backend.address(), backend.port(), "", backend.insecureDirect());
        return new Probe(check, asked, port, service.backendProtocol(), host);
    }

    /** Stops all of them. */
    @Override
    public void close() {
        replace(List.of());
    }
}
