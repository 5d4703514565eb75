package dev.sixgate.edge.filter;

import dev.sixgate.edge.http.Authority;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.router.RouteTable.Matched;
import dev.sixgate.edge.servicemap.RouteFilter;
import dev.sixgate.edge.servicemap.RouteFilter.Field;
import dev.sixgate.edge.servicemap.RouteFilter.HeaderModifier;
import dev.sixgate.edge.servicemap.RouteFilter.PathModifier;
import dev.sixgate.edge.servicemap.RouteFilter.RequestHeaderModifier;
import dev.sixgate.edge.servicemap.RouteFilter.RequestRedirect;
import dev.sixgate.edge.servicemap.RouteFilter.ResponseHeaderModifier;
import dev.sixgate.edge.servicemap.RouteFilter.UrlRewrite;
import org.jspecify.annotations.Nullable;

/** Applies the filters of a route that was matched. */
public final class RouteFilters {
    private RouteFilters() {}

    /** Where a client is sent instead. */
    public record Redirect(int status, String location) {}

    /** What to answer instead of a backend, or null. @param secure whether the client spoke https */
    public static @Nullable Redirect redirect(Matched matched, RequestHead request, boolean secure, int port) {
        for (RouteFilter filter : matched.route().filters())
            if (filter instanceof RequestRedirect redirect)
                return new Redirect(redirect.status(), location(redirect, matched, request, secure, port));
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
                case RequestHeaderModifier modifier -> edit(request.fields(), modifier.edits());
                case ResponseHeaderModifier _, RequestRedirect _ -> {}
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

    /** Changes the fields of a backend's answer. */
    public static void editResponse(Fields fields, Matched matched) {
        for (RouteFilter filter : matched.route().filters())
            if (filter instanceof ResponseHeaderModifier modifier) edit(fields, modifier.edits());
    }

    private static void edit(Fields fields, HeaderModifier edits) {
        for (String name : edits.remove()) fields.dropNamed(name);
        for (Field field : edits.set()) {
            fields.dropNamed(field.name());
            fields.add(field.name(), field.value());
        }
        for (Field field : edits.add()) fields.add(field.name(), field.value());
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
