package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Code;
import dev.sixgate.k8s.ObjectRef;
import dev.sixgate.k8s.mapping.Listener.Kind;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.Gateway;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.SecretObjectReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gateways of our class: listeners that routes may attach to. They amount to no document of their own. */
final class GatewayMapping {
    private final Scope scope;
    private final PortClaims claims;
    private final ReferenceGrants grants;
    private final Map<ObjectRef, List<Listener>> listeners = new HashMap<>();

    GatewayMapping(Scope scope, PortClaims claims, ReferenceGrants grants) {
        this.scope = scope;
        this.claims = claims;
        this.grants = grants;
    }

    /** Those that are served; null: no such Gateway is ours. */
    @Nullable
    List<Listener> of(String namespace, String name) {
        return listeners.get(new ObjectRef("Gateway", namespace, name));
    }

    void open(Gateway gateway) {
        ObjectRef ref = ObjectRef.of(gateway);
        String className = gateway.getSpec() == null ? "" : gateway.getSpec().getGatewayClassName();
        if (!scope.settings().gatewayClass().equals(className)) {
            scope.verdicts()
                    .refused(
                            ref,
                            "",
                            Verdicts.ACCEPTED,
                            Verdicts.OTHER_CLASS,
                            "gatewayClassName is " + className + "; this edge follows "
                                    + scope.settings().gatewayClass(),
                            Code.K8S_002);
            return;
        }
        List<Listener> served = new ArrayList<>();
        for (var written : gateway.getSpec().getListeners()) {
            Listener listener = listener(ref, written);
            if (listener == null) continue;
            served.add(listener);
            certificates(
                    listener,
                    written.getTls() == null ? List.of() : written.getTls().getCertificateRefs());
        }
        listeners.put(ref, served);
        if (served.isEmpty())
            scope.verdicts()
                    .refused(ref, "", Verdicts.ACCEPTED, "ListenersNotValid", "no listener is served", Code.K8S_002);
        else scope.verdicts().good(ref, "", Verdicts.ACCEPTED, "");
    }

    private @Nullable Listener listener(
            ObjectRef gateway, io.fabric8.kubernetes.api.model.gatewayapi.v1.Listener written) {
        String name = written.getName() == null ? "" : written.getName();
        Kind kind = kind(written);
        if (kind == null) {
            refused(gateway, name, "UnsupportedProtocol", "protocol " + written.getProtocol() + " is not served");
            return null;
        }
        if (written.getPort() == null || written.getPort() < 1 || written.getPort() > 65535) {
            refused(gateway, name, "PortUnavailable", "port " + written.getPort() + " does not exist");
            return null;
        }
        String hostname =
                written.getHostname() == null ? "" : written.getHostname().toLowerCase(Locale.ROOT);
        Listener listener = new Listener(gateway, name, written.getPort(), kind, hostname, written.getAllowedRoutes());
        ObjectRef other = claims.speak(gateway, kind.transport(), listener.port(), kind.speech());
        if (other != null) {
            refused(
                    gateway,
                    name,
                    "ProtocolConflict",
                    "port " + listener.port() + " speaks something else already: it is " + other + "'s");
            return null;
        }
        scope.verdicts().good(gateway, name, Verdicts.ACCEPTED, "");
        return listener;
    }

    private static @Nullable Kind kind(io.fabric8.kubernetes.api.model.gatewayapi.v1.Listener written) {
        String mode = written.getTls() == null || written.getTls().getMode() == null
                ? "Terminate"
                : written.getTls().getMode();
        return switch (written.getProtocol() == null ? "" : written.getProtocol()) {
            case "HTTP" -> Kind.HTTP;
            case "HTTPS" -> mode.equals("Terminate") ? Kind.HTTPS : null;
            case "TLS" ->
                switch (mode) {
                    case "Terminate" -> Kind.TLS_TERMINATE;
                    case "Passthrough" -> Kind.TLS_PASSTHROUGH;
                    default -> null;
                };
            case "TCP" -> Kind.TCP;
            case "UDP" -> Kind.UDP;
            default -> null;
        };
    }

    /** Without its Secret a listener goes on with what certificates the edge has. */
    private void certificates(Listener listener, @Nullable List<SecretObjectReference> refs) {
        if (refs == null) return;
        for (SecretObjectReference ref : refs) {
            String namespace = ref.getNamespace() == null ? listener.gateway().namespace() : ref.getNamespace();
            String problem = problem(listener.gateway(), ref, namespace);
            String path = namespace + "/" + ref.getName();
            if (problem == null)
                scope.verdicts().good(listener.gateway(), listener.name(), Verdicts.RESOLVED_REFS, path);
            else
                scope.verdicts()
                        .refused(
                                listener.gateway(),
                                listener.name(),
                                Verdicts.RESOLVED_REFS,
                                problem.startsWith("no ReferenceGrant") ? "RefNotPermitted" : "InvalidCertificateRef",
                                "certificateRefs names Secret " + path + ": " + problem,
                                Code.K8S_002);
        }
    }

    private @Nullable String problem(ObjectRef gateway, SecretObjectReference ref, String namespace) {
        if (ref.getKind() != null && !ref.getKind().equals("Secret")) return "kind " + ref.getKind() + " is not read";
        if (!grants.allow("gateway.networking.k8s.io", gateway, "", new ObjectRef("Secret", namespace, ref.getName())))
            return "no ReferenceGrant in " + namespace + " allows it";
        Secret secret = scope.objects().get(Secret.class, namespace, ref.getName());
        if (secret == null) return "it does not exist";
        Map<String, String> data = secret.getData() == null ? Map.of() : secret.getData();
        return data.containsKey("tls.crt") && data.containsKey("tls.key") ? null : "it has no tls.crt and tls.key";
    }

    private void refused(ObjectRef gateway, String listener, String reason, String message) {
        scope.verdicts().refused(gateway, listener, Verdicts.ACCEPTED, reason, message, Code.K8S_002);
    }
}
