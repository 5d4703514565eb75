package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Code;
import dev.sixgate.k8s.Ipv6Range;
import dev.sixgate.k8s.KubernetesObjects;
import dev.sixgate.k8s.MappingSettings;
import dev.sixgate.k8s.ObjectRef;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import java.net.Inet6Address;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Services: an app each. A ClusterIP is served inside the mesh, a LoadBalancer's ports are the edge's. */
final class ServiceMapping {
    private static final Set<String> HTTP_PROTOCOLS =
            Set.of("http", "kubernetes.io/h2c", "kubernetes.io/ws", "grpc", "kubernetes.io/grpc");
    private static final Set<String> H2C = Set.of("kubernetes.io/h2c", "grpc", "kubernetes.io/grpc");

    private final MappingSettings settings;
    private final Verdicts verdicts;
    private final PortClaims claims;
    private final Map<String, ServiceApp> apps = new LinkedHashMap<>();
    private final Map<ObjectRef, FlyAnnotations> annotations = new HashMap<>();
    private final Map<ServicePort, Map<String, Object>> opened = new IdentityHashMap<>();
    private final Set<String> grpc = new HashSet<>();

    ServiceMapping(KubernetesObjects objects, Scope scope, PortClaims claims) {
        this.settings = scope.settings();
        this.verdicts = scope.verdicts();
        this.claims = claims;
        EndpointSliceMapping slices = new EndpointSliceMapping(objects, settings.accepted(), verdicts);
        for (Service service : objects.all(Service.class)) {
            if (!scope.follows(service) || !isServed(service)) continue;
            FlyAnnotations fly = new FlyAnnotations(service, settings.flyAnnotations(), verdicts);
            ServiceApp app = new ServiceApp(service, slices.of(service), fly.concurrency());
            apps.put(app.ref().path(), app);
            annotations.put(app.ref(), fly);
        }
    }

    /** Null: there is none, or it is not served. */
    @Nullable
    ServiceApp find(String namespace, String name) {
        return apps.get(namespace + "/" + name);
    }

    /** A GRPCRoute leads there, so it speaks HTTP/2 whatever its appProtocol says. */
    void speaksGrpc(ServiceApp app, ServicePort port) {
        grpc.add(app.ref().path() + " " + port.getPort());
    }

    private boolean isServed(Service service) {
        ObjectRef ref = ObjectRef.of(service);
        ServiceSpec spec = service.getSpec();
        if (spec == null || "ExternalName".equals(spec.getType())) {
            verdicts.refused(
                    ref,
                    "",
                    Verdicts.ACCEPTED,
                    "UnsupportedValue",
                    ref + " has no endpoints inside the mesh: type ExternalName is not served",
                    Code.K8S_002);
            return false;
        }
        String family = family(spec);
        if (family == null) return true;
        verdicts.refused(
                ref,
                "",
                Verdicts.ACCEPTED,
                "UnsupportedIPFamily",
                ref + " is " + family + "; sixgate serves SingleStack IPv6 only",
                Code.K8S_001);
        return false;
    }

    /** What is wrong with it; null: SingleStack IPv6, or nothing is said (a manifest before the API server filled it in). */
    private static @Nullable String family(ServiceSpec spec) {
        String policy = spec.getIpFamilyPolicy();
        List<String> families = spec.getIpFamilies() == null ? List.of() : spec.getIpFamilies();
        if (!families.isEmpty() && !families.equals(List.of("IPv6"))) return "ipFamilies " + families;
        if (policy != null && !policy.equals("SingleStack")) return "ipFamilyPolicy " + policy;
        List<String> addresses = new ArrayList<>();
        if (spec.getClusterIP() != null) addresses.add(spec.getClusterIP());
        if (spec.getClusterIPs() != null) addresses.addAll(spec.getClusterIPs());
        for (String address : addresses)
            if (!address.isEmpty() && !address.equals("None") && Ipv6Range.address(address) == null)
                return "clusterIP " + address;
        return null;
    }

    /** The ClusterIP, served inside the mesh; null: none. A LoadBalancer's ports are the edge's, and cannot be both. */
    private @Nullable String privateAddress(ServiceApp app) {
        String written = app.service().getSpec().getClusterIP();
        if (!settings.privateAddresses() || written == null || isPublic(app.service())) return null;
        Inet6Address address = Ipv6Range.address(written);
        if (address == null) return null; // None: headless
        if (settings.accepted().stream().anyMatch(range -> range.contains(address))) return Ipv6Range.text(address);
        verdicts.partial(
                app.ref(),
                "",
                "AddressNotAccepted",
                "clusterIP " + written + " is not inside " + settings.accepted() + "; it is not served",
                Code.ADDR_002);
        return null;
    }

    private static boolean isPublic(Service service) {
        return "LoadBalancer".equals(service.getSpec().getType());
    }

