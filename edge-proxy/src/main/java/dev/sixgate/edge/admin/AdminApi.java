package dev.sixgate.edge.admin;

import static dev.sixgate.edge.admin.Answers.error;
import static dev.sixgate.edge.admin.Answers.get;
import static dev.sixgate.edge.admin.Answers.json;
import static dev.sixgate.edge.admin.Answers.now;
import static dev.sixgate.edge.admin.Answers.post;
import static dev.sixgate.edge.admin.Answers.shorten;

import dev.sixgate.edge.admin.ControlServer.Request;
import dev.sixgate.edge.admin.ControlServer.Response;
import dev.sixgate.edge.explain.Explanation;
import dev.sixgate.edge.explain.RecordRing;
import dev.sixgate.edge.explain.RequestRecord;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * Paths to answers, besides those of {@link MeshApi} and {@link AnycastApi}:
 * <table><caption>Requests</caption>
 * <tr><td>{@code GET /status}</td><td>{@link EdgeView.Status}
 * <tr><td>{@code GET /explain?kind=recent|failures|slow&limit=50}</td><td>{@code requests}: id, started_at, verdict, newest first
 * <tr><td>{@code GET /explain/ID}</td><td>the whole record; with {@code format=text} as people read it; 404 when not kept
 * <tr><td>{@code GET /whois?of=ADDRESS}</td><td>{@link dev.sixgate.edge.sixpn.AddressBook.Answer}; of a name too
 * <tr><td>{@code POST /reload}</td><td>{@link EdgeView.ReloadVerdict}; 422 when the old configuration goes on
 * <tr><td>{@code GET /diff?file=PATH}</td><td>{@link EdgeView.DiffAnswer}; 422 when the file cannot be served
 * <tr><td>{@code POST /apply?file=PATH&rollback_if=RULE&within=SECONDS}</td><td>{@link EdgeView.ApplyAnswer}; 422 as with reload
 * <tr><td>{@code GET /apply}</td><td>{@link EdgeView.TrialStatus} of the last rule
 * <tr><td>{@code POST /rollback}</td><td>{@link EdgeView.ApplyAnswer}; 422 when there is nothing to go back to
 * <tr><td>{@code POST /handover?within=SECONDS}</td><td>{@code pid}; the process ends after work under way, its sockets are another's
 * <tr><td>{@code GET /dns?name=shop.internal&type=AAAA}</td><td>{@link EdgeView.NameStatus}
 * <tr><td>{@code GET /metrics}</td><td>Prometheus' text
 * </table>
 * An answer that is not 2xx is {@code {"error": "a sentence"}}, but for a refused change.
 */
public final class AdminApi {
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private static final String EXPLAIN = "/explain/";
    private static final int MAX_ASKED = 253;
    private static final int MAX_LISTED = 1000;

    private final EdgeView edge;
    private final MeshApi mesh;
    private final AnycastApi anycast;
    private final ChangeApi changes;

    public AdminApi(EdgeView edge) {
        this.edge = edge;
        mesh = new MeshApi(edge.mesh());
        anycast = new AnycastApi(edge.anycast());
        changes = new ChangeApi(edge);
    }

    /** Everything, the mesh included; for the socket that only its owner may open. */
    public CompletionStage<Response> answer(Request request) {
        String path = request.path();
        if (MeshApi.has(path)) return mesh.answer(request);
        if (AnycastApi.has(path)) return anycast.answer(request);
        return switch (path) {
            case "/status" -> get(request, () -> now(json(200, edge.status())));
            case "/explain" -> get(request, () -> now(list(request)));
            case "/certificates" -> get(request, () -> now(json(200, Map.of("certificates", edge.certificates()))));
            case "/whois" -> get(request, () -> now(whois(request.query("of", ""))));
            case "/dns" ->
                get(request, () -> now(json(200, edge.name(request.query("name", ""), request.query("type", "AAAA")))));
            case "/metrics" -> metrics(request);
            case "/diff" -> get(request, () -> changes.diff(request));
            case "/apply" -> changes.apply(request);
            case "/handover" -> post(request, () -> now(changes.handOver(request)));
            case "/rollback" -> post(request, changes::rollback);
            case "/reload" -> post(request, this::reload);
            default ->
                path.startsWith(EXPLAIN)
                        ? get(request, () -> now(explain(request, path.substring(EXPLAIN.length()))))
                        : now(error(
                                404,
                                "there is no " + shorten(path)
                                        + "; ask /status, /explain, /explain/ID, /certificates, /whois, /dns, /metrics,"
                                        + " /reload, /diff, /apply, /rollback or "
                                        + AnycastApi.PATHS + ", "
                                        + MeshApi.PATHS));
        };
    }

    /** {@code GET /metrics} and nothing else; for a listener on the network. */
    public CompletionStage<Response> metrics(Request request) {
        return request.path().equals("/metrics")
                ? get(request, () -> edge.metrics().thenApply(text -> new Response(200, PROMETHEUS, text)))
                : now(error(404, "only /metrics is served here"));
    }

    private Response whois(String asked) {
        if (asked.isBlank() || asked.length() > MAX_ASKED)
            return error(400, "of is an address or a name, of at most " + MAX_ASKED + " characters");
        return json(200, edge.whois(asked));
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
                : new Response(200, Answers.JSON, Explanation.json(record) + "\n");
    }

    private CompletionStage<Response> reload() {
        return edge.reload().thenApply(verdict -> json(verdict.ok() ? 200 : 422, verdict));
    }
}
