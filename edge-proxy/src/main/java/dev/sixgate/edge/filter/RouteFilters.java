package dev.sixgate.edge.filter;

import dev.sixgate.edge.http.Authority;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.HeaderEdits;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.router.RouteTable.Matched;
import dev.sixgate.edge.servicemap.AccessFilter;
import dev.sixgate.edge.servicemap.RouteFilter;
import dev.sixgate.edge.servicemap.RouteFilter.Cors;
import dev.sixgate.edge.servicemap.RouteFilter.DirectResponse;
import dev.sixgate.edge.servicemap.RouteFilter.PathModifier;
import dev.sixgate.edge.servicemap.RouteFilter.RequestHeaderModifier;
import dev.sixgate.edge.servicemap.RouteFilter.RequestMirror;
import dev.sixgate.edge.servicemap.RouteFilter.RequestRedirect;
import dev.sixgate.edge.servicemap.RouteFilter.ResponseHeaderModifier;
import dev.sixgate.edge.servicemap.RouteFilter.UrlRewrite;
import org.jspecify.annotations.Nullable;

/** Applies the filters of a route that was matched. */
public final class RouteFilters {
    private RouteFilters() {}

    /**
     * What to answer instead of a backend, or null. A browser's question about other origins comes first: it carries nothing
     * that another filter could judge it by.
     *
     * @param secure whether the client spoke https
     * @param port of the listener
     */
    public static @Nullable RouteAnswer answer(Matched matched, RequestHead request, boolean secure, int port) {
        Cors cors = cors(matched);
        if (cors != null && CrossOrigin.isPreflight(request))
            return new RouteAnswer.Preflight(CrossOrigin.preflight(cors, request));
        for (RouteFilter filter : matched.route().filters())
            if (filter instanceof RequestRedirect redirect) {
                if (!request.authority().host().isEmpty() || redirect.hostname() != null)
                    return new RouteAnswer.Redirect(
                            redirect.status(), location(redirect, matched, request, secure, port));
            } else if (filter instanceof DirectResponse direct)
                return new RouteAnswer.Direct(direct.status(), direct.page());
        return null;
    }

    /** Who may read the answers of this route beside its own origin; null: it does not say. */
    public static @Nullable Cors cors(Matched matched) {
        for (RouteFilter filter : matched.route().filters()) if (filter instanceof Cors cors) return cors;
        return null;
    }

    /** The Gateway API's rule: without a port, that of the scheme when one is given, else the listener's. */
    private static String location(
            RequestRedirect redirect, Matched matched, RequestHead request, boolean secure, int port) {
        String scheme = redirect.scheme() != null ? redirect.scheme() : secure ? "https" : "http";
        String host = redirect.hostname() != null
                ? redirect.hostname()
                : request.authority().host();
        int standard = scheme.equals("https") ? 443 : 80;
        int to = redirect.port() != 0 ? redirect.port() : redirect.scheme() != null ? standard : port;
        return scheme + "://" + (host.indexOf(':') < 0 ? host : "[" + host + "]") + (to == standard ? "" : ":" + to)
                + target(redirect.path(), matched);
    }

    /** The request as the backend gets it: its target and fields; its authority stays, see {@link #hostname}. */
    public static RequestHead rewritten(RequestHead request, Matched matched) {
        String target = matched.target();
        for (RouteFilter filter : matched.route().filters())
            switch (filter) {
                case UrlRewrite rewrite -> target = target(rewrite.path(), matched);
                case RequestHeaderModifier modifier -> HeaderEdits.apply(request.fields(), modifier.edits());
                case ResponseHeaderModifier _,
                        RequestRedirect _,
                        DirectResponse _,
                        Cors _,
                        RequestMirror _,
                        AccessFilter _ -> {}
            }
        return target.equals(request.target()) ? request : request.withTarget(target);
    }

    /** What stands in Host; null: what the client asked for. */
    public static @Nullable Authority hostname(Matched matched) {
        for (RouteFilter filter : matched.route().filters())
            if (filter instanceof UrlRewrite rewrite && rewrite.hostname() != null)
                return new Authority(rewrite.hostname(), rewrite.hostname());
        return null;
    }

    /** Changes the fields of an answer, a backend's or the route's own. */
    public static void editResponse(Fields fields, Matched matched) {
        for (RouteFilter filter : matched.route().filters())
            if (filter instanceof ResponseHeaderModifier modifier) HeaderEdits.apply(fields, modifier.edits());
    }

    private static String target(@Nullable PathModifier modifier, Matched matched) {
        String target = matched.target();
        if (modifier == null) return target;
        int mark = target.indexOf('?');
        String query = mark < 0 ? "" : target.substring(mark);
        if (!modifier.prefix()) return modifier.value() + query;
        String path = mark < 0 ? target : target.substring(0, mark);
        String rest = behind(path, matched.prefix());
        String value = modifier.value();
        // /api onto / leaves one slash between the two, whatever the two bring along.
        String base = value.endsWith("/") ? value.substring(0, value.length() - 1) : value;
        String joined = rest.isEmpty() ? value : rest.startsWith("/") ? base + rest : base + "/" + rest;
        return (joined.isEmpty() ? "/" : joined) + query;
    }

    /**
     * What follows the prefix. The path is as the client spelled it: where that is not how the prefix is spelled, as many
     * segments are cut as the prefix has.
     */
    private static String behind(String path, String prefix) {
        if (prefix.equals("/")) return path;
        if (path.startsWith(prefix)) return path.substring(prefix.length());
        int at = 0;
        for (int slash = 0; slash >= 0; slash = prefix.indexOf('/', slash + 1)) {
            while (at < path.length() && path.charAt(at) == '/') at++;
            int end = path.indexOf('/', at);
            at = end < 0 ? path.length() : end;
        }
        return path.substring(at);
    }
}
