package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonLiteral;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.servicemap.HttpRoute.Match;
import dev.sixgate.edge.servicemap.HttpRoute.Retry;
import dev.sixgate.edge.servicemap.RequestPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code timeouts} and {@code retry} of {@code defaults}, a service or a route: what is absent keeps the word of {@code base}. */
final class RequestPolicyReader {
    private static final Duration MILLISECOND = Duration.ofMillis(1);
    private static final Duration DAY = Duration.ofDays(1);

    private final Problems problems;

    RequestPolicyReader(Problems problems) {
        this.problems = problems;
    }

    /** @param matches of the route; none elsewhere */
    RequestPolicy read(Fields parent, RequestPolicy base, List<Match> matches) {
        Fields timeouts = parent.object("timeouts", KeyCatalogue.TIMEOUTS).orElse(null);
        Duration request = base.request();
        Duration backend = base.backendRequest();
        if (timeouts != null) {
            request = timeouts.duration("request", request, MILLISECOND, DAY);
            backend = timeouts.duration("backend_request", backend, MILLISECOND, DAY);
            boolean inherited = !timeouts.has("backend_request");
            if (!request.isZero() && backend.compareTo(request) > 0 && inherited) backend = request;
            else if (!request.isZero() && backend.compareTo(request) > 0)
                problems.error(
                        Code.ROUTE_008,
                        timeouts.spot("backend_request"),
                        "backend_request " + Units.text(backend) + " is longer than request " + Units.text(request)
                                + " and can never fire",
                        "shorten it, or lengthen \"request\"");
        }
        return new RequestPolicy(request, backend, retry(parent, base.retry(), matches));
    }

    private Retry retry(Fields parent, Retry base, List<Match> matches) {
        Fields fields = parent.object("retry", KeyCatalogue.RETRY).orElse(null);
        if (fields == null) return base;
        int attempts = fields.whole("attempts", base.attempts(), 0, 10);
        List<Integer> codes = fields.has("codes") ? new ArrayList<>() : base.codes();
        for (JsonNode item : fields.array("codes"))
            if (item instanceof JsonLiteral literal && literal.literal().matches("[45][0-9][0-9]"))
                codes.add(Integer.valueOf(literal.literal()));
            else
                problems.error(
                        Code.JSON_010, item.spot(), "a code to try again after is a number from 400 to 599", "503");
        boolean afterReset = !fields.has("on") && base.afterReset();
        for (JsonText item : fields.texts("on")) {
            String word =
                    fields.asWord("a condition", item, List.of("connect_failure", "reset_before_response"), List.of());
            afterReset |= "reset_before_response".equals(word);
        }
        boolean idempotent = fields.has("idempotent") ? fields.flag("idempotent") : base.idempotent();
        int budget = fields.whole("budget_percent", base.budgetPercent(), 1, 100);
        if (fields.has("codes") && !codes.isEmpty() && !idempotent && attempts > 0)
            for (Match match : matches)
                if ("POST".equals(match.method()) || "PATCH".equals(match.method()))
                    problems.warning(
                            Code.ROUTE_009,
                            fields.spot("codes"),
                            "retry codes " + codes + " with method " + match.method()
                                    + ": such requests are not tried again, for bodies may be applied twice",
                            "limit matches to GET, or \"idempotent\": true");
        if (!codes.isEmpty()
                && attempts > 0
                && !fields.has("budget_percent")
                && base.codes().isEmpty())
            problems.warning(
                    Code.ROUTE_010,
                    fields.object().spot(),
                    "attempts " + attempts + " without budget_percent: " + budget
                            + " is assumed, or an outage would multiply the load by " + (attempts + 1),
                    "\"budget_percent\": " + budget);
        return new Retry(attempts, afterReset, codes, idempotent, budget);
    }
}
