package dev.sixgate.edge.http;

import dev.sixgate.edge.explain.Reason;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * An answer that the edge makes itself: a status, one sentence, and the id to ask {@code sixgate explain} for.
 *
 * @param status its HTTP status, mostly the reason's own
 * @param location for a redirect, else null
 * @param text the whole body in ASCII where that is what was asked for, else null: the reason's sentence
 * @param grpc in the form that a gRPC client understands: no body, and the status in grpc-status
 * @param retryAfterSeconds 0: not said
 */
public record LocalAnswer(
        Reason reason,
        String id,
        int status,
        @Nullable String location,
        @Nullable String text,
        boolean grpc,
        long retryAfterSeconds) {
    private static final String GRPC = "application/grpc";

    public LocalAnswer(Reason reason, String id) {
        this(reason, id, reason.status(), null, null, false, 0);
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

    /** All fields but content-length and those of the connection. */
    public Fields fields() {
        Fields fields = new Fields();
        fields.add("date", HttpDate.now());
        fields.add("content-type", grpc ? GRPC : "text/plain");
        if (grpc) {
            fields.add("grpc-status", Integer.toString(grpcStatus()));
            fields.add("grpc-message", sentence());
        }
        fields.add("cache-control", "no-store"); // some of these statuses may be cached unless told otherwise
        if (location != null) fields.add("location", location);
        if (retryAfterSeconds > 0) fields.add("retry-after", Long.toString(retryAfterSeconds));
        fields.add("sixgate-request-id", id);
        fields.add("sixgate-reason", reason.code());
        return fields;
    }

    public byte[] body() {
        String body = grpc ? "" : text != null ? text : sentence() + "\n";
        return body.getBytes(StandardCharsets.US_ASCII);
    }

    private String sentence() {
        return reason.code() + ": " + reason.sentence() + "; request " + id;
    }
}
