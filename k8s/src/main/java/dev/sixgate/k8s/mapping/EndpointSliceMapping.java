package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Code;
import dev.sixgate.k8s.Ipv6Range;
import dev.sixgate.k8s.KubernetesObjects;
import dev.sixgate.k8s.ObjectRef;
import dev.sixgate.k8s.mapping.Endpoints.Member;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.net.Inet6Address;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** EndpointSlices of a Service, merged: ready endpoints or, where there is none, those that still serve while they end. */
final class EndpointSliceMapping {
    static final String SERVICE_NAME = "kubernetes.io/service-name";
    private static final String IPV6 = "IPv6";

    private final List<Ipv6Range> accepted;
    private final Verdicts verdicts;
    private final Map<String, List<EndpointSlice>> byService = new HashMap<>();

    EndpointSliceMapping(KubernetesObjects objects, List<Ipv6Range> accepted, Verdicts verdicts) {
        this.accepted = accepted;
        this.verdicts = verdicts;
        for (EndpointSlice slice : objects.all(EndpointSlice.class)) {
            Map<String, String> labels = slice.getMetadata().getLabels();
            String service = labels == null ? null : labels.get(SERVICE_NAME);
            if (service != null)
                byService
                        .computeIfAbsent(slice.getMetadata().getNamespace() + "/" + service, _ -> new ArrayList<>())
                        .add(slice);
        }
    }

    Endpoints of(Service service) {
        Map<String, Member> ready = new TreeMap<>();
        Map<String, Member> ending = new TreeMap<>();
        for (EndpointSlice slice : byService.getOrDefault(ObjectRef.of(service).path(), List.of())) {
            if (!IPV6.equals(slice.getAddressType())) {
                ObjectRef ref = ObjectRef.of(slice);
                verdicts.refused(
                        ref,
                        "",
                        Verdicts.ACCEPTED,
                        "UnsupportedIPFamily",
                        ref + " has addressType " + slice.getAddressType() + "; sixgate serves IPv6 endpoints only",
                        Code.K8S_001);
                continue;
            }
            Map<String, Integer> ports = ports(slice);
            for (Endpoint endpoint : slice.getEndpoints()) {
                Map<String, Member> where = isReady(endpoint) ? ready : isEnding(endpoint) ? ending : null;
                Member member = where == null ? null : member(slice, endpoint, ports);
                if (where != null && member != null) where.putIfAbsent(member.address(), member);
            }
        }
        return new Endpoints(named(ready.isEmpty() ? ending : ready));
    }

    private static boolean isReady(Endpoint endpoint) {
        EndpointConditions conditions = endpoint.getConditions();
        return conditions == null
                || !Boolean.FALSE.equals(conditions.getReady()); // absent: unknown, which counts as ready
    }

    private static boolean isEnding(Endpoint endpoint) {
        EndpointConditions conditions = endpoint.getConditions();
        return Boolean.TRUE.equals(conditions.getServing()) && Boolean.TRUE.equals(conditions.getTerminating());
    }

    private static Map<String, Integer> ports(EndpointSlice slice) {
        Map<String, Integer> ports = new HashMap<>();
        if (slice.getPorts() != null)
            for (EndpointPort port : slice.getPorts())
                if (port.getPort() != null) ports.put(port.getName() == null ? "" : port.getName(), port.getPort());
        return ports;
    }

    private @Nullable Member member(EndpointSlice slice, Endpoint endpoint, Map<String, Integer> ports) {
        if (endpoint.getAddresses() == null || endpoint.getAddresses().isEmpty()) return null;
        String written = endpoint.getAddresses().getFirst(); // the others are the same endpoint's
        Inet6Address address = Ipv6Range.address(written);
        if (address == null || accepted.stream().noneMatch(range -> range.contains(address))) {
            verdicts.partial(
                    ObjectRef.of(slice),
                    "",
                    "AddressNotAccepted",
                    "endpoint " + written + " is not inside " + accepted + "; it is left out",
                    Code.ADDR_002);
            return null;
        }
        var target = endpoint.getTargetRef();
        boolean pod = target != null && "Pod".equals(target.getKind()) && target.getName() != null;
        return new Member(pod ? target.getName() : "", Ipv6Range.text(address), ports);
    }

    /** A pod that has two addresses gives its name to the first. */
    private static List<Member> named(Map<String, Member> members) {
        Set<String> pods = new HashSet<>();
        return members.values().stream()
                .map(member -> member.pod().isEmpty() || pods.add(member.pod())
                        ? member
                        : new Member("", member.address(), member.ports()))
                .toList();
    }
}
