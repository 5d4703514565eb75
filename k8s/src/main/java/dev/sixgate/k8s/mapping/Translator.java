package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Document;
import dev.sixgate.k8s.KubernetesObjects;
import dev.sixgate.k8s.MappingSettings;
import dev.sixgate.k8s.ObjectRef;
import dev.sixgate.k8s.Translation;
import dev.sixgate.k8s.mapping.HttpHosts.Place;
import dev.sixgate.k8s.mapping.NetworkPolicyMapping.PolicyDocument;
import dev.sixgate.k8s.mapping.RouteParents.Attachment;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.Gateway;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TCPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TCPRouteRule;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSRouteRule;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.UDPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.UDPRouteRule;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What the objects of a cluster amount to. Ports first, then host names, then documents; among claimants the oldest object has
 * the first word.
 */
public final class Translator {
    private final KubernetesObjects objects;
    private final Scope scope;
    private final ServiceMapping services;
    private final GatewayMapping gateways;
    private final IngressMapping ingresses;
    private final RouteParents parents;
    private final HttpRouteMapping httpRoutes;
    private final GrpcRouteMapping grpcRoutes;
    private final StreamRouteMapping streams;
    private final HttpHosts hosts;
    private final NetworkPolicyMapping policies;

    Translator(KubernetesObjects objects, MappingSettings settings) {
        this.objects = objects;
        Verdicts verdicts = new Verdicts();
        scope = new Scope(objects, settings, verdicts);
        PortClaims claims = new PortClaims();
        ReferenceGrants grants = new ReferenceGrants(objects);
        services = new ServiceMapping(objects, scope, claims);
        gateways = new GatewayMapping(scope, claims, grants);
        BackendRefs backends = new BackendRefs(services, grants, verdicts);
        ingresses = new IngressMapping(scope, claims, backends, services);
        parents = new RouteParents(scope, gateways);
        httpRoutes = new HttpRouteMapping(verdicts, backends);
        grpcRoutes = new GrpcRouteMapping(verdicts, backends, services);
        streams = new StreamRouteMapping(verdicts, backends, claims);
        hosts = new HttpHosts(verdicts, claims);
        policies = new NetworkPolicyMapping(scope);
    }

    /** Never fails: what cannot be served is a verdict. */
    public static Translation translate(KubernetesObjects objects, MappingSettings settings) {
        return new Translator(objects, settings).translation();
    }

    private Translation translation() {
        List<Document> documents = Stream.concat(
                        apps().stream().map(AppDocument::document),
                        policies().stream().map(PolicyDocument::document))
                .sorted(Comparator.comparing(Document::name))
                .toList();
        return new Translation(documents, scope.verdicts().sorted());
    }

    Rendering rendering() {
        Map<String, Object> apps = Json.object();
        List<Map<String, Object>> certificates = new ArrayList<>();
        for (AppDocument document : apps()) {
            apps.put(document.name(), document.app());
            certificates.addAll(document.certificates());
        }
        Map<String, Object> tree = Json.object("apps", apps);
        if (!certificates.isEmpty()) tree.put("certificates", Json.object("files", certificates));
        List<Map<String, Object>> written = policies().stream()
                .flatMap(document -> document.policies().stream())
                .toList();
        if (!written.isEmpty()) tree.put("policies", written);
        return new Rendering(Json.text(tree), scope.verdicts().sorted());
    }

    private List<PolicyDocument> policies() {
        byAge(List.of(NetworkPolicy.class)).forEach(object -> policies.add((NetworkPolicy) object));
        return policies.documents();
    }

    /** In the order of the documents' names. */
    private List<AppDocument> apps() {
        byAge(List.of(Service.class, Gateway.class, Ingress.class)).forEach(object -> {
            if (object instanceof Service service) services.open(service);
            else if (object instanceof Gateway gateway) gateways.open(gateway);
            else if (object instanceof Ingress ingress && ingresses.isOurs(ingress)) ingresses.open(ingress);
        });
        byAge(List.of(HTTPRoute.class, GRPCRoute.class, Ingress.class, TLSRoute.class, TCPRoute.class, UDPRoute.class))
                .forEach(this::route);
        return Stream.of(services.documents(), hosts.documents(), streams.documents())
                .flatMap(List::stream)
                .sorted(Comparator.comparing(app -> Names.document(app.origin())))
                .toList();
    }

    private Stream<HasMetadata> byAge(List<Class<? extends HasMetadata>> types) {
        return types.stream()
                .flatMap(type -> objects.all(type).stream())
                .map(HasMetadata.class::cast)
                .filter(scope::follows)
                .sorted(KubernetesObjects.BY_AGE);
    }

    private void route(HasMetadata object) {
        ObjectRef ref = ObjectRef.of(object);
        switch (object) {
            case Ingress ingress -> {
                if (ingresses.isOurs(ingress)) ingresses.add(ingress, hosts);
            }
            case HTTPRoute route
            when route.getSpec() != null -> {
                var spec = route.getSpec();
                List<Attachment> attachments = parents.attach(ref, spec.getParentRefs(), spec.getHostnames());
                if (!attachments.isEmpty()) hosts.add(ref, places(attachments), httpRoutes.rules(route));
            }
            case GRPCRoute route
            when route.getSpec() != null -> {
                var spec = route.getSpec();
                List<Attachment> attachments = parents.attach(ref, spec.getParentRefs(), spec.getHostnames());
                if (!attachments.isEmpty()) hosts.add(ref, places(attachments), grpcRoutes.rules(route));
            }
            case TLSRoute route
            when route.getSpec() != null -> {
                var spec = route.getSpec();
                streams.add(
                        ref,
                        parents.attach(ref, spec.getParentRefs(), spec.getHostnames()),
                        spec.getRules().stream()
                                .map(TLSRouteRule::getBackendRefs)
                                .toList());
            }
            case TCPRoute route
            when route.getSpec() != null ->
                streams.add(
                        ref,
                        parents.attach(ref, route.getSpec().getParentRefs(), null),
                        route.getSpec().getRules().stream()
                                .map(TCPRouteRule::getBackendRefs)
                                .toList());
            case UDPRoute route
            when route.getSpec() != null ->
                streams.add(
                        ref,
                        parents.attach(ref, route.getSpec().getParentRefs(), null),
                        route.getSpec().getRules().stream()
                                .map(UDPRouteRule::getBackendRefs)
                                .toList());
            default -> {
                // Without a spec it asks for nothing.
            }
        }
    }

    private static List<Place> places(List<Attachment> attachments) {
        return attachments.stream()
                .map(one ->
                        new Place(one.listener().port(), one.listener().kind() == Listener.Kind.HTTPS, one.hostname()))
                .distinct()
                .toList();
    }
}
