package dev.sixgate.edge.run;

import dev.sixgate.anycast.site.SiteHealth;
import dev.sixgate.edge.anycast.AnycastSettings;
import dev.sixgate.edge.anycast.AnycastSite;
import dev.sixgate.edge.anycast.SiteProbe;
import dev.sixgate.edge.anycast.SiteReports;
import dev.sixgate.edge.balancer.PolicyBalancer;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.mesh.transport.MeshDatagramChannel;
import dev.sixgate.mesh.underlay.MeshDriver;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has a running edge announced, as its configuration says. Any thread, but no event loop. */
final class Announcing implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Announcing.class);

    private final Edge edge;
    private volatile @Nullable AnycastSite site;

    Announcing(Edge edge) {
        this.edge = edge;
    }

    /** Null before the first {@link #use} of something, and after the last. */
    @Nullable
    AnycastSite site() {
        return site;
    }

    /** @param settings null: nothing is announced */
    synchronized void use(@Nullable AnycastSettings settings) {
        AnycastSite running = site;
        if (running != null && settings != null) running.use(settings);
        else if (running != null) {
            site = null;
            running.close();
        } else if (settings != null) site = AnycastSite.start(settings, new EdgeProbe(), reports(settings));
    }

    private @Nullable SiteReports reports(AnycastSettings settings) {
        MeshDriver driver = edge.mesh();
        if (driver == null) return null;
        try {
            return SiteReports.open(driver.eventLoop(), () -> new MeshDatagramChannel(driver));
        } catch (IOException e) {
            if (!settings.sites().isEmpty()) LOG.warn("other sites are not heard: {}", e.getMessage());
            return null;
        }
    }

    /** Ends when no router sends clients here any more. */
    CompletionStage<Void> leave() {
        AnycastSite running = site;
        return running == null ? CompletableFuture.completedStage(null) : running.leave();
    }

    @Override
    public void close() {
        use(null);
    }

    private final class EdgeProbe implements SiteProbe {
        @Override
        public CompletionStage<?> beat() {
            CompletableFuture<?>[] loops = edge.eventLoops()
                    .map(loop -> CompletableFuture.runAsync(() -> {}, loop))
                    .toArray(CompletableFuture[]::new);
            return CompletableFuture.allOf(loops);
        }

        @Override
        public SiteHealth health() {
            int healthy = 0;
            boolean full = false;
            var apps = edge.snapshot().apps();
            long now = edge.nowNanos();
            for (App app : apps) {
                PolicyBalancer.Standing standing = edge.balancer().standing(app, now);
                if (standing != PolicyBalancer.Standing.UNHEALTHY) healthy++;
                full |= standing == PolicyBalancer.Standing.FULL;
            }
            boolean serving =
                    !edge.listeners().isDraining() && !edge.listening().isEmpty();
            return new SiteHealth(
                    serving, healthy, apps.size(), full, edge.metrics().acceptedConnections());
        }
    }
}
