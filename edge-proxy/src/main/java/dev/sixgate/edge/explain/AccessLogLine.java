package dev.sixgate.edge.explain;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** One line of the access log: a flat JSON object whose absent fields are left out. Times are milliseconds. */
final class AccessLogLine {
    private AccessLogLine() {}

    static void write(RequestRecord r, JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("time", r.startedAt.toString());
        json.writeStringProperty("id", r.id);
        json.writeStringProperty("client", AddressText.ofMaybePort(r.client));
        if (r.proxy != null) json.writeStringProperty("proxy", AddressText.of(r.proxy));
        string(json, "given_id", r.givenId);
        json.writeStringProperty("local", AddressText.of(r.local));
        json.writeStringProperty("protocol", r.protocol);
        string(json, "tls", r.tlsVersion);
        string(json, "sni", r.sni);
        string(json, "method", r.method);
        string(json, "host", r.host);
        string(json, "path", r.path);
        if (r.status != 0) json.writeNumberProperty("status", r.status);
        string(json, "app", r.app);
        string(json, "service", r.service);
        string(json, "backend", r.backend);
        if (r.backendAddress != null) json.writeStringProperty("backend_address", AddressText.of(r.backendAddress));
        string(json, "region", r.region == null || r.region.isEmpty() ? null : r.region);
        string(json, "peer", r.peer);
        json.writeNumberProperty("attempts", r.attempts);
        millis(json, "duration_ms", r.endNanos - r.startNanos);
        if (r.firstByteNanos != 0) millis(json, "first_byte_ms", r.firstByteNanos - r.startNanos);
        if (r.connectNanos >= 0) millis(json, "connect_ms", r.connectNanos);
        if (r.rttNanos >= 0) millis(json, "rtt_ms", r.rttNanos);
        if (r.retransmits > 0) json.writeNumberProperty("retransmits", r.retransmits);
        json.writeNumberProperty("request_bytes", r.requestBytes);
        json.writeNumberProperty("response_bytes", r.responseBytes);
        if (r.closedBy != null) json.writeStringProperty("closed_by", word(r.closedBy));
        if (r.reason != null) json.writeStringProperty("reason", r.reason.code());
        string(json, "detail", r.detail);
        json.writeEndObject();
    }

    static String word(RequestRecord.Side side) {
        return side.name().toLowerCase(Locale.ROOT);
    }

    private static void string(JsonGenerator json, String name, @Nullable String value) {
        if (value != null) json.writeStringProperty(name, value);
    }

    private static void millis(JsonGenerator json, String name, long nanos) {
        json.writeNumberProperty(name, Math.round(nanos / 1e3) / 1e3);
    }
}
