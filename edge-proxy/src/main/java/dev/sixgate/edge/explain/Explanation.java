package dev.sixgate.edge.explain;

import dev.sixgate.edge.explain.RequestRecord.Candidate;
import dev.sixgate.edge.explain.RequestRecord.RejectedRule;
import dev.sixgate.edge.explain.RequestRecord.Side;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** One whole record for people: a sentence that names the culprit, then the stages with their times; and as JSON. */
public final class Explanation {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final RequestRecord record;

    private Explanation(RequestRecord record) {
        this.record = record;
    }

    public static String text(RequestRecord record) {
        return new Explanation(record).text();
    }

    /** The same as one JSON object, a stage a key; times in milliseconds. */
    public static String json(RequestRecord record) {
        return JSON.writeValueAsString(tree(record));
    }

    /** As {@link #json}, as maps and lists. */
    public static Map<String, Object> tree(RequestRecord record) {
        return new Explanation(record).tree();
    }

    /** The head of it, for lists: id, started_at, asked, verdict, and the reason if there is one. */
    public static Map<String, Object> summary(RequestRecord r) {
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("id", r.id);
        summary.put("started_at", r.startedAt.toString());
        summary.put("asked", asked(r));
        if (r.status != 0) summary.put("status", r.status);
        if (r.reason != null) summary.put("reason", r.reason.code());
        summary.put("verdict", verdict(r));
        return summary;
    }

    private static String asked(RequestRecord r) {
        return r.method == null
                ? r.protocol + " connection"
                : r.method + " " + (r.host == null ? "" : r.host) + (r.path == null ? "" : r.path);
    }

    /** One sentence: what became of it and who caused that: client, edge, tunnel or backend. */
    public static String verdict(RequestRecord r) {
        String took = duration(r.endNanos - r.startNanos);
        if (r.reason == null) {
            String by = r.backend == null ? "the edge" : "backend " + r.backend;
            if (r.status == 101)
                return "Switched to a WebSocket by " + by + ", open for " + took + "; " + endedBy(r) + ".";
            return r.status == 0
                    ? "Served by " + by + " for " + took + "; " + endedBy(r) + "."
                    : "Answered " + r.status + " by " + by + " in " + took + "; the edge saw no fault.";
        }
        String what = r.detail == null ? r.reason.sentence() : r.reason.sentence() + " (" + r.detail + ")";
        String outcome = r.status == 0
                ? ""
                : r.reason.status() == r.status || hasManyStatuses(r.reason)
                        ? ", so the answer was " + r.status
                        : ", and cut the answer, " + r.status;
        return "The cause lies with the " + name(culprit(r)) + ": " + what + outcome + ", after " + took + ".";
    }

    /** Whether the status is the operator's to choose, or another service's. */
    private static boolean hasManyStatuses(Reason reason) {
        return switch (reason) {
            case REDIRECT, DIRECT_RESPONSE, AUTH_DENIED -> true;
            default -> false;
        };
    }

    private static Side culprit(RequestRecord r) {
        if (r.closedBy != null) return r.closedBy;
        return switch (r.reason) {
            case null -> Side.EDGE;
            case BAD_REQUEST,
                    AMBIGUOUS_LENGTH,
                    HEADER_TIMEOUT,
                    URI_TOO_LONG,
                    HEADERS_TOO_LARGE,
                    BODY_TOO_LARGE,
                    EXPECTATION_FAILED,
                    UNSUPPORTED_METHOD,
                    UNSUPPORTED_VERSION,
                    ACME_CHALLENGE,
                    REDIRECT,
                    DIRECT_RESPONSE,
                    CORS_PREFLIGHT,
                    NO_ROUTE_MATCH,
                    FORCE_HTTPS,
                    MISDIRECTED,
                    MAX_FORWARDS,
                    NO_ROUTE,
                    RATE_LIMITED,
                    UNAUTHORIZED,
                    AUTH_DENIED,
                    DENIED_BY_POLICY,
                    CLIENT_RESET,
                    PROXY_HEADER,
                    TLS_HANDSHAKE -> Side.CLIENT;
            case NO_TUNNEL -> Side.TUNNEL;
            case BACKEND_REFUSED,
                    BACKEND_TIMEOUT,
                    REQUEST_TIMEOUT,
                    BACKEND_REQUEST_TIMEOUT,
                    BACKEND_IDLE,
                    BACKEND_UNREACHABLE,
                    BACKEND_RESET,
                    BACKEND_RESET_MID_BODY,
                    BACKEND_TLS,
                    BACKEND_PROTOCOL,
                    BACKEND_NO_UPGRADE -> Side.BACKEND;
            case IDLE_TIMEOUT,
                    MAX_LIFETIME,
                    AUTH_UNAVAILABLE,
                    NO_BACKEND,
                    NO_HEALTHY_BACKEND,
                    BACKENDS_FULL,
                    QUEUE_TIMEOUT,
                    DRAINING,
                    OVERLOADED,
                    INTERNAL -> Side.EDGE;
        };
    }

