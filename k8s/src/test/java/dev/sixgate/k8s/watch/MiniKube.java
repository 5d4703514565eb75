package dev.sixgate.k8s.watch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.json.JsonMapper;

/**
 * An API server that makes the faults which break controllers: 410, cut and silent watches, 429, tiny pages, events twice and
 * late. Knows every path; keeps what is put there; forgets history when told to.
 */
final class MiniKube implements AutoCloseable {
    private static final JsonMapper MAPPER = JsonMapper.shared();
    private static final String END = "";

    /** An answer instead of the ordinary one. */
    private record Fault(Predicate<String> request, int status, String body) {}

    private record Event(long version, String path, String line) {}

    private record Watcher(String path, LinkedBlockingQueue<String> lines) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Map<String, Map<String, Object>>> collections = new TreeMap<>();
    private final List<Event> history = new ArrayList<>();
    private final List<Watcher> watchers = new CopyOnWriteArrayList<>();
    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final Map<String, String> patches = new java.util.concurrent.ConcurrentHashMap<>();
    private long version = 100;
    private long oldest;
    private volatile boolean away;
    private volatile boolean twice;
    private volatile boolean silent;
    private volatile boolean endsWatches;
    private volatile int page = 500;

    MiniKube() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    KubernetesClient client() {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                .build();
        return KubernetesClients.open(config);
    }

    // ---- what a cluster does ----

    /** Adds or changes the objects of a manifest. */
    synchronized void put(String yaml) {
        for (Object document : new Load(LoadSettings.builder().build()).loadAllFromString(yaml)) {
            @SuppressWarnings("unchecked")
            Map<String, Object> object = (Map<String, Object>) document;
            String path = path(object);
            Map<String, Map<String, Object>> collection = collection(path);
            String name = namespaced(object);
            boolean there = collection.containsKey(name);
            meta(object).put("resourceVersion", String.valueOf(++version));
            meta(object)
                    .putIfAbsent(
                            "uid",
                            name + "-" + (there ? meta(collection.get(name)).get("uid") : version));
            if (there) meta(object).put("uid", meta(collection.get(name)).get("uid"));
            collection.put(name, object);
            happened(path, there ? "MODIFIED" : "ADDED", object);
        }
    }

    synchronized void delete(String path, String name) {
        Map<String, Object> object = collection(path).remove(name);
        meta(object).put("resourceVersion", String.valueOf(++version));
        happened(path, "DELETED", object);
    }

    /** Without an event: as if it had happened while nobody could watch. */
    synchronized void forget(String path, Predicate<String> names) {
        collection(path).keySet().removeIf(names);
        version++;
        history.clear();
        oldest = version;
    }

    // ---- faults ----

    /** Every watch from before now is answered with 410. */
    synchronized void compact() {
        history.clear();
        oldest = ++version;
    }

    void cutWatches() {
        watchers.forEach(watcher -> watcher.lines.add(END));
    }

    /** Nothing works until it is back. */
    void away(boolean away) {
        this.away = away;
        if (away) cutWatches();
    }

    /** Each event is sent twice, and the one before it once more after it. */
    void repeatEvents() {
        twice = true;
    }

    /** Watches stay open and say nothing. */
    void silent(boolean silent) {
        this.silent = silent;
    }

    /** Each watch ends as soon as it has told what had happened before it. */
    void endWatchesAtOnce(boolean ends) {
        endsWatches = ends;
        if (ends) cutWatches();
    }

    void pagesOf(int objects) {
        page = objects;
    }

    /** Once, for a request whose path and query contain {@code part}. */
    void failOnce(String part, int status, String body) {
        faults.add(new Fault(request -> request.contains(part), status, body));
    }

    /** Sends a raw event to all who watch a collection. */
    void send(String path, String line) {
        watchers.stream().filter(watcher -> watcher.path.equals(path)).forEach(watcher -> watcher.lines.add(line));
    }

    // ---- what was asked ----

    long requests(String part) {
        return requests.stream().filter(request -> request.contains(part)).count();
    }

    int watching(String path) {
        return (int)
                watchers.stream().filter(watcher -> watcher.path.equals(path)).count();
    }

    /** Body of the last PATCH by path. */
    Map<String, String> patches() {
        return patches;
    }

    @Override
    public void close() {
        cutWatches();
        server.stop(0);
        threads.shutdownNow();
    }

    // ---- HTTP ----

