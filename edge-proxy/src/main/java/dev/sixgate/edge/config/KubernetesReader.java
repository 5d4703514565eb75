package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.source.SourceException;
import dev.sixgate.edge.source.SourceSettings;
import dev.sixgate.k8s.Ipv6Range;
import dev.sixgate.k8s.MappingSettings;
import dev.sixgate.k8s.MappingSettings.NetworkPolicies;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code kubernetes}: a cluster whose objects are documents. */
final class KubernetesReader {
    private static final String CONTROLLER = "sixgate.internal/gateway-controller";

    private final Scope scope;
    private final Problems problems;

    KubernetesReader(Scope scope) {
        this.scope = scope;
        this.problems = scope.problems();
    }

    /**
     * Asks the cluster for its documents.
     *
     * @param networks where endpoints may live; none: in {@code fdaa::/16}
     */
    void read(Fields top, Collection<Ipv6Prefix> networks, DocumentChoice choice) {
        Fields fields = top.object("kubernetes", KeyCatalogue.KUBERNETES).orElse(null);
        if (fields == null) return;
        MappingSettings plain = MappingSettings.DEFAULT;
        String gatewayClass = name(fields, "gateway_class", plain.gatewayClass());
        String controller = name(fields, "controller_name", CONTROLLER);
        fields.word("ip_family_policy", List.of("SingleStack"), List.of());
        boolean fly = !fields.has("fly_annotations") || fields.flag("fly_annotations");
        List<Ipv6Range> accepted = networks.isEmpty()
                ? plain.accepted()
                : networks.stream()
                        .map(prefix -> Ipv6Range.parse(prefix.toString()))
                        .toList();
        MappingSettings mapping = new MappingSettings(
                gatewayClass,
                name(fields, "ingress_class", gatewayClass),
                namespaceLabels(fields),
                accepted,
                fly,
                plain.privateAddresses(),
                networkPolicies(fields));
        Path kubeconfig = kubeconfig(fields);
        if (problems.hasErrors()) return; // so that a cluster is not followed by half of what was meant
        try {
            choice.ask(new SourceSettings.Kubernetes(kubeconfig, controller, mapping, scope.folder()));
        } catch (SourceException e) {
            problems.error(Code.JSON_006, top.spot("kubernetes"), "the cluster " + Quoted.bare(e.sentence()));
        }
    }

    private static NetworkPolicies networkPolicies(Fields fields) {
        String word = fields.word("network_policy", List.of("enforce", "audit", "off"), List.of());
        return word == null ? NetworkPolicies.ENFORCE : NetworkPolicies.valueOf(word.toUpperCase(Locale.ROOT));
    }

    private String name(Fields fields, String key, String otherwise) {
        JsonText node = fields.textNode(key);
        if (node == null) return otherwise;
        if (node.text().matches("[a-z0-9]([a-z0-9./-]{0,251}[a-z0-9])?")) return node.text();
        problems.error(
                Code.JSON_010,
                node.spot(),
                Quoted.of(node.text()) + " cannot be a name in Kubernetes",
                "\"sixgate\", say");
        return otherwise;
    }

    private Map<String, String> namespaceLabels(Fields fields) {
        Map<String, String> labels = new LinkedHashMap<>();
        Fields namespaces =
                fields.object("namespaces", KeyCatalogue.KUBERNETES_NAMESPACES).orElse(null);
        JsonText selector = namespaces == null ? null : namespaces.textNode("label_selector");
        if (selector == null) return labels;
        for (String part : selector.text().split(",", -1)) {
            String[] pair = part.strip().split("==?", 2);
            if (pair.length == 2
                    && pair[0].matches("[A-Za-z0-9./_-]{1,317}")
                    && pair[1].matches("[A-Za-z0-9._-]{0,63}")) labels.put(pair[0], pair[1]);
            else {
                problems.error(
                        Code.JSON_010,
                        selector.spot(),
                        Quoted.of(part.strip()) + " is not a label and its value",
                        "\"sixgate=on\", or several with commas");
                break;
            }
        }
        return labels;
    }

    private @Nullable Path kubeconfig(Fields fields) {
        JsonText written = fields.textNode("kubeconfig");
        if (written == null) return null;
        byte[] _ =
                scope.read(written.text(), written.spot(), 1 << 20, "without it the service account of a pod is used");
        return scope.path(written.text(), written.spot());
    }
}
