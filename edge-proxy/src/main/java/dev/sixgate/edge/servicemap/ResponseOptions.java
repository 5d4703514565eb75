package dev.sixgate.edge.servicemap;

import dev.sixgate.edge.servicemap.RouteFilter.Field;
import dev.sixgate.edge.servicemap.RouteFilter.HeaderModifier;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a port does to every response, its backends' and the edge's own.
 *
 * @param headers to all clients
 * @param overHttps fields to set, besides, for clients that spoke https: Strict-Transport-Security (RFC 6797 §7.2)
 * @param errorPages bodies of the edge's own answers, by status, or by its first digit where there is none for the status
 */
public record ResponseOptions(HeaderModifier headers, List<Field> overHttps, Map<Integer, Page> errorPages) {
    public static final ResponseOptions NONE = new ResponseOptions(HeaderModifier.NONE, List.of(), Map.of());

    public ResponseOptions {
        overHttps = List.copyOf(overHttps);
        errorPages = Map.copyOf(errorPages);
    }

    /** Null: the reason's own sentence. */
    public @Nullable Page errorPage(int status) {
        if (errorPages.isEmpty()) return null;
        Page page = errorPages.get(status);
        return page == null ? errorPages.get(status / 100) : page;
    }
}