    private static String endedBy(RequestRecord r) {
        return r.closedBy == null ? "both sides closed" : "the " + name(r.closedBy) + " closed first";
    }

    private static String name(Side side) {
        return AccessLogLine.word(side);
    }

    private String text() {
        RequestRecord r = record;
        Lines lines = new Lines();
        String asked = asked(r);
        lines.plain(r.id + "  " + asked);
        lines.plain(verdict(r));
        lines.plain("");
        lines.stage(
                0,
                -1,
                "accept",
                AddressText.ofMaybePort(r.client)
                        + (r.proxy == null ? "" : " through " + AddressText.of(r.proxy)) + " to "
                        + AddressText.of(r.local) + ", " + r.protocol + ", " + r.startedAt);
        if (r.tlsVersion != null)
            lines.stage(
                    -1,
                    r.tlsHandshakeNanos,
                    "tls",
                    r.tlsVersion + " " + r.tlsCipher + (r.sni == null ? ", no SNI" : ", SNI " + r.sni));
        if (r.method != null) lines.stage(-1, -1, "request", asked + ", body of " + bytes(r.requestBytes));
        lines.stage(
                -1,
                -1,
                "route",
                r.rule == null ? "no rule took it" : r.rule + " (app " + r.app + ", service " + r.service + ")");
        for (RejectedRule rule : r.rejectedRules) lines.detail("not " + rule.rule() + ": " + rule.why());
        if (r.attempts > 0 || !r.candidates.isEmpty())
            lines.stage(-1, r.queuedNanos > 0 ? r.queuedNanos : -1, "balance", balance(r));
        for (Candidate candidate : r.candidates) lines.detail(candidate(candidate));
        if (r.policy != null) lines.stage(-1, -1, "policy", r.policy);
        if (r.backendAddress != null) lines.stage(-1, -1, "tunnel", tunnel(r));
        if (r.backendAddress != null)
            lines.stage(
                    -1,
                    r.connectNanos,
                    "connect",
                    (r.connectionReused ? "reused a connection to " : "to ")
                            + AddressText.of(r.backendAddress)
                            + (r.innerLocal == null ? "" : " from " + AddressText.of(r.innerLocal)));
        if (r.rttNanos >= 0)
            lines.stage(
                    -1,
                    -1,
                    "inner tcp",
                    "round trip " + duration(r.rttNanos) + ", " + r.retransmits + " retransmits, "
                            + duration(r.zeroWindowNanos) + " of closed window");
        if (r.firstByteNanos != 0) lines.stage(r.firstByteNanos - r.startNanos, -1, "first byte", "from the backend");
        lines.stage(r.endNanos - r.startNanos, -1, "end", end(r));
        return lines.text.toString();
    }

    private static String balance(RequestRecord r) {
        if (r.backend == null) return "no backend was chosen";
        String region = r.region == null || r.region.isEmpty() ? "" : " in " + r.region;
        String why = r.choice.isEmpty() ? "" : ": " + r.choice;
        return "backend " + r.backend + region + ", attempt " + r.attempts + why;
    }

    private static String candidate(Candidate c) {
        String state = c.inFlight() + " in flight" + (c.failing() ? ", failing" : "")
                + (c.expectedNanos() < 0 ? "" : ", expected after " + duration(c.expectedNanos()));
        return c.why() == null
                ? "took " + c.backend() + " (" + state + ")"
                : "not " + c.backend() + " (" + state + "): " + c.why();
    }

    private static String tunnel(RequestRecord r) {
        if (r.peer == null) return "none: reached directly, outside the mesh";
        return "peer " + r.peer
                + (r.handshakeAgeNanos < 0
                        ? ", no handshake yet"
                        : ", handshake " + duration(r.handshakeAgeNanos) + " old");
    }

    private static String end(RequestRecord r) {
        return (r.status == 0 ? "" : "status " + r.status + ", ")
                + bytes(r.requestBytes) + " in, " + bytes(r.responseBytes) + " out"
                + (r.closedBy == null ? "" : ", ended by the " + name(r.closedBy))
                + (r.reason == null ? "" : ", " + r.reason.code());
    }

