package dev.sixgate.k8s;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.Gateway;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ReferenceGrant;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TCPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.UDPRoute;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The kinds of objects that mean something to an edge. */
public enum Kinds {
    NAMESPACE(Namespace.class, "", "namespaces", "v1"),
    SERVICE(Service.class, "", "services", "v1"),
    POD(Pod.class, "", "pods", "v1"),
    ENDPOINT_SLICE(EndpointSlice.class, "discovery.k8s.io", "endpointslices", "v1"),
    SECRET(Secret.class, "", "secrets", "v1"),
    INGRESS(Ingress.class, "networking.k8s.io", "ingresses", "v1"),
    NETWORK_POLICY(NetworkPolicy.class, "networking.k8s.io", "networkpolicies", "v1"),
    GATEWAY(Gateway.class, Kinds.GATEWAY_API, "gateways", "v1", "v1beta1"),
    HTTP_ROUTE(HTTPRoute.class, Kinds.GATEWAY_API, "httproutes", "v1", "v1beta1"),
    GRPC_ROUTE(GRPCRoute.class, Kinds.GATEWAY_API, "grpcroutes", "v1"),
    TLS_ROUTE(TLSRoute.class, Kinds.GATEWAY_API, "tlsroutes", "v1", "v1alpha3", "v1alpha2"),
    TCP_ROUTE(TCPRoute.class, Kinds.GATEWAY_API, "tcproutes", "v1", "v1alpha2"),
    UDP_ROUTE(UDPRoute.class, Kinds.GATEWAY_API, "udproutes", "v1", "v1alpha2"),
    REFERENCE_GRANT(ReferenceGrant.class, Kinds.GATEWAY_API, "referencegrants", "v1", "v1beta1");

    private static final String GATEWAY_API = "gateway.networking.k8s.io";

    private final Class<? extends HasMetadata> type;
    private final String group;
    private final String plural;
    private final List<String> versions;

    /** @param versions with fields that are alike, newest first */
    Kinds(Class<? extends HasMetadata> type, String group, String plural, String... versions) {
        this.type = type;
        this.group = group;
        this.plural = plural;
        this.versions = List.of(versions);
    }

    public Class<? extends HasMetadata> type() {
        return type;
    }

    public String group() {
        return group;
    }

    /** As in URLs, such as {@code httproutes}. */
    public String plural() {
        return plural;
    }

    /** Newest first. */
    public List<String> versions() {
        return versions;
    }

    /** Such as {@code HTTPRoute}. */
    public String kind() {
        return type.getSimpleName();
    }

    /** Null: a kind that means nothing here, or a version of it that is not known. */
    public static @Nullable Kinds of(String apiVersion, String kind) {
        int slash = apiVersion.indexOf('/');
        String group = slash < 0 ? "" : apiVersion.substring(0, slash);
        String version = apiVersion.substring(slash + 1);
        for (Kinds each : values())
            if (each.kind().equals(kind) && each.group.equals(group) && each.versions.contains(version)) return each;
        return null;
    }
}
