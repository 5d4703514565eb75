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
 */
public record LocalAnswer(
        Reason reason,
        String id,
        int status,
        @Nullable String location,
        @Nullable String text) {
    public LocalAnswer(Reason reason, String id) {
        this(reason, id, reason.status(), null, null);
    }

    /** All fields but content-length and those of the connection. */
    public Fields fields() {
        Fields fields = new Fields();
        fields.add("date", HttpDate.now());
        fields.add("content-type", "text/plain");
        fields.add("cache-control", "no-store"); // some of these statuses may be cached unless told otherwise
        if (location != null) fields.add("location", location);
        fields.add("sixgate-request-id", id);
        fields.add("sixgate-reason", reason.code());
        return fields;
    }

    public byte[] body() {
        String body = text != null ? text : reason.code() + ": " + reason.sentence() + "; request " + id + "\n";
        return body.getBytes(StandardCharsets.US_ASCII);
    }
}
