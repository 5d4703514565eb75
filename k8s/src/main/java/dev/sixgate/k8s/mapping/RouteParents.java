package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Code;
import dev.sixgate.k8s.ObjectRef;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.AllowedRoutes;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ParentReference;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteGroupKind;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteNamespaces;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which listeners a route of any kind attaches to, and by which host names. */
final class RouteParents {
    /** @param hostname empty: any */
    record Attachment(Listener listener, String hostname) {}

    private final Scope scope;
    private final GatewayMapping gateways;

    RouteParents(Scope scope, GatewayMapping gateways) {
        this.scope = scope;
        this.gateways = gateways;
    }

    /** Tells for each parent whether it took the route. */
    List<Attachment> attach(
            ObjectRef route, @Nullable List<ParentReference> parents, @Nullable List<String> hostnames) {
        List<Attachment> attachments = new ArrayList<>();
        if (parents != null)
            for (ParentReference parent : parents) attachments.addAll(attach(route, parent, hostnames));
        return attachments.stream().distinct().toList();
    }

    private List<Attachment> attach(ObjectRef route, ParentReference parent, @Nullable List<String> hostnames) {
        if (parent.getKind() != null && !parent.getKind().equals("Gateway")) return List.of(); // another controller's
        String namespace = parent.getNamespace() == null ? route.namespace() : parent.getNamespace();
        List<Listener> listeners = gateways.of(namespace, parent.getName());
        if (listeners == null) return List.of(); // not of our class, or not there yet: not ours to judge
        String name = scopeOf(namespace, parent);
        List<Listener> named = listeners.stream()
                .filter(one -> parent.getSectionName() == null
                        || parent.getSectionName().equals(one.name()))
                .filter(one -> parent.getPort() == null || parent.getPort() == one.port())
                .toList();
        if (named.isEmpty())
            return refused(route, name, "NoMatchingParent", "no listener that is served is meant by it");
        List<Listener> allowing = named.stream()
                .filter(one -> one.kind().takes(route.kind()) && allows(one, route))
                .toList();
        if (allowing.isEmpty())
            return refused(
                    route,
                    name,
                    "NotAllowedByListeners",
                    "its listeners do not take " + route.kind() + "s of namespace " + route.namespace());
        List<Attachment> attachments = new ArrayList<>();
        for (Listener listener : allowing)
            for (String hostname : Hostnames.shared(listener.hostname(), hostnames))
                attachments.add(new Attachment(listener, hostname));
        if (attachments.isEmpty())
            return refused(route, name, "NoMatchingListenerHostname", "no host name is in both route and listener");
        scope.verdicts().good(route, name, Verdicts.ACCEPTED, "");
        return attachments;
    }

    /** Such as {@code default/public/https}. */
    static String scopeOf(String namespace, ParentReference parent) {
        return namespace + "/" + parent.getName()
                + (parent.getSectionName() == null ? "" : "/" + parent.getSectionName())
                + (parent.getPort() == null ? "" : ":" + parent.getPort());
    }

    private boolean allows(Listener listener, ObjectRef route) {
        AllowedRoutes allowed = listener.allowed();
        List<RouteGroupKind> kinds = allowed == null || allowed.getKinds() == null ? List.of() : allowed.getKinds();
        if (!kinds.isEmpty() && kinds.stream().noneMatch(kind -> route.kind().equals(kind.getKind()))) return false;
        RouteNamespaces namespaces = allowed == null ? null : allowed.getNamespaces();
        return switch (namespaces == null || namespaces.getFrom() == null ? "Same" : namespaces.getFrom()) {
            case "All" -> true;
            case "Selector" -> namespaces != null && selects(namespaces.getSelector(), scope.labels(route.namespace()));
            default -> listener.gateway().namespace().equals(route.namespace());
        };
    }

    private static boolean selects(@Nullable LabelSelector selector, Map<String, String> labels) {
        return selector != null && Selectors.matches(selector, labels);
    }

    private List<Attachment> refused(ObjectRef route, String parent, String reason, String message) {
        scope.verdicts().refused(route, parent, Verdicts.ACCEPTED, reason, message, Code.K8S_002);
        return List.of();
    }
}