    private Map<String, Object> tree() {
        RequestRecord r = record;
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("id", r.id);
        tree.put("verdict", verdict(r));
        tree.put("started_at", r.startedAt.toString());
        tree.put("duration_ms", millis(r.endNanos - r.startNanos));
        Map<String, Object> accept = child(tree, "accept");
        accept.put("client", AddressText.ofMaybePort(r.client));
        if (r.proxy != null) accept.put("proxy", AddressText.of(r.proxy));
        if (r.givenId != null) accept.put("given_id", r.givenId);
        accept.put("local", AddressText.of(r.local));
        accept.put("protocol", r.protocol);
        if (r.tlsVersion != null || r.sni != null) {
            Map<String, Object> tls = child(tree, "tls");
            put(tls, "sni", r.sni);
            put(tls, "version", r.tlsVersion);
            put(tls, "cipher", r.tlsCipher);
            tls.put("handshake_ms", millis(r.tlsHandshakeNanos));
        }
        Map<String, Object> request = child(tree, "request");
        put(request, "method", r.method);
        put(request, "host", r.host);
        put(request, "path", r.path);
        request.put("bytes", r.requestBytes);
        Map<String, Object> route = child(tree, "route");
        put(route, "app", r.app);
        put(route, "service", r.service);
        put(route, "rule", r.rule);
        List<Map<String, Object>> rejected = new ArrayList<>();
        for (RejectedRule rule : r.rejectedRules) rejected.add(Map.of("rule", rule.rule(), "why", rule.why()));
        route.put("rejected", rejected);
        if (r.policy != null) tree.put("policy", r.policy);
        Map<String, Object> balance = child(tree, "balance");
        put(balance, "backend", r.backend);
        put(balance, "region", r.region);
        balance.put("attempts", r.attempts);
        if (!r.choice.isEmpty()) balance.put("choice", r.choice);
        balance.put("queued_ms", millis(r.queuedNanos));
        List<Map<String, Object>> candidates = new ArrayList<>();
        for (Candidate c : r.candidates) {
            Map<String, Object> candidate = new LinkedHashMap<>();
            candidate.put("backend", c.backend());
            candidate.put("in_flight", c.inFlight());
            candidate.put("failing", c.failing());
            if (c.expectedNanos() >= 0) candidate.put("expected_ms", millis(c.expectedNanos()));
            put(candidate, "why_not", c.why());
            candidates.add(candidate);
        }
        balance.put("candidates", candidates);
        if (r.backendAddress != null) {
            Map<String, Object> tunnel = child(tree, "tunnel");
            put(tunnel, "peer", r.peer);
            if (r.handshakeAgeNanos >= 0) tunnel.put("handshake_age_ms", millis(r.handshakeAgeNanos));
            Map<String, Object> tcp = child(tree, "inner_tcp");
            tcp.put("backend", AddressText.of(r.backendAddress));
            if (r.innerLocal != null) tcp.put("local", AddressText.of(r.innerLocal));
            tcp.put("reused", r.connectionReused);
            if (r.connectNanos >= 0) tcp.put("connect_ms", millis(r.connectNanos));
            if (r.rttNanos >= 0) {
                tcp.put("rtt_ms", millis(r.rttNanos));
                tcp.put("retransmits", r.retransmits);
                tcp.put("zero_window_ms", millis(r.zeroWindowNanos));
            }
        }
        Map<String, Object> response = child(tree, "response");
        if (r.status != 0) response.put("status", r.status);
        if (r.firstByteNanos != 0) response.put("first_byte_ms", millis(r.firstByteNanos - r.startNanos));
        response.put("bytes", r.responseBytes);
        if (r.closedBy != null) response.put("closed_by", name(r.closedBy));
        if (r.reason != null) {
            response.put("reason", r.reason.code());
            response.put("sentence", r.reason.sentence());
        }
        put(response, "detail", r.detail);
        return tree;
    }

    private static Map<String, Object> child(Map<String, Object> parent, String name) {
        Map<String, Object> child = new LinkedHashMap<>();
        parent.put(name, child);
        return child;
    }

    private static void put(Map<String, Object> map, String name, @Nullable Object value) {
        if (value != null) map.put(name, value);
    }

    private static double millis(long nanos) {
        return Math.round(nanos / 1e3) / 1e3;
    }

    private static String bytes(long count) {
        return count == 1 ? "1 byte" : count + " bytes";
    }

    static String duration(long nanos) {
        if (nanos < 1_000_000) return nanos / 1000 + " µs";
        if (nanos < 1_000_000_000L) return String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
        return String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
    }

    /** Columns: when (since accept), how long, stage, words. */
    private static final class Lines {
        final StringBuilder text = new StringBuilder();

        void plain(String line) {
            append(line);
        }

        void stage(long atNanos, long tookNanos, String stage, String words) {
            append(String.format(
                    Locale.ROOT,
                    "%12s  %9s  %-10s  %s",
                    atNanos < 0 ? "" : "+" + duration(atNanos),
                    tookNanos < 0 ? "" : duration(tookNanos),
                    stage,
                    words));
        }

        void detail(String words) {
            append(" ".repeat(37) + words);
        }

        // What clients send ends up here; a terminal must not obey it.
        private void append(String line) {
            for (int i = 0; i < line.length(); i++) {
                char c = line.charAt(i);
                text.append(Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c);
            }
            text.append('\n');
        }
    }
}
