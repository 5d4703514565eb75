package dev.sixgate.edge.servicemap;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One route of a service, in the Gateway API's words (HTTPRouteRule): what it matches, what is changed on the way, and who
 * gets it.
 *
 * @param matches any of them suffices; at least one
 * @param backendRefs empty: the service's own app
 * @param requests its service's, where it has no word of its own
 * @param prefer regions whose backends are taken first, in this order, those of one set alike; empty: the service's order
 * @param persistence null: the service's
 */
public record HttpRoute(
        String name,
        List<Match> matches,
        List<RouteFilter> filters,
        List<BackendRef> backendRefs,
        RequestPolicy requests,
        List<Set<String>> prefer,
        @Nullable SessionPersistence persistence) {
    /** As its service in all that is not said here. */
    public HttpRoute(
            String name,
            List<Match> matches,
            List<RouteFilter> filters,
            List<BackendRef> backendRefs,
            Duration request,
            Duration backendRequest,
            Retry retry) {
        this(name, matches, filters, backendRefs, new RequestPolicy(request, backendRequest, retry), List.of(), null);
    }

    public HttpRoute {
        prefer = List.copyOf(prefer);
        matches = List.copyOf(matches);
        filters = List.copyOf(filters);
        backendRefs = List.copyOf(backendRefs);
    }

    /**
     * Conditions that must all hold.
     *
     * @param method null: any
     */
    public record Match(Path path, @Nullable String method, List<FieldMatch> headers, List<FieldMatch> queryParams) {
        public static final Match ANYTHING = new Match(Path.ROOT, null, List.of(), List.of());

        public Match {
            headers = List.copyOf(headers);
            queryParams = List.copyOf(queryParams);
        }
    }

    /** @param value begins with a slash; a prefix has no slash at its end, but for {@code /} itself */
    public record Path(PathType type, String value) {
        public static final Path ROOT = new Path(PathType.PATH_PREFIX, "/");
    }

    /** In order of precedence. */
    public enum PathType {
        EXACT("Exact"),
        REGULAR_EXPRESSION("RegularExpression"),
        /** Of whole segments: {@code /api} stands for {@code /api/v1} and not for {@code /apis}. */
        PATH_PREFIX("PathPrefix");

        private final String word;

        PathType(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }

    /**
     * A header or a query parameter by name.
     *
     * @param regularExpression whether {@code value} is one that the whole value must match; else it is compared
     */
    public record FieldMatch(String name, boolean regularExpression, String value) {}

    /** @param weight its share of the sum of all; 0: none */
    public record BackendRef(String app, String service, int weight) {}

    /**
     * When a request is tried again with another backend. Only what is certain to do no harm: nothing of the body was sent,
     * and the method is idempotent or {@code idempotent} says that the operator knows better.
     *
     * @param attempts further ones
     * @param afterReset whether a connection that broke before the response began counts as not reached
     * @param codes of answers that are thrown away and tried again; empty: none are
     * @param budgetPercent most retries for codes, as a share of requests; 100: no bound
     */
    public record Retry(int attempts, boolean afterReset, List<Integer> codes, boolean idempotent, int budgetPercent) {
        /** Backends that could not be reached are passed over, up to three in all; an answer is an answer. */
        public static final Retry DEFAULT = new Retry(2, false, List.of(), false, 20);

        public Retry {
            codes = List.copyOf(codes);
        }
    }
}
