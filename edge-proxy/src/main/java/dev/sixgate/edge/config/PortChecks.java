package dev.sixgate.edge.config;

import dev.sixgate.edge.config.MeshDraft.Located;
import dev.sixgate.edge.servicemap.Handler;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.TlsOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Who listens where: services that cannot share a port, and ports that this process may not take. */
final class PortChecks {
    /** One service on one port. */
    private record Claim(String name, Located<PortBinding> port, List<Located<String>> hostnames) {
        List<Handler> handlers() {
            return port.value().handlers();
        }
    }

    private final Problems problems;
    private final Map<Integer, List<Claim>> claims = new TreeMap<>();
    private final Map<Integer, List<Claim>> udp = new TreeMap<>();
    /** By app and port, of apps with a private address. */
    private final Map<String, List<Claim>> hiddenPorts = new TreeMap<>();

    PortChecks(Problems problems, List<AppReader.Draft> apps) {
        this.problems = problems;
        for (AppReader.Draft app : apps)
            for (ServiceReader.Draft service : app.services())
                for (Located<PortBinding> port : service.ports()) {
                    Claim claim = new Claim(app.app().name() + "." + service.name(), port, service.hostnames());
                    boolean hidden = app.app().privateAddress() != null
                            && service.hostnames().isEmpty();
                    if (hidden) inside(claim);
                    else
                        (port.value().isUdp() ? udp : claims)
                                .computeIfAbsent(port.value().port(), _ -> new ArrayList<>())
                                .add(claim);
                    if (app.app().privateAddress() != null)
                        hiddenPorts
                                .computeIfAbsent(
                                        app.app().name() + " " + port.value().shown(), _ -> new ArrayList<>())
                                .add(claim);
                }
    }

    /** Of a service that is reached on a private address alone. */
    private void inside(Claim claim) {
        if (claim.port().value().forceHttpsPort() != 0)
            problems.error(
                    Code.PORT_008,
                    claim.port().spot(),
                    "force_https on " + claim.name()
                            + ", which is reached on the app's private address only: inside the mesh everything is"
                            + " encrypted, and nobody types https there",
                    "remove it, or give the service hostnames");
    }

    /** One private address has one service a port: there the port alone tells which is meant. */
    private void privatePorts() {
        for (List<Claim> sharing : hiddenPorts.values())
            for (Claim other : sharing.subList(1, sharing.size()))
                if (sharing.getFirst().hostnames().isEmpty()
                        || other.hostnames().isEmpty()
                        || !agree(sharing))
                    problems.error(
                            Code.PORT_001,
                            other.port().spot(),
                            sharing.getFirst().name() + " and " + other.name() + " both take "
                                    + other.port().value().shown() + " of the app's private address",
                            "use another port");
    }

    void check(int firstUnprivileged, List<InetAddress> edgeAddresses, @Nullable Located<InetSocketAddress> metrics) {
        claims.forEach((port, sharing) -> {
            privilege(port, sharing, firstUnprivileged);
            if (agree(sharing)) hosts(port, sharing);
        });
        udp.forEach((port, sharing) -> {
            privilege(port, sharing, firstUnprivileged);
            datagrams(port, sharing);
        });
        privatePorts();
        if (metrics != null) metrics(metrics, edgeAddresses);
    }

    private void privilege(int port, List<Claim> sharing, int firstUnprivileged) {
        if (port < firstUnprivileged)
            problems.warning(
                    Code.PORT_002,
                    sharing.getFirst().port().spot(),
                    "port " + port + " may need CAP_NET_BIND_SERVICE or a systemd socket; this process has neither",
                    "setcap cap_net_bind_service=+ep on java, AmbientCapabilities= in the unit, or ports from "
                            + firstUnprivileged);
    }

    /** Datagrams carry no name: one service a port, and none where HTTP/3 is. */
    private void datagrams(int port, List<Claim> sharing) {
        Claim first = sharing.getFirst();
        for (Claim other : sharing.subList(1, sharing.size()))
            problems.error(
                    Code.PORT_001,
                    other.port().spot(),
                    first.name().equals(other.name())
                            ? first.name() + " takes " + port + "/udp twice"
                            : first.name() + " and " + other.name() + " both take " + port + "/udp",
                    "use another port");
        for (Claim claim : claims.getOrDefault(port, List.of()))
            if (claim.handlers().contains(Handler.HTTP)
                    && claim.handlers().contains(Handler.TLS)
                    && claim.port().value().tls().alpn().contains(TlsOptions.H3)) {
                problems.error(
                        Code.PORT_001,
                        first.port().spot(),
                        claim.name() + " has h3 on " + port + "/udp, which " + first.name() + " takes too",
                        "use another port, or remove \"h3\" from alpn");
                return;
            }
    }

