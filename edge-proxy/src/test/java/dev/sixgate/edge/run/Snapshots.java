package dev.sixgate.edge.run;

import dev.sixgate.certs.acme.AcmeSettings;
import dev.sixgate.edge.networkpolicy.Policy;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.Handler;
import dev.sixgate.edge.source.DocumentSet;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Builds snapshots for tests: what is not said is empty. */
record Snapshots(
        Path directory,
        List<InetAddress> addresses,
        Duration drain,
        Snapshot.@Nullable MeshSettings mesh,
        List<Snapshot.CertificateFiles> certificates,
        List<String> developmentNames,
        List<App> apps,
        @Nullable InetSocketAddress metrics,
        @Nullable String accessLog,
        Snapshot.@Nullable AcmeOrders acme) {
    static Snapshots in(Path directory, InetAddress address) {
        return new Snapshots(
                directory,
                List.of(address),
                Duration.ofSeconds(5),
                null,
                List.of(),
                List.of(),
                List.of(),
                null,
                null,
                null);
    }

    static Snapshot withPolicies(Snapshot like, Policy... policies) {
        return new Snapshot(
                like.name(),
                like.region(),
                like.addresses(),
                like.stateDirectory(),
                like.drainTimeout(),
                like.drainSpread(),
                like.networks(),
                like.mesh(),
                like.certificates(),
                like.developmentCaHostnames(),
                like.acme(),
                like.apps(),
                like.metrics(),
                like.accessLog(),
                like.explain(),
                like.adminSocket(),
                like.trustedProxies(),
                like.maxConnectionsPerClient(),
                like.documents(),
                like.dns(),
                like.anycast(),
                List.of(policies));
    }

    Snapshot build() {
        return new Snapshot(
                "test",
                "fra",
                addresses,
                directory.resolve("state"),
                drain,
                Duration.ZERO,
                Map.of(),
                mesh,
                certificates,
                developmentNames,
                acme,
                apps,
                metrics,
                accessLog == null ? null : new Snapshot.AccessLogSettings(accessLog, 1, 1),
                new Snapshot.ExplainSettings(100, 100),
                directory.resolve("admin.sock"),
                List.of(),
                Integer.MAX_VALUE,
                DocumentSet.EMPTY,
                null,
                null,
                List.of());
    }

    Snapshots acme(AcmeSettings settings, String... names) {
        return new Snapshots(
                directory,
                addresses,
                drain,
                mesh,
                certificates,
                developmentNames,
                apps,
                metrics,
                accessLog,
                new Snapshot.AcmeOrders(settings, List.of(names)));
    }

    Snapshots apps(App... with) {
        return new Snapshots(
                directory,
                addresses,
                drain,
                mesh,
                certificates,
                developmentNames,
                List.of(with),
                metrics,
                accessLog,
                acme);
    }

    Snapshots addresses(List<InetAddress> with) {
        return new Snapshots(
                directory, with, drain, mesh, certificates, developmentNames, apps, metrics, accessLog, acme);
    }

    Snapshots drain(Duration with) {
        return new Snapshots(
                directory, addresses, with, mesh, certificates, developmentNames, apps, metrics, accessLog, acme);
    }

    Snapshots mesh(Snapshot.@Nullable MeshSettings with) {
        return new Snapshots(
                directory, addresses, drain, with, certificates, developmentNames, apps, metrics, accessLog, acme);
    }

    Snapshots certificates(Path certificate, Path key) {
        return new Snapshots(
                directory,
                addresses,
                drain,
                mesh,
                List.of(new Snapshot.CertificateFiles(List.of(), certificate, key)),
                developmentNames,
                apps,
                metrics,
                accessLog,
                acme);
    }

    Snapshots developmentNames(String... with) {
        return new Snapshots(
                directory, addresses, drain, mesh, certificates, List.of(with), apps, metrics, accessLog, acme);
    }

    Snapshots metrics(InetSocketAddress with) {
        return new Snapshots(
                directory, addresses, drain, mesh, certificates, developmentNames, apps, with, accessLog, acme);
    }

    Snapshots accessLog(String with) {
        return new Snapshots(
                directory, addresses, drain, mesh, certificates, developmentNames, apps, metrics, with, acme);
    }

    /** Raw TCP on {@code port}, passed to a backend on loopback. */
    static App raw(String name, int port, Backend... backends) {
        return Apps.app(name, List.of(backends), Apps.service("tcp", List.of(), port));
    }

    static App http(String name, int port, List<String> hostnames, Backend... backends) {
        return Apps.app(name, List.of(backends), Apps.service("http", hostnames, port, Handler.HTTP));
    }

    static Backend direct(String name, InetAddress address, int port) {
        return new Backend(name, "static", address, port, "", true);
    }
}
