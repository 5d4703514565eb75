package dev.sixgate.edge.config;

import dev.sixgate.edge.auth.KeySet;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.servicemap.AccessFilter.Jwt;
import dev.sixgate.edge.servicemap.AccessFilter.JwtKeys;
import dev.sixgate.edge.servicemap.HttpRoute.BackendRef;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The filter {@code JWT} of a route. */
final class JwtReader {
    static final List<String> KEYS =
            List.of("type", "keys", "algorithms", "issuer", "audiences", "leeway", "claim_headers");

    private static final List<String> ALGORITHMS = List.of(
            "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384",
            "HS512");
    private static final Duration LEEWAY = Duration.ofSeconds(30);
    private static final Duration REFRESH = Duration.ofMinutes(10);

    private final Scope scope;
    private final Problems problems;
    private final BackendReferences references;

    JwtReader(Scope scope, BackendReferences references) {
        this.scope = scope;
        this.problems = scope.problems();
        this.references = references;
    }

    @Nullable
    Jwt read(Fields fields) {
        boolean both = fields.require("keys", "\"keys\": { \"file\": \"jwks.json\" }")
                & fields.require("algorithms", "\"algorithms\": [\"RS256\"]");
        List<String> algorithms = algorithms(fields);
        List<String> audiences =
                fields.texts("audiences").stream().map(JsonText::text).toList();
        if (both && audiences.isEmpty())
            problems.warning(
                    Code.AUTH_004,
                    fields.object().spot(),
                    "\"audiences\" names nobody: a token that was made for another service passes here too",
                    "\"audiences\": [\"https://shop.example.com\"]");
        Map<String, String> claims = claims(fields);
        Duration leeway = fields.duration("leeway", LEEWAY, Duration.ZERO, Duration.ofMinutes(10));
        String issuer = fields.text("issuer");
        Fields source = fields.object("keys", KeyCatalogue.JWT_KEYS).orElse(null);
        JwtKeys keys = source == null ? null : keys(source, algorithms);
        return !both || keys == null || algorithms.isEmpty()
                ? null
                : new Jwt(keys, algorithms, issuer, audiences, leeway, claims);
    }

    private List<String> algorithms(Fields fields) {
        List<String> algorithms = new ArrayList<>();
        for (JsonText name : fields.texts("algorithms")) {
            if (name.text().equalsIgnoreCase("none"))
                problems.error(
                        Code.AUTH_003,
                        name.spot(),
                        "with \"none\" anyone could write a token that passes",
                        "the algorithm that the issuer signs by, such as \"RS256\"");
            else if (fields.asWord("an item of \"algorithms\"", name, ALGORITHMS, List.of()) != null)
                algorithms.add(name.text());
        }
        boolean shared = algorithms.stream().anyMatch(JwtReader::isShared);
        if (shared && !algorithms.stream().allMatch(JwtReader::isShared))
            problems.error(
                    Code.AUTH_003,
                    fields.spot("algorithms"),
                    "algorithms with a shared secret (HS…) beside those with public keys: who checks tokens could write"
                            + " them too",
                    "keep one kind");
        return algorithms;
    }

    private static boolean isShared(String algorithm) {
        return algorithm.startsWith("HS");
    }

    private Map<String, String> claims(Fields fields) {
        Map<String, String> claims = new LinkedHashMap<>();
        if (!(fields.get("claim_headers") instanceof JsonNode.JsonObject object)) {
            if (fields.has("claim_headers"))
                problems.error(
                        Code.JSON_004,
                        fields.spot("claim_headers"),
                        "\"claim_headers\" must be an object",
                        "{ \"sub\": \"X-User\" }");
            return claims;
        }
        object.members().forEach((claim, member) -> {
            JsonText text = Fields.asText(Quoted.of(claim), member.value(), problems);
            String field = AccessReader.identityField(text, problems);
            if (field != null) claims.put(claim, field);
        });
        return claims;
    }

