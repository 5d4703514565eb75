package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.filter.Compression;
import dev.sixgate.edge.filter.CrossOrigin;
import dev.sixgate.edge.filter.RouteFilters;
import dev.sixgate.edge.http.BadMessageException;
import dev.sixgate.edge.http.ConnectionContext;
import dev.sixgate.edge.http.FieldName;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.HeaderEdits;
import dev.sixgate.edge.http.HopByHop;
import dev.sixgate.edge.http.HttpDate;
import dev.sixgate.edge.http.LocalAnswer;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.http.ResponseHead;
import dev.sixgate.edge.router.Route;
import dev.sixgate.edge.router.RouteTable.Matched;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.Page;
import dev.sixgate.edge.servicemap.RouteFilter.Cors;
import org.jspecify.annotations.Nullable;

/**
 * What is done to one response on its way to the client, the backend's or our own: the route's edits, then the port's, and
 * the fields of an intermediary.
 */
final class ResponseEdits {
    private final ConnectionContext connection;
    private HttpOptions options;
    private boolean secure;
    private @Nullable Matched matched;
    private @Nullable Cors cors;
    private @Nullable String origin; // of the page that asks, where the route cares
    private boolean takesGzip;

    private ResponseEdits(ConnectionContext connection) {
        this.connection = connection;
        this.options = connection.options();
        this.secure = connection.tls() != null;
    }

    /** As the port has it, until a service is known. */
    static ResponseEdits unrouted(ConnectionContext connection) {
        return new ResponseEdits(connection);
    }

    /** @param spokeHttps to us or to a trusted proxy */
    void secure(boolean spokeHttps) {
        secure = spokeHttps;
    }

    /** @param request before the route edits it */
    void routed(Route route, RequestHead request) {
        options = route.port().http();
        takesGzip = options.compress() && Compression.isAccepted(request);
        matched = route.matched();
        cors = matched == null ? null : RouteFilters.cors(matched);
        if (cors != null) origin = request.fields().find("origin");
    }

    /** Changes the fields of a backend's final head. */
    void edit(ResponseHead head, String id) throws BadMessageException {
        Fields fields = head.fields();
        HopByHop.stripResponse(fields);
        if (matched != null) RouteFilters.editResponse(fields, matched);
        if (cors != null) CrossOrigin.edit(fields, cors, origin);
        if (!fields.contains(FieldName.DATE)) fields.add("date", HttpDate.now());
        fields.add("via", head.version().number() + " sixgate");
        fields.add("sixgate-request-id", id);
        String altSvc = connection.altSvc();
        if (altSvc != null) fields.add("alt-svc", altSvc);
        ofPort(fields);
    }

    private void ofPort(Fields fields) {
        HeaderEdits.apply(fields, options.response().headers());
        if (secure) HeaderEdits.set(fields, options.response().overHttps());
    }

    /** @return what to send to instead, perhaps one that compresses */
    Downstream around(Downstream downstream, ResponseHead head) {
        return options.compress() ? CompressingDownstream.around(downstream, head, takesGzip) : downstream;
    }

    /**
     * @param more taken; fields of this answer alone
     * @param page null: the error page for the status, else the reason's sentence
     */
    LocalAnswer answer(Reason reason, String id, int status, Fields more, @Nullable Page page, boolean grpc) {
        Page body = page == null && status >= 400 && !grpc ? options.response().errorPage(status) : page;
        return new LocalAnswer(reason, id, status, more, body, grpc, fields -> {
            if (reason == Reason.DIRECT_RESPONSE && matched != null) RouteFilters.editResponse(fields, matched);
            if (cors != null && reason != Reason.CORS_PREFLIGHT) CrossOrigin.edit(fields, cors, origin);
            ofPort(fields);
        });
    }

    static Fields field(String name, String value) {
        Fields fields = new Fields();
        fields.add(name, value);
        return fields;
    }
}