    /** Claims the public ports of a LoadBalancer. */
    void open(Service service) {
        ServiceApp app = apps.get(ObjectRef.of(service).path());
        if (app == null || !isPublic(service)) return;
        List<String> ranges = service.getSpec().getLoadBalancerSourceRanges();
        if (ranges != null && !ranges.isEmpty()) {
            verdicts.partial(
                    app.ref(),
                    "",
                    "UnsupportedValue",
                    "loadBalancerSourceRanges cannot be kept yet, so no port is opened",
                    Code.K8S_002);
            return;
        }
        for (ServicePort port : app.ports()) open(app, port);
    }

    private void open(ServiceApp app, ServicePort port) {
        Map<String, Object> json = publicPort(app, port);
        if (json == null) return;
        String transport = ServiceApp.protocol(port).equals("UDP") ? "udp" : "tcp";
        ObjectRef other = claims.speak(app.ref(), transport, port.getPort(), speech(json));
        if (other == null) other = claims.take(app.ref(), transport, port.getPort(), "");
        if (other == null) opened.put(port, json);
        else
            verdicts.partial(
                    app.ref(),
                    "",
                    "Conflicted",
                    "port " + port.getPort() + "/" + transport + " is " + other + "'s already",
                    Code.K8S_002);
    }

    static String speech(Map<String, Object> port) {
        return port.getOrDefault("handlers", "") + " " + port.getOrDefault("tls_options", "");
    }

    private @Nullable Map<String, Object> publicPort(ServiceApp app, ServicePort port) {
        if (ServiceApp.protocol(port).equals("UDP")) return Json.object("port", port.getPort());
        FlyAnnotations fly = annotations.get(app.ref());
        if (fly == null || !ServiceApp.protocol(port).equals("TCP")) return null;
        List<String> plain = HTTP_PROTOCOLS.contains(protocolOf(port)) ? List.of("http") : List.of();
        List<String> handlers = fly.handlers(port, plain);
        if (handlers == null) return null;
        Map<String, Object> json = Json.object("port", port.getPort(), "handlers", handlers);
        Map<String, Object> tls = handlers.contains("tls") ? fly.tlsOptions(port) : Map.of();
        if (!tls.isEmpty()) json.put("tls_options", tls);
        return json;
    }

    private static String protocolOf(ServicePort port) {
        return port.getAppProtocol() == null ? "" : port.getAppProtocol();
    }

    List<AppDocument> documents() {
        List<AppDocument> documents = new ArrayList<>();
        for (ServiceApp app : apps.values()) {
            Map<String, Object> json = json(app);
            if (json != null) documents.add(AppDocument.of(app.ref(), json));
        }
        return documents;
    }

    private @Nullable Map<String, Object> json(ServiceApp app) {
        List<Map<String, Object>> backends = app.endpoints().backends();
        List<Map<String, Object>> services = new ArrayList<>();
        String address = privateAddress(app);
        for (ServicePort port : app.ports()) {
            int internal = app.internalPort(port);
            if (internal == 0 && app.ports().size() == 1) {
                backends = app.endpoints().backends(ServiceApp.name(port));
                internal = port.getPort();
            }
            Map<String, Object> open = address == null ? opened.get(port) : publicPort(app, port);
            Map<String, Object> service = service(app, port, internal, open);
            if (service != null) services.add(service);
        }
        int count = app.endpoints().members().size();
        verdicts.good(app.ref(), "", Verdicts.ACCEPTED, count + (count == 1 ? " endpoint" : " endpoints"));
        if (services.isEmpty()) return null;
        Map<String, Object> json = Json.object();
        if (address != null) json.put("private_address", address);
        json.put("backends", backends);
        json.put("services", services);
        return json;
    }

    private @Nullable Map<String, Object> service(
            ServiceApp app, ServicePort port, int internal, @Nullable Map<String, Object> open) {
        String protocol = ServiceApp.protocol(port);
        String trouble = protocol.equals("SCTP")
                ? "protocol SCTP is not served"
                : internal == 0 ? "its endpoints listen on different ports, and the Service has more than one" : null;
        if (trouble != null) {
            verdicts.partial(
                    app.ref(), "", "UnsupportedValue", "port " + port.getPort() + ": " + trouble, Code.K8S_002);
            return null;
        }
        boolean udp = protocol.equals("UDP");
        Map<String, Object> service = Json.object("name", ServiceApp.serviceName(port));
        if (udp) service.put("protocol", "udp");
        service.put("internal_port", internal);
        if (open != null) service.put("ports", List.of(open));
        if (!udp && !app.concurrency().isEmpty()) service.put("concurrency", app.concurrency());
        if ("ClientIP".equals(app.service().getSpec().getSessionAffinity()) && !udp)
            service.put("session_persistence", Json.object("type", "ClientIP"));
        if (H2C.contains(protocolOf(port)) || grpc.contains(app.ref().path() + " " + port.getPort()))
            service.put("http_options", Json.object("h2_backend", true));
        return service;
    }
}
