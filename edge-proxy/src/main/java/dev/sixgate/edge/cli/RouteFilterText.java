package dev.sixgate.edge.cli;

import dev.sixgate.edge.servicemap.AccessFilter;
import dev.sixgate.edge.servicemap.HttpRoute.BackendRef;
import dev.sixgate.edge.servicemap.RouteFilter;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One filter of a route in a line. */
final class RouteFilterText {
    private RouteFilterText() {}

    static String of(RouteFilter filter) {
        return switch (filter) {
            case RouteFilter.UrlRewrite rewrite ->
                "URLRewrite" + (rewrite.hostname() == null ? "" : ", host " + rewrite.hostname())
                        + path(rewrite.path());
            case RouteFilter.RequestRedirect redirect ->
                "RequestRedirect " + redirect.status()
                        + (redirect.scheme() == null ? "" : ", scheme " + redirect.scheme())
                        + (redirect.hostname() == null ? "" : ", host " + redirect.hostname())
                        + path(redirect.path());
            case RouteFilter.RequestHeaderModifier edits -> "RequestHeaderModifier" + edits(edits.edits());
            case RouteFilter.ResponseHeaderModifier edits -> "ResponseHeaderModifier" + edits(edits.edits());
            case RouteFilter.DirectResponse direct ->
                "DirectResponse " + direct.status() + ", " + direct.page().body().length + " bytes";
            case RouteFilter.RequestMirror mirror ->
                "RequestMirror to " + to(mirror.to())
                        + (mirror.numerator() == mirror.denominator()
                                ? ""
                                : ", " + mirror.numerator() + " of " + mirror.denominator());
            case AccessFilter.BasicAuth basic ->
                "BasicAuth, realm " + basic.realm() + ", " + basic.users().size() + " users"
                        + (basic.userField() == null ? "" : ", tells " + basic.userField());
            case AccessFilter.ForwardAuth forward ->
                "ForwardAuth by " + to(forward.to()) + " at " + forward.path()
                        + (forward.copyFields().isEmpty() ? "" : ", tells " + String.join(" ", forward.copyFields()));
            case AccessFilter.Jwt jwt ->
                "JWT by " + String.join(" ", jwt.algorithms())
                        + (jwt.asks() == null ? "" : ", keys of " + to(jwt.asks()))
                        + (jwt.issuer() == null ? "" : ", issuer " + jwt.issuer())
                        + (jwt.audiences().isEmpty() ? "" : ", audience " + String.join(" ", jwt.audiences()))
                        + (jwt.claimFields().isEmpty()
                                ? ""
                                : ", tells " + String.join(" ", new TreeSet<>(jwt.identityFields())));
            case RouteFilter.Cors cors ->
                "CORS, origins " + String.join(" ", cors.allowOrigins())
                        + (cors.allowMethods().isEmpty() ? "" : ", methods " + String.join(" ", cors.allowMethods()))
                        + (cors.allowHeaders().isEmpty() ? "" : ", headers " + String.join(" ", cors.allowHeaders()))
                        + (cors.allowCredentials() ? ", with credentials" : "");
        };
    }

    private static String to(BackendRef ref) {
        return ref.app() + (ref.service().isEmpty() ? "" : "." + ref.service());
    }

    private static String path(RouteFilter.@Nullable PathModifier path) {
        if (path == null) return "";
        return (path.prefix() ? ", matched prefix to " : ", path to ") + path.value();
    }

    private static String edits(RouteFilter.HeaderModifier edits) {
        StringBuilder text = new StringBuilder();
        for (RouteFilter.Field field : edits.set()) text.append(", set ").append(field.name());
        for (RouteFilter.Field field : edits.add()) text.append(", add ").append(field.name());
        for (String name : edits.remove()) text.append(", remove ").append(name);
        return text.toString();
    }
}
