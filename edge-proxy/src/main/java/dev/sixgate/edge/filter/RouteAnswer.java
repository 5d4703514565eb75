package dev.sixgate.edge.filter;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.servicemap.Page;

/** What a route answers itself, without a backend. */
public sealed interface RouteAnswer {
    /** Sends the client elsewhere. */
    record Redirect(int status, String location) implements RouteAnswer {}

    /** What the operator wrote. */
    record Direct(int status, Page page) implements RouteAnswer {}

    /** To a browser's question about other origins. */
    record Preflight(Fields fields) implements RouteAnswer {}

    default Reason reason() {
        return switch (this) {
            case Redirect _ -> Reason.REDIRECT;
            case Direct _ -> Reason.DIRECT_RESPONSE;
            case Preflight _ -> Reason.CORS_PREFLIGHT;
        };
    }

    default int status() {
        return switch (this) {
            case Redirect redirect -> redirect.status;
            case Direct direct -> direct.status;
            case Preflight _ -> Reason.CORS_PREFLIGHT.status();
        };
    }
}
