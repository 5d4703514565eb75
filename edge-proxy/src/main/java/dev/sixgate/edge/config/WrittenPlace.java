package dev.sixgate.edge.config;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where in the operator's JSON something stands, and what operators call it there.
 *
 * @param noun see {@code Change}
 * @param name what {@code noun} is called, as far as the way there tells
 * @param container whether its members are things of their own
 * @param unit whether what stands below belongs to this thing and is named after it
 */
record WrittenPlace(
        String noun,
        String name,
        @Nullable String app,
        @Nullable String service,
        @Nullable String backend,
        boolean container,
        boolean unit) {
    private static final Set<String> LIMITS = Set.of(
            "concurrency",
            "rate_limits",
            "max_connections_per_client",
            "max_sessions",
            "max_header_bytes",
            "max_headers",
            "max_request_body",
            "max_concurrent_streams",
            "body_min_rate",
            "soft_limit",
            "hard_limit",
            "memory_budget");
    private static final List<String> CONTAINERS = List.of(
            "apps",
            "services",
            "backends",
            "routes",
            "ports",
            "peers",
            "certificates",
            "files",
            "neighbors",
            "checks",
            "rate_limits",
            "networks",
            "regions",
            "edge",
            "mesh",
            "observability",
            "defaults",
            "admin");

    static WrittenPlace top(String app) {
        return new WrittenPlace("setting", "", app, null, null, true, false);
    }

    boolean isContainer() {
        return container;
    }

    WrittenPlace key(String key) {
        boolean top = noun.equals("setting") && name.isEmpty() && !unit;
        if (top) return atTop(key);
        if (noun.equals("apps")) return new WrittenPlace("app", key, key, null, null, false, true);
        String path = name.isEmpty() ? key : name + "." + key;
        boolean holds = CONTAINERS.contains(key);
        if (unit)
            return switch (noun) {
                case "app" ->
                    switch (key) {
                        case "services", "backends" -> new WrittenPlace(key, name, app, null, null, true, false);
                        default -> leaf("app", path, false);
                    };
                case "service" ->
                    switch (key) {
                        case "routes", "ports", "checks", "rate_limits" ->
                            new WrittenPlace(key, name, app, service, null, true, false);
                        default -> leaf(LIMITS.contains(key) ? "limit" : "service", path, false);
                    };
                case "backend" ->
                    leaf(key.equals("weight") ? "weight" : "backend", key.equals("weight") ? name : path, false);
                default -> leaf(LIMITS.contains(key) ? "limit" : key.equals("weight") ? "weight" : noun, path, false);
            };
        return leaf(LIMITS.contains(key) ? "limit" : key.equals("weight") ? "weight" : noun, path, holds);
    }

    private WrittenPlace leaf(String noun, String name, boolean holds) {
        return new WrittenPlace(noun, name, app, service, backend, holds, false);
    }

    private WrittenPlace atTop(String key) {
        return switch (key) {
            case "apps" -> new WrittenPlace("apps", "", null, null, null, true, false);
            case "app" -> new WrittenPlace("app", String.valueOf(app), app, null, null, false, false);
            case "http_service" -> new WrittenPlace("service", app + ".http", app, "http", null, false, true);
            case "backends" -> new WrittenPlace("backends", String.valueOf(app), app, null, null, true, false);
            case "certificates" -> new WrittenPlace("certificate", key, null, null, null, true, false);
            default -> new WrittenPlace("setting", key, null, null, null, CONTAINERS.contains(key), false);
        };
    }

    WrittenPlace item(String id) {
        return switch (noun) {
            case "services" -> new WrittenPlace("service", app + "." + id, app, id, null, false, true);
            case "backends" -> new WrittenPlace("backend", app + "/" + id, app, null, id, false, true);
            case "routes" -> new WrittenPlace("route", name + "/" + id, app, service, null, false, true);
            case "ports" -> new WrittenPlace("port", name + ":" + id, app, service, null, false, true);
            case "checks" -> new WrittenPlace("check", name + "/" + id, app, service, null, false, true);
            case "rate_limits" -> new WrittenPlace("limit", name + "/" + id, app, service, null, false, true);
            case "certificate" -> new WrittenPlace("certificate", id, null, null, null, false, true);
            default ->
                name.equals("mesh.peers")
                        ? new WrittenPlace("peer", id, null, null, null, false, true)
                        : new WrittenPlace(noun, name + "/" + id, app, service, backend, false, true);
        };
    }
}
