package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.servicemap.HttpRoute.BackendRef;
import dev.sixgate.edge.servicemap.HttpRoute.Match;
import dev.sixgate.edge.servicemap.HttpRoute.PathType;
import dev.sixgate.edge.servicemap.Page;
import dev.sixgate.edge.servicemap.RouteFilter;
import dev.sixgate.edge.servicemap.RouteFilter.PathModifier;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One of {@code filters} of a route. */
final class FilterReader {
    static final List<String> TYPES = List.of(
            "URLRewrite",
            "RequestHeaderModifier",
            "ResponseHeaderModifier",
            "RequestRedirect",
            "DirectResponse",
            "CORS",
            "RequestMirror",
            "BasicAuth",
            "ForwardAuth",
            "JWT");
    private static final List<String> LATER = List.of("ExtensionRef");
    private static final int MAX_SHARE = 1_000_000;
    private static final List<Integer> REDIRECTS = List.of(301, 302, 303, 307, 308);

    private final Problems problems;
    private final HeaderReader headers;
    private final PageReader pages;
    private final CorsReader cors;
    private final AccessReader access;
    private final JwtReader tokens;

    private final BackendReferences references;

    FilterReader(Scope scope, BackendReferences references) {
        this.references = references;
        this.problems = scope.problems();
        this.headers = new HeaderReader(problems);
        this.pages = new PageReader(scope);
        this.cors = new CorsReader(problems);
        this.access = new AccessReader(scope, references);
        this.tokens = new JwtReader(scope, references);
    }

    /** Null, with a problem told, when it cannot be used. */
    @Nullable
    RouteFilter filter(Fields fields, List<Match> matches) {
        if (!fields.require("type", "\"type\": \"URLRewrite\"")) return null;
        String type = fields.word("type", TYPES, LATER);
        if (type == null) return null;
        List<String> own = switch (type) {
            case "URLRewrite" -> List.of("type", "hostname", "path");
            case "RequestRedirect" -> List.of("type", "scheme", "hostname", "port", "path", "status_code");
            case "DirectResponse" -> List.of("type", "status", "body", "content_type");
            case "CORS" -> CorsReader.KEYS;
            case "RequestMirror" -> List.of("type", "backend_ref", "percent", "fraction");
            case "BasicAuth" -> AccessReader.BASIC_KEYS;
            case "ForwardAuth" -> AccessReader.FORWARD_KEYS;
            case "JWT" -> JwtReader.KEYS;
            default -> List.of("type", "set", "add", "remove");
        };
        for (String key : fields.object().members().keySet())
            if (!own.contains(key) && KeyCatalogue.ROUTE_FILTER.built().contains(key))
                problems.error(
                        Code.JSON_003,
                        fields.keySpot(key),
                        Quoted.of(key) + " means nothing to a " + type,
                        "known here: " + String.join(", ", own));
        return switch (type) {
            case "URLRewrite" -> new RouteFilter.UrlRewrite(hostname(fields), path(fields, matches));
            case "RequestRedirect" -> redirect(fields, matches);
            case "DirectResponse" -> direct(fields);
            case "CORS" -> cors.read(fields);
            case "RequestMirror" -> mirror(fields);
            case "BasicAuth" -> access.basic(fields);
            case "ForwardAuth" -> access.forward(fields);
            case "JWT" -> tokens.read(fields);
            case "RequestHeaderModifier" -> new RouteFilter.RequestHeaderModifier(headers.edits(fields));
            default -> new RouteFilter.ResponseHeaderModifier(headers.edits(fields));
        };
    }

    private RouteFilter redirect(Fields fields, List<Match> matches) {
        int status = fields.whole("status_code", 302, 300, 399);
        if (!REDIRECTS.contains(status))
            problems.error(
                    Code.JSON_010, fields.spot("status_code"), status + " is no redirect", "301, 302, 303, 307 or 308");
        return new RouteFilter.RequestRedirect(
                fields.has("scheme") ? fields.word("scheme", List.of("http", "https"), List.of()) : null,
                hostname(fields),
                fields.whole("port", 0, 1, 65535),
                path(fields, matches),
                status);
    }

    private @Nullable String hostname(Fields fields) {
        JsonText text = fields.textNode("hostname");
        if (text == null) return null;
        String name = Addresses.hostname(text.text(), false);
        if (name == null)
            problems.error(
                    Code.JSON_010, text.spot(), Quoted.of(text.text()) + " is not a host name", "\"api.example.com\"");
        return name;
    }

    private @Nullable PathModifier path(Fields filter, List<Match> matches) {
        Fields fields = filter.object("path", KeyCatalogue.ROUTE_PATH).orElse(null);
        if (fields == null) return null;
        boolean both = fields.require("type", "\"type\": \"ReplacePrefixMatch\"")
                & fields.require("value", "\"value\": \"/\"");
        String type = fields.word("type", List.of("ReplaceFullPath", "ReplacePrefixMatch"), List.of());
        JsonText value = fields.textNode("value");
        if (!both || type == null || value == null) return null;
        boolean prefix = type.equals("ReplacePrefixMatch");
        boolean empty = prefix && value.text().isEmpty();
        if (!empty && !RoutesReader.isPath(value.text())) {
            problems.error(Code.JSON_010, value.spot(), Quoted.of(value.text()) + " is not a path", "begin with \"/\"");
            return null;
        }
        for (Match match : matches)
            if (prefix && match.path().type() != PathType.PATH_PREFIX) {
                problems.error(
                        Code.ROUTE_005,
                        fields.spot("type"),
                        "ReplacePrefixMatch needs a PathPrefix match; this rule matches "
                                + match.path().type().word(),
                        "match a PathPrefix, or \"type\": \"ReplaceFullPath\"");
                return null;
            }
        return new PathModifier(prefix, empty ? "/" : value.text());
    }

    private @Nullable RouteFilter direct(Fields fields) {
        if (!fields.require("status", "\"status\": 404")) return null;
        int status = fields.whole("status", 200, 200, 599);
        Page page = fields.has("body") ? pages.written(fields) : Page.EMPTY;
        if (fields.has("body") && List.of(204, 205, 304).contains(status))
            problems.error(
                    Code.JSON_010,
                    fields.spot("body"),
                    "an answer with status " + status + " has no body",
                    "remove it");
        return new RouteFilter.DirectResponse(status, page);
    }

    private @Nullable RouteFilter mirror(Fields fields) {
        if (!fields.require("backend_ref", "\"backend_ref\": { \"app\": \"shadow\" }")) return null;
        BackendRef to = fields.object("backend_ref", KeyCatalogue.FILTER_REF)
                .map(references::read)
                .orElse(null);
        if (to == null) return null;
        if (fields.has("percent") && fields.has("fraction"))
            problems.error(
                    Code.JSON_010,
                    fields.keySpot("fraction"),
                    "\"percent\" and \"fraction\" both say how many requests are copied",
                    "remove one");
        Fields fraction = fields.object("fraction", KeyCatalogue.FRACTION).orElse(null);
        if (fraction == null) return new RouteFilter.RequestMirror(to, fields.whole("percent", 100, 0, 100), 100);
        fraction.require("numerator", "\"numerator\": 5");
        int denominator = fraction.whole("denominator", 100, 1, MAX_SHARE);
        return new RouteFilter.RequestMirror(to, fraction.whole("numerator", 0, 0, denominator), denominator);
    }
}
