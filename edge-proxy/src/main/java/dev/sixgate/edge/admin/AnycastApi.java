package dev.sixgate.edge.admin;

import static dev.sixgate.edge.admin.Answers.error;
import static dev.sixgate.edge.admin.Answers.get;
import static dev.sixgate.edge.admin.Answers.json;
import static dev.sixgate.edge.admin.Answers.now;
import static dev.sixgate.edge.admin.Answers.post;
import static dev.sixgate.edge.admin.Answers.shorten;

import dev.sixgate.edge.admin.ControlServer.Request;
import dev.sixgate.edge.admin.ControlServer.Response;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The announcements' paths:
 * <table><caption>Requests</caption>
 * <tr><td>{@code GET /anycast}</td><td>{@link AnycastView.SiteStatus}; 404 when nothing is announced
 * <tr><td>{@code POST /anycast/drain?force=false}</td><td>{@code draining}; 409 when no other site is known to serve
 * <tr><td>{@code POST /anycast/undrain}</td><td>{@code draining}
 * </table>
 */
final class AnycastApi {
    static final String PATHS = "/anycast, /anycast/drain or /anycast/undrain";
    private static final String ROOT = "/anycast";

    private final AnycastView anycast;

    AnycastApi(AnycastView anycast) {
        this.anycast = anycast;
    }

    /** Whether the path is one for {@link #answer}. */
    static boolean has(String path) {
        return path.equals(ROOT) || path.startsWith(ROOT + "/");
    }

    CompletionStage<Response> answer(Request request) {
        return switch (request.path()) {
            case ROOT ->
                get(
                        request,
                        () -> anycast.status()
                                .thenApply(status -> status == null
                                        ? error(
                                                404,
                                                "this edge announces nothing: its configuration has no \"anycast\"")
                                        : json(200, status)));
            case ROOT + "/drain" ->
                post(
                        request,
                        () -> anycast.drain(request.query("force", "false").equals("true"))
                                .thenApply(refusal -> said(refusal, true)));
            case ROOT + "/undrain" -> post(request, () -> anycast.undrain().thenApply(refusal -> said(refusal, false)));
            default -> now(error(404, "there is no " + shorten(request.path()) + "; ask " + PATHS));
        };
    }

    private static Response said(@Nullable String refusal, boolean draining) {
        return refusal == null ? json(200, Map.of("draining", draining)) : error(409, refusal);
    }
}
