package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Code;
import dev.sixgate.k8s.ObjectRef;
import io.fabric8.kubernetes.api.model.ServicePort;
import org.jspecify.annotations.Nullable;

/** What a route's backendRef means. */
final class BackendRefs {
    /** A port of a Service that is served. */
    record Target(ServiceApp app, ServicePort port, int weight) {}

    /** A backendRef of any kind of route. {@code namespace} may be null: the route's own; {@code weight}: 1. */
    record Written(
            @Nullable String group,
            @Nullable String kind,
            @Nullable String namespace,
            String name,
            @Nullable Integer port,
            @Nullable Integer weight) {
        int share() {
            return weight == null ? 1 : weight;
        }
    }

    private final ServiceMapping services;
    private final ReferenceGrants grants;
    private final Verdicts verdicts;

    BackendRefs(ServiceMapping services, ReferenceGrants grants, Verdicts verdicts) {
        this.services = services;
        this.grants = grants;
        this.verdicts = verdicts;
    }

    /** Null, and told, when it leads nowhere. */
    @Nullable
    Target resolve(ObjectRef route, Written ref) {
        String protocol = route.kind().equals("UDPRoute") ? "UDP" : "TCP";
        String kind = ref.kind == null ? "Service" : ref.kind;
        String namespace = ref.namespace == null ? route.namespace() : ref.namespace;
        ObjectRef to = new ObjectRef(kind, namespace, ref.name);
        if (!kind.equals("Service") || !(ref.group == null || ref.group.isEmpty()))
            return refused(route, "InvalidKind", to + " is no Service");
        if (!grants.allow("gateway.networking.k8s.io", route, "", to))
            return refused(route, "RefNotPermitted", "no ReferenceGrant in " + namespace + " allows " + to);
        ServiceApp app = services.find(namespace, ref.name);
        if (app == null) return refused(route, "BackendNotFound", to + " does not exist, or is not served");
        ServicePort port = ref.port == null ? null : app.port(ref.port, protocol);
        if (port == null) return refused(route, "BackendNotFound", to + " has no " + protocol + " port " + ref.port);
        if (app.internalPort(port) == 0 && app.ports().size() > 1)
            return refused(route, "UnsupportedProtocol", "port " + ref.port + " of " + to + " is not served");
        return new Target(app, port, ref.share());
    }

    private @Nullable Target refused(ObjectRef route, String reason, String message) {
        verdicts.refused(route, "", Verdicts.RESOLVED_REFS, reason, message, Code.K8S_002);
        return null;
    }
}
