package dev.sixgate.k8s.mapping;

import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPPathMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code matches} of an HTTPRoute. */
final class HttpMatches {
    static final String PREFIX = "PathPrefix";

    private HttpMatches() {}

    static Map<String, Object> json(HTTPRouteMatch match) throws Unsupported {
        HTTPPathMatch path = match.getPath();
        Map<String, Object> json = Json.object(
                "path",
                path == null
                        ? path(PREFIX, "/")
                        : path(
                                path.getType() == null ? PREFIX : path.getType(),
                                path.getValue() == null ? "/" : path.getValue()));
        if (match.getMethod() != null) json.put("method", match.getMethod());
        List<Map<String, Object>> headers = new ArrayList<>();
        if (match.getHeaders() != null)
            for (var header : match.getHeaders())
                headers.add(field(header.getName().toLowerCase(Locale.ROOT), header.getType(), header.getValue()));
        if (!headers.isEmpty()) json.put("headers", headers);
        List<Map<String, Object>> parameters = new ArrayList<>();
        if (match.getQueryParams() != null)
            for (var parameter : match.getQueryParams())
                parameters.add(field(parameter.getName(), parameter.getType(), parameter.getValue()));
        if (!parameters.isEmpty()) json.put("query_params", parameters);
        return json;
    }

    static Map<String, Object> path(String type, String value) throws Unsupported {
        switch (type) {
            case PREFIX, "Exact" -> {
                if (!isPath(value))
                    throw new Unsupported("no request has the path \"" + value + "\" once it is normalised");
                boolean cut = type.equals(PREFIX) && value.length() > 1 && value.endsWith("/");
                return Json.object("type", type, "value", cut ? value.substring(0, value.length() - 1) : value);
            }
            case "RegularExpression" -> {
                return Json.object("type", type, "value", value);
            }
            default -> throw new Unsupported("path type " + type + " is not known");
        }
    }

    /** Printable, absolute, without query, empty or dot segments. */
    static boolean isPath(String value) {
        return value.matches("/[!-~]*")
                && !value.matches(".*([?#\"<>\\\\]|//|/\\.\\.?(/|$)).*")
                && !value.matches(".*/\\.\\.?");
    }

    static Map<String, Object> field(String name, @Nullable String type, String value) throws Unsupported {
        if (type == null || type.equals("Exact")) return Json.object("name", name, "value", value);
        if (type.equals("RegularExpression")) return Json.object("name", name, "type", type, "value", value);
        throw new Unsupported("match type " + type + " of " + name + " is not known");
    }
}
