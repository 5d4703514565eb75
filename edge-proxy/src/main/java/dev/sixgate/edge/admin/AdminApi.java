package dev.sixgate.edge.admin;

import dev.sixgate.edge.admin.ControlServer.Request;
import dev.sixgate.edge.admin.ControlServer.Response;
import dev.sixgate.edge.explain.Explanation;
import dev.sixgate.edge.explain.RecordRing;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/**
 * Paths to answers:
 * <table><caption>Requests</caption>
 * <tr><td>{@code GET /status}</td><td>{@link EdgeView.Status}
 * <tr><td>{@code GET /mesh}</td><td>{@link EdgeView.MeshStatus}
 * <tr><td>{@code POST /mesh/ping?address=fdaa::1}</td><td>{@code address}, {@code rtt_ms}; 504 without an answer
 * <tr><td>{@code GET /explain?kind=recent|failures|slow&limit=50}</td><td>{@code requests}: id, started_at, verdict, newest first
 * <tr><td>{@code GET /explain/ID}</td><td>the whole record; with {@code format=text} as people read it; 404 when not kept
 * <tr><td>{@code POST /reload}</td><td>{@link EdgeView.ReloadVerdict}; 422 when the old configuration goes on
 * <tr><td>{@code GET /metrics}</td><td>Prometheus' text
 * </table>
 * An answer that is not 2xx is {@code {"error": "a sentence"}}, but for a refused reload.
 */
public final class AdminApi {
    private static final String JSON = "application/json";
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private static final String EXPLAIN = "/explain/";
    private static final int MAX_LISTED = 1000;

    private final EdgeView edge;
    private final JsonMapper json = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    public AdminApi(EdgeView edge) {
        this.edge = edge;
    }

    /** Everything; for the socket that only its owner may open. */
    public CompletionStage<Response> answer(Request request) {
        String path = request.path();
        return switch (path) {
            case "/status" -> get(request, () -> now(json(200, edge.status())));
            case "/mesh" -> get(request, () -> edge.mesh().thenApply(mesh -> json(200, mesh)));
            case "/explain" -> get(request, () -> now(list(request)));
            case "/metrics" -> metrics(request);
            case "/reload" -> post(request, this::reload);
            case "/mesh/ping" -> post(request, () -> ping(request));
            default ->
                path.startsWith(EXPLAIN)
                        ? get(request, () -> now(explain(request, path.substring(EXPLAIN.length()))))
                        : now(error(
                                404,
                                "there is no " + path
                                        + "; ask /status, /mesh, /explain, /explain/ID, /metrics, /reload or"
                                        + " /mesh/ping"));
        };
    }

    /** {@code GET /metrics} and nothing else; for a listener on the network. */
    public CompletionStage<Response> metrics(Request request) {
        return request.path().equals("/metrics")
                ? get(request, () -> edge.metrics().thenApply(text -> new Response(200, PROMETHEUS, text)))
                : now(error(404, "only /metrics is served here"));
    }

    private interface Answer {
        CompletionStage<Response> get();
    }

    private CompletionStage<Response> get(Request request, Answer answer) {
        boolean reads = request.method().equals("GET") || request.method().equals("HEAD");
        return reads ? answer.get() : now(error(405, request.path() + " is asked with GET"));
    }

    private CompletionStage<Response> post(Request request, Answer answer) {
        return request.method().equals("POST") ? answer.get() : now(error(405, request.path() + " is asked with POST"));
    }

    private Response list(Request request) {
        int limit;
        try {
            limit = Math.clamp(Integer.parseInt(request.query("limit", "50")), 1, MAX_LISTED);
        } catch (NumberFormatException e) {
            return error(400, "limit is a number from 1 to " + MAX_LISTED);
        }
        RecordRing ring = edge.records();
        List<RequestRecord> records = switch (request.query("kind", "recent")) {
            case "recent" -> ring.recent(limit);
            case "failures" -> ring.failures(limit);
            case "slow" -> ring.slow(limit);
            default -> null;
        };
        if (records == null) return error(400, "kind is recent, failures or slow");
        return json(
                200,
                Map.of("requests", records.stream().map(Explanation::summary).toList()));
    }

    private Response explain(Request request, String id) {
        RequestRecord record = edge.records().find(id);
        if (record == null)
            return error(404, "request " + shorten(id) + " is not in memory: unknown, or pushed out by newer ones");
        boolean text = request.query("format", request.accept().startsWith("text/plain") ? "text" : "json")
                .equals("text");
        return text
                ? new Response(200, TEXT, Explanation.text(record))
                : new Response(200, JSON, Explanation.json(record) + "\n");
    }

    private CompletionStage<Response> reload() {
        return edge.reload().thenApply(verdict -> json(verdict.ok() ? 200 : 422, verdict));
    }

    private CompletionStage<Response> ping(Request request) {
        Ipv6Address address;
        try {
            address = Ipv6Address.parse(request.query("address", ""));
        } catch (IllegalArgumentException e) {
            return now(error(400, "address: " + shorten(String.valueOf(e.getMessage()))));
        }
        return edge.ping(address)
                .handle((nanos, failure) -> failure == null
                        ? json(200, Map.of("address", address.toString(), "rtt_ms", nanos / 1e6))
                        : error(504, sentence(failure)));
    }

    private static String sentence(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return String.valueOf(cause.getMessage());
    }

    private Response error(int status, String sentence) {
        return json(status, Map.of("error", sentence));
    }

    private Response json(int status, @Nullable Object value) {
        return new Response(status, JSON, json.writeValueAsString(value) + "\n");
    }

    private static CompletionStage<Response> now(Response response) {
        return CompletableFuture.completedStage(response);
    }

    private static String shorten(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    }
}
