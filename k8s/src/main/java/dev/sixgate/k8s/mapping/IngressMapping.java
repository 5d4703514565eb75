package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Code;
import dev.sixgate.k8s.ObjectRef;
import dev.sixgate.k8s.mapping.BackendRefs.Written;
import dev.sixgate.k8s.mapping.HttpHosts.Place;
import dev.sixgate.k8s.mapping.HttpRule.Target;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.networking.v1.HTTPIngressPath;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.IngressBackend;
import io.fabric8.kubernetes.api.model.networking.v1.IngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.IngressServiceBackend;
import io.fabric8.kubernetes.api.model.networking.v1.IngressTLS;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Ingresses of our class: port 80, and 443 for the hosts that {@code tls} lists. */
final class IngressMapping {
    private static final String CLASS_ANNOTATION = "kubernetes.io/ingress.class";

    private final Scope scope;
    private final PortClaims claims;
    private final BackendRefs backends;
    private final ServiceMapping services;

    IngressMapping(Scope scope, PortClaims claims, BackendRefs backends, ServiceMapping services) {
        this.scope = scope;
        this.claims = claims;
        this.backends = backends;
        this.services = services;
    }

    boolean isOurs(Ingress ingress) {
        Map<String, String> annotations = ingress.getMetadata().getAnnotations();
        String name = ingress.getSpec() == null ? null : ingress.getSpec().getIngressClassName();
        if (name == null && annotations != null) name = annotations.get(CLASS_ANNOTATION);
        return scope.settings().ingressClass().equals(name);
    }

    /** Claims its ports. */
    void open(Ingress ingress) {
        ObjectRef ref = ObjectRef.of(ingress);
        claims.speak(ref, "tcp", 80, Listener.Kind.HTTP.speech());
        if (!tlsHosts(ingress).isEmpty()) claims.speak(ref, "tcp", 443, Listener.Kind.HTTPS.speech());
    }

    void add(Ingress ingress, HttpHosts hosts) {
        ObjectRef ref = ObjectRef.of(ingress);
        Map<String, List<HttpRule>> byHost = new LinkedHashMap<>();
        if (ingress.getSpec().getRules() != null)
            for (IngressRule rule : ingress.getSpec().getRules())
                if (rule.getHttp() != null)
                    for (HTTPIngressPath path : rule.getHttp().getPaths())
                        rule(ref, byHost, rule.getHost(), path.getPath(), path.getPathType(), path.getBackend());
        IngressBackend otherwise = ingress.getSpec().getDefaultBackend();
        if (otherwise != null) {
            byHost.computeIfAbsent("", _ -> new ArrayList<>());
            for (String host : List.copyOf(byHost.keySet())) rule(ref, byHost, host, "/", "Prefix", otherwise);
        }
        Set<String> secure = tlsHosts(ingress);
        byHost.forEach((host, rules) -> {
            List<Place> places = new ArrayList<>();
            if (speaks(ref, 80, false)) places.add(new Place(80, false, host));
            if ((secure.contains(host) || secure.contains("")) && speaks(ref, 443, true))
                places.add(new Place(443, true, host));
            hosts.add(ref, places, rules);
        });
        scope.verdicts().good(ref, "", Verdicts.ACCEPTED, "");
    }

    private boolean speaks(ObjectRef ref, int port, boolean tls) {
        String words = (tls ? Listener.Kind.HTTPS : Listener.Kind.HTTP).speech();
        ObjectRef other = claims.speak(ref, "tcp", port, words);
        if (other != null) unsupported(ref, "port " + port + " speaks something else: it is " + other + "'s already");
        return other == null;
    }

    /** Empty text among them: all. */
    private static Set<String> tlsHosts(Ingress ingress) {
        Set<String> hosts = new HashSet<>();
        List<IngressTLS> tls =
                ingress.getSpec() == null ? null : ingress.getSpec().getTls();
        if (tls != null)
            for (IngressTLS each : tls)
                if (each.getHosts() == null || each.getHosts().isEmpty()) hosts.add("");
                else each.getHosts().forEach(host -> hosts.add(host.toLowerCase(Locale.ROOT)));
        return hosts;
    }

    private void rule(
            ObjectRef ref,
            Map<String, List<HttpRule>> byHost,
            @Nullable String host,
            @Nullable String path,
            @Nullable String type,
            IngressBackend backend) {
        List<HttpRule> rules =
                byHost.computeIfAbsent(host == null ? "" : host.toLowerCase(Locale.ROOT), _ -> new ArrayList<>());
        try {
            // ImplementationSpecific is ours to say.
            Map<String, Object> match = Json.object(
                    "path",
                    HttpMatches.path(
                            "Exact".equals(type) ? "Exact" : HttpMatches.PREFIX,
                            path == null || path.isEmpty() ? "/" : path));
            rules.add(new HttpRule(
                    ref, ref.name() + "-" + (rules.size() + 1), List.of(match), Map.of(), targets(ref, backend)));
        } catch (Unsupported e) {
            unsupported(ref, e.sentence());
        }
    }

    private List<Target> targets(ObjectRef ref, IngressBackend backend) {
        IngressServiceBackend service = backend.getService();
        if (service == null || service.getPort() == null) {
            unsupported(ref, "a backend that is no Service's port is not served: its requests get 500");
            return List.of();
        }
        Integer number = service.getPort().getNumber();
        if (number == null)
            number =
                    number(ref.namespace(), service.getName(), service.getPort().getName());
        Written written = new Written(null, null, null, service.getName(), number, null);
        return Target.live(List.of(Target.of(backends.resolve(ref, written), null)));
    }

    private @Nullable Integer number(String namespace, String service, @Nullable String portName) {
        ServiceApp app = services.find(namespace, service);
        ServicePort port = app == null || portName == null ? null : app.port(portName);
        return port == null ? null : port.getPort();
    }

    private void unsupported(ObjectRef ref, String sentence) {
        scope.verdicts().partial(ref, "", "UnsupportedValue", sentence, Code.K8S_002);
    }
}
