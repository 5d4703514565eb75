package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Code;
import dev.sixgate.k8s.Ipv6Range;
import dev.sixgate.k8s.ObjectRef;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.networking.v1.IPBlock;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import java.net.Inet6Address;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Peers of NetworkPolicies as parties of {@code policies}. Edges are no pods of the cluster: they count as pods labelled
 * {@code sixgate-role: edge} of a namespace labelled so.
 */
final class PolicyPeers {
    static final Map<String, String> EDGE = Map.of("sixgate-role", "edge");

    private final Scope scope;
    /** By namespace; those that have an address of the mesh. */
    private final Map<String, List<Pod>> pods = new LinkedHashMap<>();

    private final Map<String, Map<String, String>> namespaces = new LinkedHashMap<>();

    PolicyPeers(Scope scope) {
        this.scope = scope;
        for (Namespace namespace : scope.objects().all(Namespace.class)) {
            String name = namespace.getMetadata().getName();
            namespaces.put(name, scope.labels(name));
        }
        for (Pod pod : scope.objects().all(Pod.class)) {
            if (address(pod) == null) continue;
            String namespace = pod.getMetadata().getNamespace();
            namespaces.putIfAbsent(namespace, scope.labels(namespace));
            pods.computeIfAbsent(namespace, _ -> new ArrayList<>()).add(pod);
        }
    }

    /** Of a namespace; those of the host's network are not selected, as nothing tells their flows from the host's. */
    List<Pod> pods(String namespace, @Nullable LabelSelector selector) {
        return pods.getOrDefault(namespace, List.of()).stream()
                .filter(pod -> selector == null || Selectors.matches(selector, labels(pod)))
                .toList();
    }

    List<String> addresses(List<Pod> some) {
        return some.stream().map(pod -> String.valueOf(address(pod))).distinct().toList();
    }

    /** @param peers null or empty: anyone */
    List<Map<String, Object>> from(ObjectRef ref, @Nullable List<NetworkPolicyPeer> peers) {
        return parties(ref, peers, true);
    }

    /** As {@link #from}, of destinations. */
    List<Map<String, Object>> to(ObjectRef ref, @Nullable List<NetworkPolicyPeer> peers) {
        return parties(ref, peers, false);
    }

    /** Pods alone. */
    List<Pod> podsOf(ObjectRef ref, @Nullable List<NetworkPolicyPeer> peers) {
        if (peers == null || peers.isEmpty())
            return pods.values().stream().flatMap(List::stream).toList();
        Set<Pod> all = new LinkedHashSet<>();
        for (NetworkPolicyPeer peer : peers) if (peer.getIpBlock() == null) all.addAll(pods(ref, peer));
        return List.copyOf(all);
    }

    private List<Map<String, Object>> parties(ObjectRef ref, @Nullable List<NetworkPolicyPeer> peers, boolean ingress) {
        if (peers == null || peers.isEmpty()) return List.of(Json.object());
        List<Map<String, Object>> parties = new ArrayList<>();
        for (NetworkPolicyPeer peer : peers) {
            if (peer.getIpBlock() != null) {
                Map<String, Object> block = block(ref, peer.getIpBlock(), ingress);
                if (block != null) parties.add(block);
                continue;
            }
            List<String> addresses = addresses(pods(ref, peer));
            if (!addresses.isEmpty()) parties.add(Json.object("cidr", addresses));
            if (namesEdges(peer)) parties.add(Json.object("edge", "*"));
        }
        return parties;
    }

    private List<Pod> pods(ObjectRef ref, NetworkPolicyPeer peer) {
        LabelSelector selector = peer.getNamespaceSelector();
        if (selector == null) return pods(ref.namespace(), peer.getPodSelector());
        return namespaces.entrySet().stream()
                .filter(namespace -> Selectors.matches(selector, namespace.getValue()))
                .flatMap(namespace -> pods(namespace.getKey(), peer.getPodSelector()).stream())
                .toList();
    }

    private boolean namesEdges(NetworkPolicyPeer peer) {
        LabelSelector selector = peer.getNamespaceSelector();
        if (selector == null || peer.getPodSelector() != null && !Selectors.matches(peer.getPodSelector(), EDGE))
            return false;
        return Selectors.matches(selector, EDGE)
                || namespaces.values().stream()
                        .anyMatch(labels ->
                                labels.entrySet().containsAll(EDGE.entrySet()) && Selectors.matches(selector, labels));
    }

    private @Nullable Map<String, Object> block(ObjectRef ref, IPBlock block, boolean ingress) {
        String cidr = String.valueOf(block.getCidr());
        if (cidr.indexOf(':') < 0) {
            if (!ingress) {
                partial(ref, "Unsupported", "ipBlock on egress to " + cidr + " cannot match on an IPv6 mesh");
                return null;
            }
            partial(ref, "Approximated", "ipBlock " + cidr + " is compared with public clients as the edge sees them");
        }
        Map<String, Object> party = Json.object("cidr", cidr);
        if (block.getExcept() != null && !block.getExcept().isEmpty()) party.put("except", block.getExcept());
        return party;
    }

    private void partial(ObjectRef ref, String reason, String sentence) {
        scope.verdicts().partial(ref, "", reason, sentence, Code.K8S_002);
    }

    private static Map<String, String> labels(Pod pod) {
        Map<String, String> labels = pod.getMetadata().getLabels();
        return labels == null ? Map.of() : labels;
    }

    /** Its first IPv6 address within the accepted ranges; null while it has none, and once it is over. */
    private @Nullable String address(Pod pod) {
        PodStatus status = pod.getStatus();
        boolean ofHost =
                pod.getSpec() != null && Boolean.TRUE.equals(pod.getSpec().getHostNetwork());
        if (status == null || ofHost) return null;
        if ("Succeeded".equals(status.getPhase()) || "Failed".equals(status.getPhase())) return null;
        List<String> all = new ArrayList<>();
        if (status.getPodIP() != null) all.add(status.getPodIP());
        if (status.getPodIPs() != null) for (PodIP each : status.getPodIPs()) all.add(String.valueOf(each.getIp()));
        for (String text : all) {
            Inet6Address address = Ipv6Range.address(text);
            if (address != null && scope.settings().accepted().stream().anyMatch(range -> range.contains(address)))
                return Ipv6Range.text(address);
        }
        return null;
    }
}
