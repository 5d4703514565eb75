package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.http.FieldName;
import dev.sixgate.edge.servicemap.ClientAuth;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.TcpOptions;
import dev.sixgate.edge.servicemap.TlsOptions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code http_options}, {@code tls_options} and {@code tcp_options}: what is absent keeps the word of {@code base}. */
final class OptionsReader {
    private static final Duration MILLISECOND = Duration.ofMillis(1);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration YEAR = Duration.ofDays(365);
    private static final List<String> ALPN = List.of("h3", "h2", "http/1.1");
    private static final List<String> VERSIONS = List.of("TLSv1.2", "TLSv1.3");

    private final Scope scope;
    private final Problems problems;
    private final ResponseReader responses;

    OptionsReader(Scope scope) {
        this.scope = scope;
        this.problems = scope.problems();
        this.responses = new ResponseReader(scope);
    }

    HttpOptions http(@Nullable Fields fields, HttpOptions base) {
        if (fields == null) return base;
        return new HttpOptions(
                fields.duration("header_timeout", base.headerTimeout(), MILLISECOND, HOUR),
                fields.duration("idle_timeout", base.idleTimeout(), MILLISECOND, YEAR),
                (int) fields.size("max_header_bytes", base.maxHeaderBytes(), 1 << 10, 1 << 20),
                fields.whole("max_headers", base.maxHeaders(), 1, 10_000),
                fields.size("max_request_body", base.maxRequestBodyBytes(), 0, 1L << 50),
                fields.whole("max_concurrent_streams", base.maxConcurrentStreams(), 1, 10_000),
                fields.whole("max_requests", base.maxRequests(), 1, 1_000_000_000),
                clientIpHeader(fields, base.clientIpHeader()),
                fields.has("compress") ? fields.flag("compress") : base.compress(),
                responses.read(fields, base.response()));
    }

    /** A field of its own: one that means something else must not be overwritten with an address. */
    private @Nullable String clientIpHeader(Fields fields, @Nullable String base) {
        JsonText name = fields.textNode("client_ip_header");
        if (name == null) return base;
        if (FieldName.isFree(name.text())) return name.text();
        problems.error(
                Code.JSON_010,
                name.spot(),
                Quoted.of(name.text())
                        + " cannot carry the client's address: it is no field name, or has a meaning of its own",
                "\"Fly-Client-IP\", say");
        return null;
    }

    TcpOptions tcp(Fields parent, TcpOptions base) {
        Fields fields = parent.object("tcp_options", KeyCatalogue.TCP_OPTIONS).orElse(null);
        if (fields == null) return base;
        return new TcpOptions(
                fields.duration("connect_timeout", base.connectTimeout(), MILLISECOND, HOUR),
                fields.duration("idle_timeout", base.idleTimeout(), Duration.ZERO, YEAR),
                fields.duration("max_lifetime", base.maxLifetime(), Duration.ZERO, YEAR));
    }

    TlsOptions tls(Fields parent, TlsOptions base) {
        Fields fields = parent.object("tls_options", KeyCatalogue.TLS_OPTIONS).orElse(null);
        if (fields == null) return base;
        List<String> versions = base.versions();
        if (fields.has("versions")) {
            versions = words(fields, "versions", VERSIONS, List.of());
            if (fields.array("versions").isEmpty() && fields.get("versions") instanceof JsonNode.JsonArray)
                problems.error(
                        Code.JSON_010,
                        fields.spot("versions"),
                        "\"versions\" is empty, so no client could connect",
                        "one of: " + String.join(", ", VERSIONS));
        }
        List<String> alpn = base.alpn();
        if (fields.has("alpn")) {
            alpn = words(fields, "alpn", ALPN, List.of());
            for (JsonNode item : fields.array("alpn"))
                if (item instanceof JsonText text && text.text().equals("h3") && !versions.contains("TLSv1.3"))
                    problems.error(
                            Code.PORT_009,
                            item.spot(),
                            "alpn has \"h3\" but versions lacks TLSv1.3; QUIC needs it",
                            "add \"TLSv1.3\"");
        }
        ClientAuth clientAuth = fields.has("client_auth") ? clientAuth(fields) : base.clientAuth();
        return new TlsOptions(alpn, versions, clientAuth);
    }

    /** Null, with a problem told, when it cannot be used; nothing is then served. */
    private @Nullable ClientAuth clientAuth(Fields parent) {
        Fields fields = parent.object("client_auth", KeyCatalogue.CLIENT_AUTH).orElse(null);
        if (fields == null) return null;
        boolean both = fields.require("mode", "\"mode\": \"require\"")
                & fields.require("ca", "\"ca\": { \"file\": \"clients.pem\" }, who may have issued them");
        String mode = fields.word("mode", List.of("require", "request"), List.of());
        List<X509Certificate> issuers = new IssuersReader(scope).read(fields, "ca");
        return both && mode != null && !issuers.isEmpty() ? new ClientAuth(mode.equals("require"), issuers) : null;
    }

    private List<String> words(Fields fields, String key, List<String> known, List<String> later) {
        List<String> words = new ArrayList<>();
        for (JsonText item : fields.texts(key)) {
            String word = fields.asWord("an item of " + Quoted.of(key), item, known, later);
            if (word == null) continue;
            if (words.contains(word))
                problems.error(Code.JSON_011, item.spot(), Quoted.of(word) + " appears twice", "remove one");
            else words.add(word);
        }
        return List.copyOf(words);
    }
}
