package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Code;
import dev.sixgate.k8s.ObjectRef;
import dev.sixgate.k8s.mapping.HttpRule.Target;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Rules of HTTPRoutes, GRPCRoutes and Ingresses by the host and port that they serve. Routes that share a host amount to one
 * document, named after the oldest of them; others cannot spoil it.
 */
final class HttpHosts {
    /** @param hostname empty: any */
    record Place(int port, boolean tls, String hostname) {}

    private static final ObjectRef ROUTES = new ObjectRef("Routes", "", "");

    private final Verdicts verdicts;
    private final PortClaims claims;
    private final Map<Place, List<HttpRule>> rules = new LinkedHashMap<>();

    HttpHosts(Verdicts verdicts, PortClaims claims) {
        this.verdicts = verdicts;
        this.claims = claims;
    }

    /** Routes are added older first. */
    void add(ObjectRef route, Collection<Place> places, List<HttpRule> added) {
        for (Place place : places) {
            ObjectRef other = claims.take(ROUTES, "tcp", place.port, place.hostname);
            if (other == null)
                rules.computeIfAbsent(place, _ -> new ArrayList<>()).addAll(added);
            else
                verdicts.partial(
                        route,
                        "",
                        "Conflicted",
                        (place.hostname.isEmpty() ? "any host" : place.hostname) + " on port " + place.port + " is "
                                + other + "'s already",
                        Code.K8S_002);
        }
    }

    List<AppDocument> documents() {
        List<AppDocument> documents = new ArrayList<>();
        for (List<Place> group : groups()) {
            ObjectRef oldest = rules.get(group.getFirst()).getFirst().owner();
            documents.add(AppDocument.of(oldest, app(Names.app(oldest), group)));
        }
        return documents;
    }

    /** Places that have a route in common, directly or through others; in the order in which they came. */
    private Collection<List<Place>> groups() {
        Map<Object, Object> leaders = new LinkedHashMap<>();
        rules.forEach((place, list) -> list.forEach(rule -> {
            Object a = leader(leaders, place);
            Object b = leader(leaders, rule.owner());
            if (!a.equals(b)) leaders.put(b, a);
        }));
        Map<Object, List<Place>> groups = new LinkedHashMap<>();
        rules.forEach((place, list) -> {
            if (!list.isEmpty())
                groups.computeIfAbsent(leader(leaders, place), _ -> new ArrayList<>())
                        .add(place);
        });
        return groups.values();
    }

    private static Object leader(Map<Object, Object> leaders, Object of) {
        Object next = of;
        while (leaders.containsKey(next)) next = leaders.get(next);
        return next;
    }

    /** Hosts with the same rules on the same ports are one service. */
    private Map<String, Object> app(String name, List<Place> places) {
        Map<String, Map<Place, List<HttpRule>>> byHost = new TreeMap<>();
        for (Place place : places)
            byHost.computeIfAbsent(place.hostname, _ -> new LinkedHashMap<>()).put(place, rules.get(place));
        Map<List<HttpRule>, Map<Set<Integer>, List<String>>> alike = new LinkedHashMap<>();
        Map<Integer, Boolean> tls = new TreeMap<>();
        byHost.forEach((host, perPlace) -> {
            Map<List<HttpRule>, Set<Integer>> ports = new LinkedHashMap<>();
            perPlace.forEach((place, list) -> {
                ports.computeIfAbsent(list, _ -> new TreeSet<>()).add(place.port);
                tls.put(place.port, place.tls);
            });
            ports.forEach((list, numbers) -> alike.computeIfAbsent(list, _ -> new LinkedHashMap<>())
                    .computeIfAbsent(numbers, _ -> new ArrayList<>())
                    .add(host));
        });
        List<Map<String, Object>> services = new ArrayList<>();
        alike.forEach((list, perPorts) -> perPorts.forEach((numbers, hosts) -> {
            // "Any host" is said by naming none, so it cannot stand beside names.
            if (hosts.remove(""))
                services.add(service(services.size(), List.of(), ports(numbers, tls), routes(name, list)));
            if (!hosts.isEmpty())
                services.add(service(services.size(), hosts, ports(numbers, tls), routes(name, list)));
        }));
        boolean nowhere = places.stream()
                .flatMap(place -> rules.getOrDefault(place, List.of()).stream())
                .flatMap(rule -> rule.targets().stream())
                .anyMatch(Target::isNowhere);
        if (nowhere) services.add(Json.object("name", Target.NOWHERE, "internal_port", 1));
        return Json.object("backends", List.of(), "services", services);
    }

    private static List<Map<String, Object>> ports(Set<Integer> numbers, Map<Integer, Boolean> tls) {
        List<Map<String, Object>> ports = new ArrayList<>();
        for (int number : numbers) {
            boolean secure = Boolean.TRUE.equals(tls.get(number));
            ports.add(Json.object("port", number, "handlers", secure ? List.of("tls", "http") : List.of("http")));
        }
        return ports;
    }

    private static Map<String, Object> service(
            int index, List<String> hosts, List<Map<String, Object>> ports, List<Map<String, Object>> routes) {
        Map<String, Object> service = Json.object("name", index == 0 ? "http" : "http-" + (index + 1));
        if (!hosts.isEmpty()) service.put("hostnames", List.copyOf(hosts));
        service.put("ports", ports);
        service.put("routes", routes);
        return service;
    }

    /** Of rules that match alike the first stays: the oldest route's. Names sort as the rules came, which settles ties. */
    private List<Map<String, Object>> routes(String app, List<HttpRule> list) {
        List<Map<String, Object>> routes = new ArrayList<>();
        Set<Map<String, Object>> seen = new HashSet<>();
        boolean ranked = list.size() > 1;
        int rank = 0;
        for (HttpRule rule : new LinkedHashSet<>(list)) {
            rank++;
            List<Map<String, Object>> matches = rule.matches().stream()
                    .filter(match -> seen.add(match) || told(rule, match))
                    .toList();
            if (matches.isEmpty()) continue;
            String name = ranked ? "%03d-%s".formatted(rank, rule.name()) : rule.name();
            Map<String, Object> route = Json.object("name", Names.bounded(name), "matches", matches);
            if (rule.answers()) {
                route.putAll(rule.does());
                if (!rule.targets().isEmpty())
                    route.put(
                            "backend_refs",
                            rule.targets().stream()
                                    .map(target -> target.json(app))
                                    .toList());
            } else route.put("filters", List.of(Json.object("type", "DirectResponse", "status", 500)));
            routes.add(route);
        }
        return routes;
    }

    private boolean told(HttpRule rule, Map<String, Object> match) {
        verdicts.partial(
                rule.owner(),
                "",
                "Conflicted",
                "rule " + rule.name() + ": an older route, or an earlier rule, matches " + Json.line(match)
                        + " already",
                Code.K8S_002);
        return false;
    }
}