    private void handle(HttpExchange exchange) throws IOException {
        String request = exchange.getRequestURI().toString();
        requests.add(exchange.getRequestMethod() + " " + request);
        try (exchange) {
            if (away) {
                answer(exchange, 503, "{\"kind\":\"Status\",\"message\":\"away\",\"code\":503}");
                return;
            }
            for (Fault fault : faults)
                if (fault.request.test(request) && faults.remove(fault)) {
                    answer(exchange, fault.status, fault.body);
                    return;
                }
            Map<String, String> query = query(exchange.getRequestURI().getQuery());
            String path = exchange.getRequestURI().getPath();
            if (exchange.getRequestMethod().equals("PATCH")) {
                patches.put(path, new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
                answer(exchange, 200, object(path));
            } else if (query.containsKey("watch")) watch(exchange, path, Long.parseLong(query.get("resourceVersion")));
            else if (path.contains("/namespaces/")) {
                String object = object(path);
                answer(exchange, object.isEmpty() ? 404 : 200, object);
            } else list(exchange, path, query.get("continue"));
        }
    }

    /** One object of {@code /apis/…/namespaces/NS/PLURAL/NAME[/status]}; empty: there is none. */
    private synchronized String object(String path) {
        String[] parts = path.replaceFirst("/status$", "").split("/namespaces/");
        String[] names = parts[1].split("/"); // namespace, plural, name
        Map<String, Object> found = names.length < 3
                ? null
                : collections.getOrDefault(parts[0] + "/" + names[1], Map.of()).get(names[0] + "/" + names[2]);
        return found == null ? "" : MAPPER.writeValueAsString(found);
    }

    private void list(HttpExchange exchange, String path, String from) throws IOException {
        Map<String, Object> list = new LinkedHashMap<>();
        synchronized (this) {
            int skip = from == null ? 0 : Integer.parseInt(from);
            List<Map<String, Object>> all =
                    List.copyOf(collections.getOrDefault(path, Map.of()).values());
            Map<String, Object> meta = new LinkedHashMap<>(Map.of("resourceVersion", String.valueOf(version)));
            if (skip + page < all.size()) meta.put("continue", String.valueOf(skip + page));
            list.put("apiVersion", "v1");
            list.put("kind", "List");
            list.put("metadata", meta);
            list.put("items", all.subList(skip, Math.min(all.size(), skip + page)));
        }
        answer(exchange, 200, MAPPER.writeValueAsString(list));
    }

    private void watch(HttpExchange exchange, String path, long from) throws IOException {
        Watcher watcher = new Watcher(path, new LinkedBlockingQueue<>());
        synchronized (this) {
            if (from < oldest)
                watcher.lines.add(
                        "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"Expired\",\"message\":\"too"
                            + " old resource version\",\"code\":410}}");
            else
                history.stream()
                        .filter(event -> event.version > from && event.path.equals(path))
                        .forEach(event -> watcher.lines.add(event.line));
            if (from < oldest || endsWatches) watcher.lines.add(END);
            watchers.add(watcher);
        }
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            out.flush();
            for (String line = watcher.lines.take(); !line.equals(END); line = watcher.lines.take()) {
                if (silent) continue;
                out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            watchers.remove(watcher);
        }
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static Map<String, String> query(String text) {
        if (text == null) return Map.of();
        return List.of(text.split("&")).stream()
                .map(pair -> pair.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair.length > 1 ? pair[1] : "", (a, b) -> a));
    }

    // ---- objects ----

    private void happened(String path, String type, Map<String, Object> object) {
        String line = MAPPER.writeValueAsString(Map.of("type", type, "object", object));
        String before = history.stream()
                .filter(event -> event.path.equals(path))
                .reduce((a, b) -> b)
                .map(Event::line)
                .orElse(line);
        history.add(new Event(version, path, line));
        send(path, line);
        if (!twice) return;
        send(path, line);
        send(path, before);
    }

    private Map<String, Map<String, Object>> collection(String path) {
        return collections.computeIfAbsent(path, _ -> new TreeMap<>());
    }

    /** Such as {@code /apis/discovery.k8s.io/v1/endpointslices}. */
    private static String path(Map<String, Object> object) {
        String apiVersion = (String) object.get("apiVersion");
        String kind = ((String) object.get("kind")).toLowerCase(java.util.Locale.ROOT);
        String plural = kind.endsWith("s")
                ? kind + "es"
                : kind.endsWith("cy") ? kind.substring(0, kind.length() - 1) + "ies" : kind + "s";
        return (apiVersion.contains("/") ? "/apis/" : "/api/") + apiVersion + "/" + plural;
    }

    private static String namespaced(Map<String, Object> object) {
        Object namespace = meta(object).get("namespace");
        return (namespace == null ? "" : namespace) + "/" + meta(object).get("name");
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> meta(Map<String, Object> object) {
        return (Map<String, Object>) object.get("metadata");
    }
}
