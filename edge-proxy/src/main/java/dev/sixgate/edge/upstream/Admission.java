package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.filter.RouteAnswer;
import dev.sixgate.edge.filter.RouteFilters;
import dev.sixgate.edge.http.BadMessageException;
import dev.sixgate.edge.http.ConnectionContext;
import dev.sixgate.edge.http.HopByHop;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.policy.RateLimiter;
import dev.sixgate.edge.router.Route;
import dev.sixgate.edge.router.RoutePath;
import dev.sixgate.edge.router.RouteTable;
import dev.sixgate.edge.router.Router;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.RateLimit;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Decides, before a backend is chosen, whether a request is served at all: route, https, body size. */
final class Admission {
    private Admission() {}

    /** What was decided: a route to serve by, or the refusal. */
    sealed interface Verdict {
        /** @param answer what the route answers itself once the client has passed its guards; null: a backend does */
        record Admitted(Route route, @Nullable RouteAnswer answer) implements Verdict {}

        record Refused(
                Reason reason,
                @Nullable String detail,
                @Nullable String location) implements Verdict {}

        /** @param detail the limit's name */
        record Limited(String detail, long retryAfterSeconds) implements Verdict {}

        /** The route answers itself. */
        record Answered(RouteAnswer answer) implements Verdict {}

        /** A certificate authority asked; whatever the routes say, this is the answer. */
        record Challenged(String answer) implements Verdict {}
    }

    /**
     * Fills the request and route parts of {@code record}.
     *
     * @param secure whether the client spoke https, to us or to a trusted proxy
     * @param responses told of the route as soon as it is known: refusals look as the service wants them to
     */
    static Verdict decide(
            Serving serving,
            ConnectionContext connection,
            RequestHead request,
            boolean secure,
            RequestRecord record,
            ResponseEdits responses)
            throws BadMessageException {
        record.method = request.method();
        record.host = request.authority().host();
        record.path = request.path();
        String host = request.authority().host();
        if (!HopByHop.goesFurther(request)) return new Verdict.Refused(Reason.MAX_FORWARDS, null, null);
        String challenge = serving.challenges().answer(request.path());
        if (challenge != null) return new Verdict.Challenged(challenge);
        Router.Decision decision = serving.router().route(connection.port(), host);
        record.rejectedRules = decision.rejected();
        Route route = decision.route();
        if (route == null) {
            // A client that reuses a connection for a name the certificate also covers may find it on a new one.
            String sni = connection.tls() == null ? null : connection.tls().sni();
            return sni == null || host.isEmpty() || sni.equals(host)
                    ? new Verdict.Refused(Reason.NO_ROUTE, null, null)
                    : new Verdict.Refused(Reason.MISDIRECTED, "the connection was made for " + sni, null);
        }
        record.app = route.app().name();
        record.service = route.service().name();
        record.rule = route.rule();
        responses.routed(route, request);
        PortBinding port = route.port();
        if (port.forceHttpsPort() != 0 && !secure)
            return host.isEmpty()
                    ? new Verdict.Refused(Reason.BAD_REQUEST, "a redirect to https needs a host", null)
                    : new Verdict.Refused(Reason.FORCE_HTTPS, null, location(request, port.forceHttpsPort()));
        RouteAnswer answer = null;
        if (route.table() != null) {
            RouteTable.Matched matched;
            try {
                matched = route.table().match(asked(request), ThreadLocalRandom.current());
            } catch (RoutePath.Ambiguous e) {
                return new Verdict.Refused(Reason.BAD_REQUEST, e.getMessage(), null);
            }
            if (matched == null) {
                record.rejectedRules = route.table().losers(asked(request), null);
                return new Verdict.Refused(Reason.NO_ROUTE_MATCH, route.rule(), null);
            }
            route = route.by(matched);
            record.app = route.app().name();
            record.service = route.service().name();
            record.rule = route.rule();
            responses.routed(route, request);
            answer = RouteFilters.answer(matched, request, secure, connection.port());
            // A preflight carries nothing that a guard could judge it by.
            if (answer != null && (matched.guards().isEmpty() || answer instanceof RouteAnswer.Preflight))
                return new Verdict.Answered(answer);
        }
        Verdict limited = limited(serving, route, request, record);
        if (limited != null) return limited;
        long limit = port.http().maxRequestBodyBytes();
        if (request.bodyLength() > limit)
            return new Verdict.Refused(
                    Reason.BODY_TOO_LARGE, "Content-Length is above the limit of " + limit + " bytes", null);
        return new Verdict.Admitted(route, answer);
    }

    private static @Nullable Verdict limited(Serving serving, Route route, RequestHead request, RequestRecord record) {
        List<RateLimit> limits = route.service().rateLimits();
        if (limits.isEmpty()) return null;
        String path;
        try {
            path = RoutePath.normalise(request.path()).compared();
        } catch (RoutePath.Ambiguous e) {
            path = request.path();
        }
        RateLimiter.Denied denied = serving.limiter()
                .check(
                        limits,
                        new RateLimiter.Request(
                                route.app().name(),
                                route.service().name(),
                                route.rule(),
                                record.client.getAddress(),
                                path,
                                request.fields()::find),
                        record.startNanos);
        if (denied == null) return null;
        return new Verdict.Limited(denied.limit().name(), (denied.retryAfterNanos() + 999_999_999L) / 1_000_000_000L);
    }

    private static RouteTable.Asked asked(RequestHead request) {
        return new RouteTable.Asked() {
            @Override
            public String method() {
                return request.method();
            }

            @Override
            public String target() {
                return request.target();
            }

            @Override
            public @Nullable String field(String name) {
                return request.fields().find(name);
            }
        };
    }

    /** The host passed the gate, so it cannot smuggle anything into the field. */
    private static String location(RequestHead request, int port) {
        String host = request.authority().host();
        String name = host.indexOf(':') < 0 ? host : "[" + host + "]";
        String path = request.target().equals("*") ? "" : request.target();
        return "https://" + name + (port == 443 ? "" : ":" + port) + path;
    }

    static Verdict.Refused refused(BadMessageException e) {
        return new Verdict.Refused(e.reason(), e.detail(), null);
    }
}
