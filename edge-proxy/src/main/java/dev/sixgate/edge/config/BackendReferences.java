package dev.sixgate.edge.config;

import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.HttpRoute.BackendRef;
import dev.sixgate.edge.servicemap.Service;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What routes refer to, to be looked up when all apps are known. */
final class BackendReferences {
    private static final int MAX_WEIGHT = 1_000_000;

    private record Reference(BackendRef ref, boolean serviceNamed, Spot appSpot, Spot serviceSpot) {}

    private final Problems problems;
    private final List<Reference> references = new ArrayList<>();

    BackendReferences(Problems problems) {
        this.problems = problems;
    }

    /** {@code app}, {@code service} and {@code weight}; null, with a problem told, when it names no app. */
    @Nullable
    BackendRef read(Fields fields) {
        if (!fields.require("app", "\"app\": \"api\"")) return null;
        int weight = fields.whole("weight", 1, 0, MAX_WEIGHT);
        String app = fields.text("app");
        String service = fields.text("service");
        if (app == null) return null;
        BackendRef read = new BackendRef(app, service == null ? "" : service, weight);
        references.add(new Reference(read, service != null, fields.spot("app"), fields.spot("service")));
        return read;
    }

    /** Tells of references to apps and services that are not there; of all services read so far. */
    void check(List<App> apps) {
        for (Reference reference : references) {
            BackendRef ref = reference.ref;
            List<String> names = apps.stream().map(App::name).toList();
            App app = apps.stream()
                    .filter(one -> one.name().equals(ref.app()))
                    .findFirst()
                    .orElse(null);
            if (app == null) {
                problems.error(
                        Code.ROUTE_002,
                        reference.appSpot,
                        "backend_refs names app " + Quoted.of(ref.app()),
                        hint(ref.app(), names, "apps"));
                continue;
            }
            List<String> services =
                    app.services().stream().map(Service::name).distinct().toList();
            if (reference.serviceNamed && !services.contains(ref.service()))
                problems.error(
                        Code.ROUTE_002,
                        reference.serviceSpot,
                        "backend_refs names service " + Quoted.of(ref.service()) + " of app " + Quoted.of(ref.app()),
                        hint(ref.service(), services, "services of that app"));
            else if (!reference.serviceNamed && services.size() != 1)
                problems.error(
                        Code.ROUTE_002,
                        reference.appSpot,
                        "backend_refs names app " + Quoted.of(ref.app()) + " and no service, of which it has "
                                + services.size(),
                        "\"service\": one of " + String.join(", ", services));
        }
    }

    private static String hint(String name, List<String> known, String what) {
        String question = NearestWord.question(name, known);
        return (question == null ? "" : question + " ") + what + ": " + String.join(", ", known);
    }
}
