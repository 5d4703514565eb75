package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.KubernetesObjects;
import dev.sixgate.k8s.ObjectRef;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ReferenceGrant;
import java.util.List;

/** Which references may leave their namespace: those that a ReferenceGrant at the other end allows. */
final class ReferenceGrants {
    private final List<ReferenceGrant> grants;

    ReferenceGrants(KubernetesObjects objects) {
        grants = objects.all(ReferenceGrant.class);
    }

    boolean allow(String fromGroup, ObjectRef from, String toGroup, ObjectRef to) {
        if (from.namespace().equals(to.namespace())) return true;
        return grants.stream()
                .filter(grant -> to.namespace().equals(grant.getMetadata().getNamespace()))
                .filter(grant -> grant.getSpec() != null)
                .anyMatch(grant -> grant.getSpec().getFrom().stream()
                                .anyMatch(one -> fromGroup.equals(one.getGroup())
                                        && from.kind().equals(one.getKind())
                                        && from.namespace().equals(one.getNamespace()))
                        && grant.getSpec().getTo().stream()
                                .anyMatch(one -> toGroup.equals(one.getGroup() == null ? "" : one.getGroup())
                                        && to.kind().equals(one.getKind())
                                        && (one.getName() == null
                                                || one.getName().equals(to.name()))));
    }
}
