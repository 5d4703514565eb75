package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicInteger;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.keys.HmacKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code JWT}: who passes, what backends are told, and where the keys come from. */
@Timeout(30)
class JwtTrafficTest {
    private static final String SHARED = "0123456789abcdef0123456789abcdef";

    @TempDir
    Path directory;

    private final AtomicInteger questions = new AtomicInteger();
    private PublicJsonWebKey key;
    private EdgeFromJson edge;

    @BeforeEach
    void start() throws Exception {
        edge = new EdgeFromJson(directory);
        key = EcJwkGenerator.generateJwk(EllipticCurves.P256);
        key.setKeyId("k1");
        Files.writeString(directory.resolve("secret"), SHARED);
        Files.setPosixFilePermissions(directory.resolve("secret"), PosixFilePermissions.fromString("rw-------"));
        int own = edge.backend(exchange -> {
            byte[] seen = (exchange.getRequestHeaders().get("X-User") + " "
                            + exchange.getRequestHeaders().get("X-Roles"))
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, seen.length);
            exchange.getResponseBody().write(seen);
            exchange.close();
        });
        int issuer = edge.backend(exchange -> {
            questions.incrementAndGet();
            byte[] jwks = new JsonWebKeySet(key).toJson().getBytes(StandardCharsets.UTF_8);
            boolean right = exchange.getRequestURI().getPath().equals("/jwks.json");
            exchange.sendResponseHeaders(right ? 200 : 404, jwks.length);
            exchange.getResponseBody().write(jwks);
            exchange.close();
        });
        edge.start("""
            { "web": {
                "backends": [ { "name": "own", "address": "127.0.0.1", "insecure_direct": true } ],
                "services": [ { "name": "web", "internal_port": %d, "ports": [ { "port": %d, "handlers": ["http"] } ],
                  "routes": [
                    { "name": "served", "matches": [ { "path": { "value": "/served" } } ],
                      "filters": [ { "type": "JWT", "keys": { "backend_ref": { "app": "issuer" }, "path": "/jwks.json" },
                                     "algorithms": ["ES256"], "audiences": ["shop"], "claim_headers": { "sub": "X-User", "roles": "X-Roles" } } ] },
                    { "name": "shared", "matches": [ { "path": { "value": "/shared" } } ],
                      "filters": [ { "type": "JWT", "keys": { "secret": { "file": "secret" } },
                                     "algorithms": ["HS256"], "audiences": ["shop"], "claim_headers": { "sub": "X-User" } } ] },
                    { "name": "lost", "matches": [ { "path": { "value": "/lost" } } ],
                      "filters": [ { "type": "JWT", "keys": { "backend_ref": { "app": "issuer" }, "path": "/absent" },
                                     "algorithms": ["ES256"], "audiences": ["shop"] } ] } ] } ] },
              "issuer": { "backends": [ { "name": "i", "address": "127.0.0.1", "insecure_direct": true } ],
                "services": [ { "name": "http", "internal_port": %d } ] } }
            """.formatted(own, edge.port, issuer));
    }

    @AfterEach
    void stop() {
        if (edge != null) edge.close();
    }

    private static String token(java.security.Key by, String id, String algorithm, float minutes) throws Exception {
        JwtClaims claims = new JwtClaims();
        claims.setSubject("ann");
        claims.setAudience("shop");
        claims.setStringListClaim("roles", "a", "b");
        claims.setExpirationTimeMinutesInTheFuture(minutes);
        JsonWebSignature jws = new JsonWebSignature();
        jws.setPayload(claims.toJson());
        jws.setAlgorithmHeaderValue(algorithm);
        jws.setKeyIdHeaderValue(id);
        jws.setKey(by);
        return "Bearer " + jws.getCompactSerialization();
    }

    @Test
    void keys_are_asked_for_once_and_claims_reach_the_backend() throws Exception {
        String token = token(key.getPrivateKey(), "k1", "ES256", 5);
        for (int i = 0; i < 5; i++)
            assertThat(edge.get("/served", "Authorization", token, "X-User", "root", "X_Roles", "admin")
                            .body())
                    .isEqualTo("[ann] [a,b]");
        assertThat(questions).hasValue(1);
    }

    @Test
    void who_has_no_good_token_is_told_why() throws Exception {
        var none = edge.get("/served");
        assertThat(EdgeFromJson.reason(none)).isEqualTo("401 unauthorized");
        assertThat(none.headers().firstValue("www-authenticate")).contains("Bearer realm=\"sixgate\"");
        var old = edge.get("/served", "Authorization", token(key.getPrivateKey(), "k1", "ES256", -5));
        assertThat(EdgeFromJson.reason(old)).isEqualTo("401 unauthorized");
        assertThat(old.headers().firstValue("www-authenticate"))
                .contains("Bearer realm=\"sixgate\", error=\"invalid_token\", error_description=\"expired\"");
        var made = EcJwkGenerator.generateJwk(EllipticCurves.P256).getPrivateKey();
        for (int i = 0; i < 3; i++)
            assertThat(EdgeFromJson.reason(
                            edge.get("/served", "Authorization", token(made, "k" + (7 + i), "ES256", 5))))
                    .isEqualTo("401 unauthorized");
        assertThat(questions.get()).as("made-up keys do not ask each time").isEqualTo(1);
        assertThat(EdgeFromJson.reason(edge.get("/lost", "Authorization", token(made, "k1", "ES256", 5))))
                .isEqualTo("503 auth_unavailable");
    }

    @Test
    void a_shared_secret_signs_too() throws Exception {
        HmacKey secret = new HmacKey(SHARED.getBytes(StandardCharsets.US_ASCII));
        assertThat(edge.get("/shared", "Authorization", token(secret, "any", "HS256", 5))
                        .body())
                .isEqualTo("[ann] null");
        HmacKey other = new HmacKey(SHARED.replace('0', '1').getBytes(StandardCharsets.US_ASCII));
        assertThat(EdgeFromJson.reason(edge.get("/shared", "Authorization", token(other, "any", "HS256", 5))))
                .isEqualTo("401 unauthorized");
    }
}
