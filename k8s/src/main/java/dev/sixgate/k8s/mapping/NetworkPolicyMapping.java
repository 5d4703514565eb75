package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Code;
import dev.sixgate.k8s.Document;
import dev.sixgate.k8s.MappingSettings.NetworkPolicies;
import dev.sixgate.k8s.ObjectRef;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * NetworkPolicies as {@code policies}, selectors resolved to the addresses of the pods that there are. Selecting pods without allowing
 * anything closes them, in the directions of {@code policyTypes}.
 */
final class NetworkPolicyMapping {
    /** One document. */
    record PolicyDocument(ObjectRef origin, List<Map<String, Object>> policies) {
        Document document() {
            return Document.of(Names.document(origin), Json.text(Json.object("policies", policies)), origin);
        }
    }

    /** A rule of either direction. */
    private record Rule(@Nullable List<NetworkPolicyPeer> peers, List<NetworkPolicyPort> ports) {}

    private final Scope scope;
    private final Verdicts verdicts;
    private final PolicyPeers peers;
    private final List<PolicyDocument> documents = new ArrayList<>();

    NetworkPolicyMapping(Scope scope) {
        this.scope = scope;
        this.verdicts = scope.verdicts();
        this.peers = new PolicyPeers(scope);
    }

    List<PolicyDocument> documents() {
        return documents;
    }

    void add(NetworkPolicy policy) {
        NetworkPolicySpec spec = policy.getSpec();
        if (spec == null || scope.settings().networkPolicies() == NetworkPolicies.OFF) return;
        ObjectRef ref = ObjectRef.of(policy);
        List<Pod> subjects = peers.pods(ref.namespace(), spec.getPodSelector());
        List<String> types = types(spec);
        for (String type : types)
            if (!type.equals("Ingress") && !type.equals("Egress"))
                refused(ref, "policyTypes: " + type + " is neither Ingress nor Egress");
        verdicts.good(
                ref, "", Verdicts.ACCEPTED, "selects " + subjects.size() + " pods for " + String.join(" and ", types));
        List<Map<String, Object>> policies = new ArrayList<>();
        if (types.contains("Ingress")) ingress(ref, subjects, spec.getIngress(), policies);
        if (types.contains("Egress")) egress(ref, subjects, spec.getEgress(), policies);
        if (!policies.isEmpty()) documents.add(new PolicyDocument(ref, policies));
    }

    /** Without {@code policyTypes} ingress always, and egress where there are rules for it. */
    private static List<String> types(NetworkPolicySpec spec) {
        List<String> types = spec.getPolicyTypes();
        if (types != null && !types.isEmpty()) return types;
        return spec.getEgress() == null || spec.getEgress().isEmpty()
                ? List.of("Ingress")
                : List.of("Ingress", "Egress");
    }

    /** Names of ports are the subjects' own: pods that mean different numbers by them get a policy each. */
    private void ingress(
            ObjectRef ref,
            List<Pod> subjects,
            @Nullable List<NetworkPolicyIngressRule> written,
            List<Map<String, Object>> policies) {
        List<Rule> rules = new ArrayList<>();
        if (written != null)
            for (NetworkPolicyIngressRule rule : written)
                rules.add(new Rule(rule.getFrom(), rule.getPorts() == null ? List.of() : rule.getPorts()));
        TreeSet<String> names = new TreeSet<>();
        for (Rule rule : rules)
            for (NetworkPolicyPort port : rule.ports)
                if (PolicyPorts.name(port) instanceof String name) names.add(name);
        Map<List<Integer>, List<Pod>> alike = new LinkedHashMap<>();
        for (Pod pod : subjects)
            alike.computeIfAbsent(
                            names.stream()
                                    .map(name -> PolicyPorts.number(pod, name))
                                    .toList(),
                            _ -> new ArrayList<>())
                    .add(pod);
        alike.forEach((_, pods) -> {
            List<Map<String, Object>> allow = new ArrayList<>();
            for (Rule rule : rules) {
                List<Map<String, Object>> ports = ports(ref, rule, pods.getFirst());
                if (ports == null) continue;
                for (Map<String, Object> party : peers.from(ref, rule.peers)) allow.add(with(party, ports));
            }
            policies.add(policy(ref, "ingress", policies.size(), "to", pods, allow));
        });
    }

