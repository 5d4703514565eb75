package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.servicemap.Page;
import dev.sixgate.edge.servicemap.ResponseOptions;
import dev.sixgate.edge.servicemap.RouteFilter.Field;
import dev.sixgate.edge.servicemap.RouteFilter.HeaderModifier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** {@code response} and {@code error_pages} of {@code http_options}: a port's word wins, header by header, page by page. */
final class ResponseReader {
    private static final String HSTS = "Strict-Transport-Security";

    private final Problems problems;
    private final HeaderReader headers;
    private final PageReader pages;

    ResponseReader(Scope scope) {
        this.problems = scope.problems();
        this.headers = new HeaderReader(problems);
        this.pages = new PageReader(scope);
    }

    ResponseOptions read(Fields options, ResponseOptions base) {
        HeaderModifier edits = base.headers();
        List<Field> overHttps = base.overHttps();
        Fields response = options.object("response", KeyCatalogue.RESPONSE).orElse(null);
        JsonNode written = response == null ? null : response.get("headers");
        if (written instanceof JsonObject object) {
            HeaderModifier own = headers.setOrRemoved(object);
            List<String> named = Stream.concat(own.set().stream().map(Field::name), own.remove().stream())
                    .toList();
            edits = new HeaderModifier(
                    joined(
                            kept(base.headers().set(), named),
                            own.set().stream().filter(one -> !isHsts(one)).toList()),
                    List.of(),
                    joined(
                            base.headers().remove().stream()
                                    .filter(name -> !contains(named, name))
                                    .toList(),
                            own.remove()));
            overHttps = joined(
                    kept(base.overHttps(), named),
                    own.set().stream().filter(ResponseReader::isHsts).toList());
        } else if (written != null)
            problems.error(
                    Code.JSON_004,
                    written.spot(),
                    "\"headers\" must be an object, found " + written.found(),
                    "\"headers\": { \"Server\": false, \"X-Edge\": \"fra-1\" }");
        return new ResponseOptions(edits, overHttps, errorPages(options, base.errorPages()));
    }

    private static boolean isHsts(Field field) {
        return field.name().equalsIgnoreCase(HSTS);
    }

    private static List<Field> kept(List<Field> fields, List<String> without) {
        return fields.stream().filter(field -> !contains(without, field.name())).toList();
    }

    private static boolean contains(List<String> names, String name) {
        return names.stream().anyMatch(name::equalsIgnoreCase);
    }

    private static <T> List<T> joined(List<T> first, List<T> second) {
        List<T> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    private Map<Integer, Page> errorPages(Fields options, Map<Integer, Page> base) {
        JsonNode node = options.get("error_pages");
        if (node == null) return base;
        Map<Integer, Page> read = new HashMap<>(base);
        if (!(node instanceof JsonObject object)) {
            problems.error(
                    Code.JSON_004,
                    node.spot(),
                    "\"error_pages\" must be an object, found " + node.found(),
                    "\"error_pages\": { \"5xx\": { \"file\": \"sorry.html\" } }");
            return read;
        }
        object.members().forEach((status, member) -> {
            if (!status.matches("[45]([0-9][0-9]|xx)")) {
                problems.error(
                        Code.JSON_010,
                        object.keySpot(status),
                        Quoted.of(status) + " is no status of an error, nor a class of them",
                        "\"404\", \"5xx\"");
                return;
            }
            Page page = Fields.of(member.value(), "an error page", KeyCatalogue.ERROR_PAGE, problems)
                    .map(pages::file)
                    .orElse(null);
            if (page != null) read.put(Integer.valueOf(status.endsWith("xx") ? status.substring(0, 1) : status), page);
        });
        return read;
    }
}