    /** Until the host is known one set of handlers and options serves everybody. */
    private boolean agree(List<Claim> sharing) {
        Claim first = sharing.getFirst();
        boolean agree = true;
        for (Claim other : sharing.subList(1, sharing.size())) {
            if (other.name().equals(first.name())) continue;
            PortBinding a = first.port().value();
            PortBinding b = other.port().value();
            String what = !a.handlers().equals(b.handlers())
                    ? "handlers (" + words(a.handlers()) + " and " + words(b.handlers()) + ")"
                    : a.handlers().contains(Handler.TLS) && !a.tls().equals(b.tls())
                            ? "tls_options"
                            : a.handlers().contains(Handler.HTTP)
                                            && !a.http()
                                                    .beforeRouting()
                                                    .equals(b.http().beforeRouting())
                                    ? "http_options"
                                    : !a.proxyProtocol()
                                                    .acceptFrom()
                                                    .equals(b.proxyProtocol().acceptFrom())
                                            ? "accept_proxy_proto"
                                            : null;
            if (what == null) continue;
            agree = false;
            problems.error(
                    Code.PORT_011,
                    other.port().spot(),
                    first.name() + " and " + other.name() + " share " + a.port() + "/tcp but differ in " + what
                            + "; they apply before the host is known",
                    "write the same for both, or use another port");
        }
        return agree;
    }

    static String words(List<Handler> handlers) {
        return handlers.stream()
                .map(handler -> Quoted.of(handler.name().toLowerCase(Locale.ROOT)))
                .collect(Collectors.joining(",", "[", "]"));
    }

    private void hosts(int port, List<Claim> sharing) {
        Map<String, Claim> byHost = new HashMap<>();
        Map<String, Spot> spots = new HashMap<>();
        Claim any = null;
        for (Claim claim : sharing) {
            if (claim.hostnames().isEmpty()) {
                if (any == null) any = claim;
                else conflict(port, any, claim, claim.port().spot(), null);
            }
            for (Located<String> host : claim.hostnames()) {
                Claim other = byHost.putIfAbsent(host.value(), claim);
                Spot first = spots.putIfAbsent(host.value(), host.spot());
                if (other == null || first == null) continue;
                if (first.file().equals(host.spot().file())) conflict(port, other, claim, host.spot(), host.value());
                else
                    problems.error(
                            Code.ROUTE_007,
                            host.spot(),
                            host.value() + " on " + port + "/tcp is claimed by "
                                    + host.spot().file() + ":"
                                    + host.spot().position() + " and "
                                    + first.file() + ":" + first.position(),
                            "take it out of one of the two");
            }
        }
    }

    private void conflict(int port, Claim first, Claim second, Spot spot, @Nullable String host) {
        if (first.name().equals(second.name())) {
            problems.error(
                    Code.PORT_001, spot, first.name() + " takes " + port + "/tcp twice", "remove one of the two");
            return;
        }
        problems.error(
                Code.PORT_001,
                spot,
                first.name() + " and " + second.name() + " both take " + port + "/tcp "
                        + (host == null ? "without hostnames that tell them apart (neither has any)" : "for " + host),
                host == null
                        ? first.handlers().contains(Handler.HTTP)
                                        || first.handlers().contains(Handler.TLS)
                                ? "add hostnames to one; one service a port may have none"
                                : "use another port; for TLS passed through, add hostnames to one"
                        : "take it out of one of the two");
    }

    private void metrics(Located<InetSocketAddress> metrics, List<InetAddress> edgeAddresses) {
        List<Claim> sharing = claims.get(metrics.value().getPort());
        if (sharing == null) return;
        InetAddress address = metrics.value().getAddress();
        boolean overlap = edgeAddresses.isEmpty()
                || address.isAnyLocalAddress()
                || edgeAddresses.stream().anyMatch(each -> each.equals(address) || each.isAnyLocalAddress());
        if (overlap)
            problems.error(
                    Code.PORT_001,
                    // A document's fault must not be the first file's.
                    sharing.getFirst()
                                    .port()
                                    .spot()
                                    .file()
                                    .equals(metrics.spot().file())
                            ? metrics.spot()
                            : sharing.getFirst().port().spot(),
                    "observability.metrics and " + sharing.getFirst().name() + " both take "
                            + metrics.value().getPort() + "/tcp",
                    "give the metrics a port of their own");
    }
}
