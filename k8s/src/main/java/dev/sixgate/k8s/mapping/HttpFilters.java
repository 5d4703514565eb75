package dev.sixgate.k8s.mapping;

import io.fabric8.kubernetes.api.model.gatewayapi.v1.Fraction;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPCORSFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPHeader;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPHeaderFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPPathModifier;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRequestMirrorFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRequestRedirectFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPURLRewriteFilter;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code filters} of an HTTPRoute or a GRPCRoute. */
final class HttpFilters {
    private HttpFilters() {}

    /** @param prefixesOnly whether every match of the rule is one of a PathPrefix */
    static Map<String, Object> json(HTTPRouteFilter filter, boolean prefixesOnly) throws Unsupported {
        String type = filter.getType() == null ? "" : filter.getType();
        return switch (type) {
            case "RequestHeaderModifier" -> headers(type, filter.getRequestHeaderModifier());
            case "ResponseHeaderModifier" -> headers(type, filter.getResponseHeaderModifier());
            case "RequestRedirect" -> redirect(filter.getRequestRedirect(), prefixesOnly);
            case "URLRewrite" -> rewrite(filter.getUrlRewrite(), prefixesOnly);
            case "CORS" -> cors(filter.getCors());
            default -> throw new Unsupported("filter " + type + " is not supported");
        };
    }

    static Map<String, Object> headers(String type, @Nullable HTTPHeaderFilter filter) throws Unsupported {
        if (filter == null) throw new Unsupported("filter " + type + " says nothing");
        Map<String, Object> json = Json.object("type", type);
        fields(json, "set", filter.getSet());
        fields(json, "add", filter.getAdd());
        if (filter.getRemove() != null && !filter.getRemove().isEmpty()) json.put("remove", filter.getRemove());
        return json;
    }

    private static void fields(Map<String, Object> json, String key, @Nullable List<HTTPHeader> headers) {
        if (headers == null || headers.isEmpty()) return;
        Map<String, Object> written = Json.object();
        for (HTTPHeader header : headers) written.put(header.getName(), header.getValue());
        json.put(key, written);
    }

    private static Map<String, Object> redirect(@Nullable HTTPRequestRedirectFilter filter, boolean prefixesOnly)
            throws Unsupported {
        if (filter == null) throw new Unsupported("filter RequestRedirect says nothing");
        Map<String, Object> json = Json.object("type", "RequestRedirect");
        if (filter.getScheme() != null) json.put("scheme", filter.getScheme());
        if (filter.getHostname() != null) json.put("hostname", filter.getHostname());
        if (filter.getPort() != null) json.put("port", filter.getPort());
        if (filter.getPath() != null) json.put("path", path(filter.getPath(), prefixesOnly));
        if (filter.getStatusCode() != null) json.put("status_code", filter.getStatusCode());
        return json;
    }

    private static Map<String, Object> rewrite(@Nullable HTTPURLRewriteFilter filter, boolean prefixesOnly)
            throws Unsupported {
        if (filter == null) throw new Unsupported("filter URLRewrite says nothing");
        Map<String, Object> json = Json.object("type", "URLRewrite");
        if (filter.getHostname() != null) json.put("hostname", filter.getHostname());
        if (filter.getPath() != null) json.put("path", path(filter.getPath(), prefixesOnly));
        return json;
    }

    private static Map<String, Object> cors(@Nullable HTTPCORSFilter filter) throws Unsupported {
        if (filter == null) throw new Unsupported("filter CORS says nothing");
        Map<String, Object> json = Json.object("type", "CORS");
        put(json, "allow_origins", filter.getAllowOrigins());
        put(json, "allow_methods", filter.getAllowMethods());
        put(json, "allow_headers", filter.getAllowHeaders());
        put(json, "expose_headers", filter.getExposeHeaders());
        if (filter.getAllowCredentials() != null) json.put("allow_credentials", filter.getAllowCredentials());
        if (filter.getMaxAge() != null) json.put("max_age", filter.getMaxAge() + "s");
        return json;
    }

    private static void put(Map<String, Object> json, String key, @Nullable Collection<String> texts) {
        if (texts != null && !texts.isEmpty()) json.put(key, texts);
    }

    /** @param target of the copies */
    static Map<String, Object> mirror(HTTPRequestMirrorFilter filter, BackendRefs.Target target) {
        Map<String, Object> json = Json.object(
                "type",
                "RequestMirror",
                "backend_ref",
                Json.object("app", target.app().app(), "service", ServiceApp.serviceName(target.port())));
        Fraction fraction = filter.getFraction();
        if (filter.getPercent() != null) json.put("percent", filter.getPercent());
        else if (fraction != null) {
            Map<String, Object> share = Json.object("numerator", fraction.getNumerator());
            if (fraction.getDenominator() != null) share.put("denominator", fraction.getDenominator());
            json.put("fraction", share);
        }
        return json;
    }

    private static Map<String, Object> path(HTTPPathModifier path, boolean prefixesOnly) throws Unsupported {
        boolean prefix = "ReplacePrefixMatch".equals(path.getType());
        String value = prefix ? path.getReplacePrefixMatch() : path.getReplaceFullPath();
        if (prefix && !prefixesOnly) throw new Unsupported("ReplacePrefixMatch needs a PathPrefix in each match");
        if (value == null || !(value.isEmpty() || HttpMatches.isPath(value)))
            throw new Unsupported("\"" + value + "\" is no path to replace one with");
        return Json.object("type", path.getType(), "value", value.isEmpty() ? "/" : value);
    }
}