    private @Nullable JwtKeys keys(Fields source, List<String> algorithms) {
        List<String> given =
                Stream.of("file", "secret", "backend_ref").filter(source::has).toList();
        if (given.size() != 1) {
            problems.error(
                    given.isEmpty() ? Code.JSON_009 : Code.JSON_010,
                    source.object().spot(),
                    given.isEmpty() ? "\"keys\" does not say where they are" : "\"keys\" are in two places",
                    "one of \"file\", \"secret\", and \"backend_ref\" with \"path\"");
            return null;
        }
        for (String key : List.of("path", "refresh"))
            if (source.has(key) && !source.has("backend_ref"))
                problems.error(
                        Code.JSON_010, source.keySpot(key), Quoted.of(key) + " means nothing without \"backend_ref\"");
        return switch (given.getFirst()) {
            case "file" -> file(source, algorithms);
            case "secret" -> secret(source, algorithms);
            default -> served(source);
        };
    }

    private @Nullable JwtKeys file(Fields source, List<String> algorithms) {
        JsonText name = source.textNode("file");
        byte[] bytes = name == null ? null : scope.read(name.text(), name.spot(), KeySet.MAX_BYTES, null);
        if (name == null || bytes == null) return null;
        String jwks = KeySet.jwks(bytes);
        if (jwks == null) {
            problems.error(
                    Code.AUTH_003,
                    name.spot(),
                    Quoted.bare(name.text()) + " is neither a JWK set of at most " + KeySet.MAX_KEYS
                            + " keys nor public keys in PEM",
                    "what the issuer serves as jwks_uri");
            return null;
        }
        return fitting(jwks, algorithms, name.spot(), Quoted.bare(name.text()));
    }

    private @Nullable JwtKeys secret(Fields source, List<String> algorithms) {
        Secrets.Secret secret = new Secrets(scope).read(source, "secret", "openssl rand -base64 48 > %s");
        if (secret == null) return null;
        byte[] bytes = secret.text().getBytes(StandardCharsets.ISO_8859_1);
        for (String algorithm : algorithms)
            if (isShared(algorithm) && bytes.length * 8 < Integer.parseInt(algorithm.substring(2))) {
                problems.error(
                        Code.AUTH_003,
                        source.spot("secret"),
                        "the secret of " + secret.source() + " has " + bytes.length + " bytes, which is too few for "
                                + algorithm + " (RFC 7518 §3.2)",
                        "openssl rand -base64 48");
                return null;
            }
        return fitting(KeySet.ofSecret(bytes), algorithms, source.spot("secret"), secret.source());
    }

    /** Null, with a problem told, when no token could ever pass. */
    private @Nullable JwtKeys fitting(String jwks, List<String> algorithms, Spot spot, String where) {
        KeySet keys = KeySet.parse(jwks);
        if (keys == null) throw new AssertionError("a JWK set that was just written cannot be read");
        for (String algorithm : algorithms)
            if (!keys.fits(algorithm)) {
                problems.error(
                        Code.AUTH_003,
                        spot,
                        where + " has no key for " + algorithm,
                        "the algorithms of the keys that are in it");
                return null;
            }
        return new JwtKeys.Written(jwks);
    }

    private @Nullable JwtKeys served(Fields source) {
        boolean given = source.require("path", "\"path\": \"/.well-known/jwks.json\"");
        BackendRef by = source.object("backend_ref", KeyCatalogue.FILTER_REF)
                .map(references::read)
                .orElse(null);
        JsonText path = source.textNode("path");
        Duration refresh = source.duration("refresh", REFRESH, Duration.ofSeconds(10), Duration.ofDays(1));
        if (path != null && !RoutesReader.isPath(path.text())) {
            problems.error(Code.JSON_010, path.spot(), Quoted.of(path.text()) + " is not a path", "begin with \"/\"");
            return null;
        }
        return given && by != null && path != null ? new JwtKeys.Served(by, path.text(), refresh) : null;
    }
}
