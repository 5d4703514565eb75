package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Code;
import dev.sixgate.k8s.ObjectRef;
import dev.sixgate.k8s.mapping.BackendRefs.Target;
import dev.sixgate.k8s.mapping.BackendRefs.Written;
import dev.sixgate.k8s.mapping.Endpoints.Member;
import dev.sixgate.k8s.mapping.Listener.Kind;
import dev.sixgate.k8s.mapping.RouteParents.Attachment;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.BackendRef;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * TCPRoutes, TLSRoutes and UDPRoutes: an app of their own, whose backends are the endpoints of the Services they name. Each
 * gets the share that its Service's weight leaves it.
 */
final class StreamRouteMapping {
    private static final int MAX_WEIGHT = 1000;

    private final Verdicts verdicts;
    private final BackendRefs refs;
    private final PortClaims claims;
    private final List<AppDocument> documents = new ArrayList<>();

    StreamRouteMapping(Verdicts verdicts, BackendRefs refs, PortClaims claims) {
        this.verdicts = verdicts;
        this.refs = refs;
        this.claims = claims;
    }

    List<AppDocument> documents() {
        return documents;
    }

    /** @param rules the backendRefs of each of its rules; there can be one rule only */
    void add(ObjectRef route, List<Attachment> attachments, List<@Nullable List<BackendRef>> rules) {
        if (rules.size() > 1)
            verdicts.partial(
                    route,
                    "",
                    "UnsupportedValue",
                    "nothing tells connections apart for " + rules.size() + " rules; the first is served",
                    Code.K8S_002);
        List<Target> targets = new ArrayList<>();
        List<BackendRef> written = rules.isEmpty() ? null : rules.getFirst();
        if (written != null)
            for (BackendRef ref : written) {
                Target target = refs.resolve(
                        route,
                        new Written(
                                ref.getGroup(),
                                ref.getKind(),
                                ref.getNamespace(),
                                ref.getName(),
                                ref.getPort(),
                                ref.getWeight()));
                if (target != null) targets.add(target);
            }
        List<Map<String, Object>> services = services(route, attachments, targets);
        if (services.isEmpty()) return;
        documents.add(AppDocument.of(route, Json.object("backends", backends(targets), "services", services)));
    }

    /** One service for each port and what it speaks, with the host names that tell TLS apart. */
    private List<Map<String, Object>> services(ObjectRef route, List<Attachment> attachments, List<Target> targets) {
        Map<Integer, LinkedHashSet<String>> hosts = new LinkedHashMap<>();
        Map<Integer, Kind> kinds = new LinkedHashMap<>();
        for (Attachment attachment : attachments) {
            Listener listener = attachment.listener();
            boolean named = listener.kind() == Kind.TLS_PASSTHROUGH || listener.kind() == Kind.TLS_TERMINATE;
            String host = named ? attachment.hostname() : "";
            ObjectRef other = claims.take(route, listener.kind().transport(), listener.port(), host);
            if (other != null) {
                verdicts.partial(
                        route,
                        "",
                        "Conflicted",
                        (host.isEmpty() ? "" : host + " on ") + "port " + listener.port() + " is " + other
                                + "'s already",
                        Code.K8S_002);
                continue;
            }
            hosts.computeIfAbsent(listener.port(), _ -> new LinkedHashSet<>()).add(host);
            kinds.put(listener.port(), listener.kind());
        }
        List<Map<String, Object>> services = new ArrayList<>();
        hosts.forEach((port, names) -> {
            Kind kind = kinds.getOrDefault(port, Kind.TCP);
            Map<String, Object> service = Json.object("name", kind.transport() + "-" + port);
            if (kind == Kind.UDP) service.put("protocol", "udp");
            if (!names.contains("")) service.put("hostnames", List.copyOf(names));
            service.put("internal_port", internalPort(targets, port));
            Map<String, Object> open = Json.object("port", port);
            if (kind != Kind.UDP) open.put("handlers", kind == Kind.TLS_TERMINATE ? List.of("tls") : List.of());
            service.put("ports", List.of(open));
            if (kind != Kind.UDP
                    && targets.size() == 1
                    && !targets.getFirst().app().concurrency().isEmpty())
                service.put("concurrency", targets.getFirst().app().concurrency());
            services.add(service);
        });
        return services;
    }

    /** What stands there does not matter where backends have ports of their own. */
    private static int internalPort(List<Target> targets, int otherwise) {
        if (targets.size() != 1) return otherwise;
        int port = targets.getFirst().app().internalPort(targets.getFirst().port());
        return port == 0 ? otherwise : port;
    }

    private List<Map<String, Object>> backends(List<Target> targets) {
        Map<String, Map<String, Object>> backends = new LinkedHashMap<>();
        boolean single = targets.size() == 1;
        double largest = targets.stream()
                .mapToDouble(StreamRouteMapping::perMember)
                .max()
                .orElse(1);
        for (Target target : targets) {
            if (target.weight() == 0) continue;
            int weight = single || largest == 0
                    ? 1
                    : Math.clamp(Math.round(perMember(target) * MAX_WEIGHT / largest), 1, MAX_WEIGHT);
            boolean own = !single || target.app().internalPort(target.port()) == 0;
            for (Member member : target.app().endpoints().members()) {
                int port = member.ports().getOrDefault(ServiceApp.name(target.port()), 0);
                if (port == 0 && own) continue;
                // Two Services may lead to one pod, which counts once, at the first's port.
                String pod = member.pod().isEmpty() ? member.address() : member.pod();
                backends.putIfAbsent(pod, member.backend(own ? port : 0, weight));
            }
        }
        return List.copyOf(backends.values());
    }

    private static double perMember(Target target) {
        return (double) target.weight()
                / Math.max(1, target.app().endpoints().members().size());
    }
}
