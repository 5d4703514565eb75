package dev.sixgate.edge.admin;

import static dev.sixgate.edge.admin.Answers.error;
import static dev.sixgate.edge.admin.Answers.json;
import static dev.sixgate.edge.admin.Answers.now;

import dev.sixgate.edge.admin.ControlServer.Request;
import dev.sixgate.edge.admin.ControlServer.Response;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Another configuration for the running edge: what it would change, serving it, and going back. */
final class ChangeApi {
    private static final int MAX_PATH = 4096;
    private static final int MAX_WITHIN_SECONDS = 3600;

    private final EdgeView edge;

    ChangeApi(EdgeView edge) {
        this.edge = edge;
    }

    CompletionStage<Response> diff(Request request) {
        String file = request.query().get("file");
        if (notAbsolute(file)) return now(error(400, "file is an absolute path"));
        return edge.diff(file).thenApply(answer -> json(answer.ok() ? 200 : 422, answer));
    }

    CompletionStage<Response> apply(Request request) {
        if (request.method().equals("GET")) {
            EdgeView.TrialStatus trial = edge.trial();
            return now(trial == null ? error(404, "no configuration was applied on approval") : json(200, trial));
        }
        return Answers.post(request, () -> applied(request));
    }

    private CompletionStage<Response> applied(Request request) {
        String file = request.query().get("file");
        if (notAbsolute(file)) return now(error(400, "file is an absolute path"));
        try {
            int within = Integer.parseInt(request.query("within", "30"));
            if (within < 1 || within > MAX_WITHIN_SECONDS) throw new NumberFormatException();
            return answer(edge.apply(file, request.query().get("rollback_if"), Duration.ofSeconds(within)));
        } catch (NumberFormatException e) {
            return now(error(400, "within is a number of seconds from 1 to " + MAX_WITHIN_SECONDS));
        } catch (IllegalArgumentException e) {
            return now(error(400, String.valueOf(e.getMessage())));
        }
    }

    Response handOver(Request request) {
        try {
            int within = Integer.parseInt(request.query("within", "5"));
            if (within < 0 || within > MAX_WITHIN_SECONDS) throw new NumberFormatException();
            return edge.handOver(Duration.ofSeconds(within))
                    ? json(200, Map.of("pid", ProcessHandle.current().pid()))
                    : error(409, "this edge was not started by sixgate run, so it does not end this way");
        } catch (NumberFormatException e) {
            return error(400, "within is a number of seconds from 0 to " + MAX_WITHIN_SECONDS);
        }
    }

    CompletionStage<Response> rollback() {
        return answer(edge.rollback());
    }

    private static CompletionStage<Response> answer(CompletionStage<EdgeView.ApplyAnswer> answer) {
        return answer.thenApply(it -> json(it.ok() ? 200 : 422, it));
    }

    private static boolean notAbsolute(@Nullable String file) {
        if (file == null) return false;
        try {
            return file.length() > MAX_PATH || !Path.of(file).isAbsolute();
        } catch (InvalidPathException e) {
            return true;
        }
    }
}
