package dev.sixgate.edge.http;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.servicemap.Page;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An answer that the edge makes itself: a status, one sentence, and the id to ask {@code sixgate explain} for.
 *
 * @param status its HTTP status, mostly the reason's own
 * @param more fields of its own, such as {@code location}
 * @param page the body where that is not the reason's sentence, else null
 * @param grpc in the form that a gRPC client understands: no body, and the status in grpc-status
 * @param edits what the operator does to every response
 */
public record LocalAnswer(
        Reason reason,
        String id,
        int status,
        Fields more,
        @Nullable Page page,
        boolean grpc,
        Consumer<Fields> edits) {
    private static final String GRPC = "application/grpc";
    private static final byte[] NOTHING = {};

    public LocalAnswer(Reason reason, String id) {
        this(reason, id, reason.status(), new Fields(), null, false, _ -> {});
    }

    /** Whether a request speaks gRPC, whose clients look for a status in fields of their own and want 200 for the rest. */
    public static boolean isGrpc(Fields request) {
        String type = request.first(FieldName.CONTENT_TYPE);
        return type != null && type.regionMatches(true, 0, GRPC, 0, GRPC.length());
    }

    /** As the client reads it. */
    @Override
    public int status() {
        return grpc ? 200 : status;
    }

    /** As gRPC maps the statuses of HTTP; what is too large or too late has names of its own there. */
    private int grpcStatus() {
        return switch (status) {
            case 400, 500 -> 13; // INTERNAL
            case 401 -> 16; // UNAUTHENTICATED
            case 403 -> 7; // PERMISSION_DENIED
            case 404, 501 -> 12; // UNIMPLEMENTED
            case 408 -> 4; // DEADLINE_EXCEEDED
            case 413, 431 -> 8; // RESOURCE_EXHAUSTED
            case 429, 502, 503, 504 -> 14; // UNAVAILABLE
            default -> 2; // UNKNOWN
        };
    }

    /** Whether Content-Length says how long {@link #body} is; RFC 9110 §8.6 leaves it out of these. */
    public boolean tellsLength() {
        return !grpc && hasBody();
    }

    /** Whether the status lets a body follow. */
    public boolean hasBody() {
        return status != 204 && status != 304;
    }

    /** All fields but content-length and those of the connection. */
    public Fields fields() {
        Fields fields = new Fields();
        fields.add("date", HttpDate.now());
        String type = grpc ? GRPC : page != null ? page.contentType() : "text/plain";
        if (!type.isEmpty() && hasBody()) fields.add("content-type", type);
        if (grpc) {
            fields.add("grpc-status", Integer.toString(grpcStatus()));
            fields.add("grpc-message", sentence());
        }
        // Some of these statuses may be cached unless told otherwise.
        if (!more.contains("cache-control")) fields.add("cache-control", "no-store");
        for (int i = 0; i < more.size(); i++) if (!more.isDropped(i)) fields.add(more.nameText(i), more.value(i));
        fields.add("sixgate-request-id", id);
        fields.add("sixgate-reason", reason.code());
        edits.accept(fields);
        return fields;
    }

    /** Not to be changed. */
    public byte[] body() {
        if (grpc || !hasBody()) return NOTHING;
        return page != null ? page.body() : (sentence() + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    private String sentence() {
        return reason.code() + ": " + reason.sentence() + "; request " + id;
    }
}
