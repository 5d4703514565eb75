package dev.sixgate.edge.servicemap;

import dev.sixgate.edge.servicemap.HttpRoute.BackendRef;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a route changes, in the Gateway API's words (HTTPRouteFilter). Applied in the order written. */
public sealed interface RouteFilter
        permits RouteFilter.RequestHeaderModifier,
                RouteFilter.ResponseHeaderModifier,
                RouteFilter.UrlRewrite,
                RouteFilter.RequestRedirect,
                RouteFilter.DirectResponse,
                RouteFilter.Cors,
                RouteFilter.RequestMirror,
                AccessFilter {
    /** One field to write. */
    record Field(String name, String value) {}

    /** Fields to remove, then to set (replacing), then to add (beside others of the name). */
    record HeaderModifier(List<Field> set, List<Field> add, List<String> remove) {
        public static final HeaderModifier NONE = new HeaderModifier(List.of(), List.of(), List.of());

        public HeaderModifier {
            set = List.copyOf(set);
            add = List.copyOf(add);
            remove = List.copyOf(remove);
        }
    }

    record RequestHeaderModifier(HeaderModifier edits) implements RouteFilter {}

    record ResponseHeaderModifier(HeaderModifier edits) implements RouteFilter {}

    /**
     * @param hostname the Host that the backend sees; null: as it was
     * @param path null: as it was
     */
    record UrlRewrite(@Nullable String hostname, @Nullable PathModifier path) implements RouteFilter {}

    /**
     * Answers instead of a backend. What is null stays as the client asked for it.
     *
     * @param port 0: that of the scheme if one is given, else as it was
     * @param status 301, 302, 303, 307 or 308
     */
    record RequestRedirect(
            @Nullable String scheme,
            @Nullable String hostname,
            int port,
            @Nullable PathModifier path,
            int status) implements RouteFilter {}

    /**
     * Answers instead of a backend.
     *
     * @param status 200 to 599
     */
    record DirectResponse(int status, Page page) implements RouteFilter {}

    /**
     * Lets pages of other origins read the answers (Fetch standard, "CORS protocol"); a browser's question is answered by the
     * edge.
     *
     * @param allowOrigins {@code *}, {@code https://app.example.com} or {@code https://*.example.com}
     * @param allowMethods or {@code *} for any
     * @param allowHeaders or {@code *} for any
     * @param maxAge how long a browser may remember the answer
     */
    record Cors(
            List<String> allowOrigins,
            boolean allowCredentials,
            List<String> allowMethods,
            List<String> allowHeaders,
            List<String> exposeHeaders,
            Duration maxAge)
            implements RouteFilter {
        public Cors {
            allowOrigins = List.copyOf(allowOrigins);
            allowMethods = List.copyOf(allowMethods);
            allowHeaders = List.copyOf(allowHeaders);
            exposeHeaders = List.copyOf(exposeHeaders);
        }
    }

    /**
     * Sends a copy to another service, whose answer nobody waits for.
     *
     * @param to its weight means nothing
     * @param numerator of {@code denominator} requests are copied
     */
    record RequestMirror(BackendRef to, int numerator, int denominator) implements RouteFilter {
        public RequestMirror {
            if (denominator < 1 || numerator < 0 || numerator > denominator)
                throw new IllegalArgumentException(numerator + "/" + denominator + " is no share");
        }
    }

    /** @param prefix whether only the matched prefix is replaced, which takes a PathPrefix match */
    record PathModifier(boolean prefix, String value) {}
}
