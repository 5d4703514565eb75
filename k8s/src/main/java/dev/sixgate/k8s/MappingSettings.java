package dev.sixgate.k8s;

import java.util.List;
import java.util.Map;

/**
 * What the operator says about a cluster.
 *
 * @param gatewayClass of the Gateways that are ours
 * @param ingressClass of the Ingresses that are ours
 * @param namespaceLabels a namespace is followed when it has all of them; empty: every namespace is
 * @param accepted where endpoints may live: a cluster must not be able to send the edge anywhere
 * @param flyAnnotations whether {@code service.fly.io/…} means something
 * @param privateAddresses whether a ClusterIP is served inside the mesh
 * @param networkPolicies how NetworkPolicies are taken
 */
public record MappingSettings(
        String gatewayClass,
        String ingressClass,
        Map<String, String> namespaceLabels,
        List<Ipv6Range> accepted,
        boolean flyAnnotations,
        boolean privateAddresses,
        NetworkPolicies networkPolicies) {
    public static final MappingSettings DEFAULT = new MappingSettings(
            "sixgate", "sixgate", Map.of(), List.of(Ipv6Range.parse("fdaa::/16")), true, true, NetworkPolicies.ENFORCE);

    /** What NetworkPolicies amount to. */
    public enum NetworkPolicies {
        ENFORCE,
        AUDIT,
        OFF
    }

    public MappingSettings {
        namespaceLabels = Map.copyOf(namespaceLabels);
        accepted = List.copyOf(accepted);
        if (accepted.isEmpty())
            throw new IllegalArgumentException("accepted is empty, so no endpoint could be served; give fdaa::/16");
    }
}