    /** Names of ports are the peers' own: each peer that has such a port gets a rule with its number. */
    private void egress(
            ObjectRef ref,
            List<Pod> subjects,
            @Nullable List<NetworkPolicyEgressRule> written,
            List<Map<String, Object>> policies) {
        if (subjects.isEmpty()) return;
        List<Map<String, Object>> allow = new ArrayList<>();
        if (written != null)
            for (NetworkPolicyEgressRule each : written) {
                Rule rule = new Rule(each.getTo(), each.getPorts() == null ? List.of() : each.getPorts());
                List<Map<String, Object>> ports = ports(ref, rule, null);
                if (ports != null)
                    for (Map<String, Object> party : peers.to(ref, rule.peers)) allow.add(with(party, ports));
                for (NetworkPolicyPort port : rule.ports)
                    if (PolicyPorts.name(port) instanceof String name) named(ref, rule, port, name, allow);
            }
        policies.add(policy(ref, "egress", 0, "from", subjects, allow));
    }

    private void named(ObjectRef ref, Rule rule, NetworkPolicyPort port, String name, List<Map<String, Object>> allow) {
        Map<Integer, List<Pod>> byNumber = new LinkedHashMap<>();
        for (Pod pod : peers.podsOf(ref, rule.peers))
            if (PolicyPorts.number(pod, name) != 0)
                byNumber.computeIfAbsent(PolicyPorts.number(pod, name), _ -> new ArrayList<>())
                        .add(pod);
        byNumber.forEach((number, pods) ->
                allow.add(with(Json.object("cidr", peers.addresses(pods)), List.of(PolicyPorts.of(port, number)))));
    }

    /**
     * @param pod whose names of ports count; null: those with names are left to others
     * @return empty: every port; null: none that can be served
     */
    private @Nullable List<Map<String, Object>> ports(ObjectRef ref, Rule rule, @Nullable Pod pod) {
        List<Map<String, Object>> ports = new ArrayList<>();
        for (NetworkPolicyPort port : rule.ports) {
            String trouble = PolicyPorts.trouble(port);
            if (trouble != null) {
                refused(ref, trouble);
                continue;
            }
            String name = PolicyPorts.name(port);
            int number = name == null || pod == null ? 0 : PolicyPorts.number(pod, name);
            if (name == null) ports.add(PolicyPorts.of(port));
            else if (number != 0) ports.add(PolicyPorts.of(port, number));
        }
        return ports.isEmpty() && !rule.ports.isEmpty() ? null : ports;
    }

    private static Map<String, Object> with(Map<String, Object> party, List<Map<String, Object>> ports) {
        Map<String, Object> allow = new LinkedHashMap<>(party);
        if (!ports.isEmpty()) allow.put("ports", ports);
        return allow;
    }

    private Map<String, Object> policy(
            ObjectRef ref, String direction, int index, String key, List<Pod> pods, List<Map<String, Object>> allow) {
        String name = ref.name() + "." + ref.namespace() + "." + direction + (index == 0 ? "" : "-" + (index + 1));
        Map<String, Object> policy = Json.object("name", Names.bounded(name));
        if (scope.settings().networkPolicies() == NetworkPolicies.AUDIT) policy.put("mode", "audit");
        policy.put(key, Json.object("cidr", peers.addresses(pods)));
        policy.put("allow", allow);
        return policy;
    }

    private void refused(ObjectRef ref, String sentence) {
        verdicts.partial(ref, "", "Unsupported", sentence, Code.K8S_002);
    }
}
