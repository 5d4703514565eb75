package dev.sixgate.edge.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.auth.TokenChecks.Result;
import dev.sixgate.edge.servicemap.AccessFilter.Jwt;
import dev.sixgate.edge.servicemap.AccessFilter.JwtKeys;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.OctJwkGenerator;
import org.jose4j.jwk.OkpJwkGenerator;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.keys.HmacKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenChecksTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final PublicJsonWebKey RSA = named(() -> RsaJwkGenerator.generateJwk(2048), "rsa");
    private static final PublicJsonWebKey EC = named(() -> EcJwkGenerator.generateJwk(EllipticCurves.P256), "ec");
    private static final PublicJsonWebKey EDWARDS = named(() -> OkpJwkGenerator.generateJwk("Ed25519"), "ed");
    private static final JsonWebKey SECRET = OctJwkGenerator.generateJwk(256);

    private final Deque<Runnable> jobs = new ArrayDeque<>();
    private Instant now = NOW;
    private final TokenChecks checks = new TokenChecks(
            job -> {
                if (jobs.size() == 2) throw new RejectedExecutionException();
                jobs.add(job);
            },
            () -> now);

    private interface Generator {
        PublicJsonWebKey make() throws Exception;
    }

    private static PublicJsonWebKey named(Generator generator, String id) {
        try {
            PublicJsonWebKey key = generator.make();
            key.setKeyId(id);
            return key;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static JwtClaims claims() {
        JwtClaims claims = new JwtClaims();
        claims.setIssuer("https://issuer.example");
        claims.setAudience("shop", "blog");
        claims.setSubject("ann");
        claims.setStringListClaim("roles", "a", "b");
        claims.setExpirationTime(NumericDate.fromSeconds(NOW.getEpochSecond() + 60));
        return claims;
    }

    private static String signed(JsonWebKey key, String algorithm, JwtClaims claims, Consumer<JsonWebSignature> more)
            throws Exception {
        JsonWebSignature jws = new JsonWebSignature();
        jws.setPayload(claims.toJson());
        jws.setAlgorithmHeaderValue(algorithm);
        jws.setKeyIdHeaderValue(key.getKeyId());
        jws.setKey(key instanceof PublicJsonWebKey pair ? pair.getPrivateKey() : key.getKey());
        more.accept(jws);
        return jws.getCompactSerialization();
    }

    private static String signed(JsonWebKey key, String algorithm, JwtClaims claims) throws Exception {
        return signed(key, algorithm, claims, _ -> {});
    }

    private static Jwt filter(JsonWebKey key, String... algorithms) {
        return new Jwt(
                new JwtKeys.Written(new JsonWebKeySet(key).toJson(JsonWebKey.OutputControlLevel.INCLUDE_SYMMETRIC)),
                List.of(algorithms),
                "https://issuer.example",
                List.of("shop"),
                Duration.ofSeconds(10),
                Map.of("sub", "X-User", "roles", "X-Roles", "absent", "X-Absent"));
    }

    private Result check(Jwt filter, String token) {
        List<Result> results = new ArrayList<>();
        KeySet keys = checks.keys((JwtKeys.Written) filter.keys());
        checks.check(filter, keys, token, results::add);
        while (!jobs.isEmpty()) jobs.remove().run();
        return results.getFirst();
    }

    @ParameterizedTest
    @CsvSource({"RS256", "PS384", "ES256", "EdDSA", "HS256"})
    void what_is_signed_by_a_known_key_tells_the_backend_its_claims(String algorithm) throws Exception {
        JsonWebKey key = switch (algorithm) {
            case "ES256" -> EC;
            case "EdDSA" -> EDWARDS;
            case "HS256" -> SECRET;
            default -> RSA;
        };
        String token = signed(key, algorithm, claims());
        assertThat(check(filter(key, algorithm), token))
                .isEqualTo(new Result.Valid(Map.of("X-User", "ann", "X-Roles", "a,b")));
        int dot = token.lastIndexOf('.');
        String cut =
                token.substring(0, dot + 1) + (token.charAt(dot + 1) == 'A' ? 'B' : 'A') + token.substring(dot + 2);
        assertThat(check(filter(key, algorithm), cut)).isInstanceOf(Result.Invalid.class);
    }

    @Test
    void claims_are_held_against_the_filter_and_the_clock() throws Exception {
        JwtClaims old = claims();
        old.setExpirationTime(NumericDate.fromSeconds(NOW.getEpochSecond() - 10));
        JwtClaims justNow = claims();
        justNow.setExpirationTime(NumericDate.fromSeconds(NOW.getEpochSecond() - 9));
        JwtClaims early = claims();
        early.setNotBefore(NumericDate.fromSeconds(NOW.getEpochSecond() + 11));
        JwtClaims endless = claims();
        endless.unsetClaim("exp");
        JwtClaims foreign = claims();
        foreign.setIssuer("https://other.example");
        JwtClaims others = claims();
        others.setAudience("blog");
        JwtClaims nobodys = claims();
        nobodys.unsetClaim("aud");
        JwtClaims split = claims();
        split.setSubject("ann\r\nX-Role: admin");
        Jwt filter = filter(EC, "ES256");
        assertThat(check(filter, signed(EC, "ES256", old))).isEqualTo(new Result.Invalid("expired"));
        assertThat(check(filter, signed(EC, "ES256", justNow))).isInstanceOf(Result.Valid.class);
        assertThat(check(filter, signed(EC, "ES256", early))).isEqualTo(new Result.Invalid("not valid yet"));
        assertThat(check(filter, signed(EC, "ES256", endless))).isEqualTo(new Result.Invalid("exp is missing"));
        assertThat(check(filter, signed(EC, "ES256", foreign))).isEqualTo(new Result.Invalid("of another issuer"));
        assertThat(check(filter, signed(EC, "ES256", others))).isEqualTo(new Result.Invalid("for another audience"));
        assertThat(check(filter, signed(EC, "ES256", nobodys))).isEqualTo(new Result.Invalid("for another audience"));
        assertThat(check(filter, signed(EC, "ES256", split)))
                .isEqualTo(new Result.Invalid("a claim does not fit into a header"));
    }

    @Test
    void nothing_passes_unsigned_or_by_an_algorithm_that_is_not_allowed() throws Exception {
        String none = Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8))
                + "."
                + Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(claims().toJson().getBytes(StandardCharsets.UTF_8))
                + ".";
        Jwt filter = filter(RSA, "RS256");
        assertThat(check(filter, none)).isEqualTo(new Result.Invalid("the algorithm is not allowed"));
        assertThat(check(filter, signed(RSA, "RS512", claims())))
                .isEqualTo(new Result.Invalid("the algorithm is not allowed"));
        for (String garbage : List.of("", "a", "a.b", "a.b.c", "..", "a.b.c.d.e", "x".repeat(20_000)))
            assertThat(check(filter, garbage)).as(garbage).isInstanceOf(Result.Invalid.class);
    }

    @Test
    void a_public_key_is_never_taken_for_a_shared_secret() throws Exception {
        HmacKey published = new HmacKey(RSA.getPublicKey().getEncoded());
        JsonWebKey forged = JsonWebKey.Factory.newJwk(published);
        forged.setKeyId("rsa");
        assertThat(check(filter(RSA, "RS256", "HS256"), signed(forged, "HS256", claims())))
                .isEqualTo(new Result.UnknownKey());
    }

    @Test
    void an_extension_that_must_be_understood_is_refused() throws Exception {
        String token = signed(EC, "ES256", claims(), jws -> {
            jws.setHeader("b64", true);
            jws.setCriticalHeaderNames("b64");
        });
        assertThat(check(filter(EC, "ES256"), token))
                .isEqualTo(new Result.Invalid("a critical extension is not known"));
    }

    @Test
    void what_was_right_is_remembered_up_to_its_end_by_the_clock() throws Exception {
        Jwt filter = filter(EC, "ES256");
        String token = signed(EC, "ES256", claims());
        assertThat(check(filter, token)).isInstanceOf(Result.Valid.class);
        List<Result> at = new ArrayList<>();
        KeySet keys = checks.keys((JwtKeys.Written) filter.keys());
        checks.check(filter, keys, token, at::add);
        assertThat(at).hasSize(1);
        now = NOW.plusSeconds(70);
        assertThat(check(filter, token)).isEqualTo(new Result.Invalid("expired"));
    }

    @Test
    void a_full_line_is_told_at_once() throws Exception {
        Jwt filter = filter(EC, "ES256");
        KeySet keys = checks.keys((JwtKeys.Written) filter.keys());
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < 3; i++) checks.check(filter, keys, "a.b." + i, results::add);
        assertThat(results).containsExactly(new Result.Busy());
    }

    @Test
    void keys_in_pem_are_a_key_set_and_private_ones_are_not() {
        String pem = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(EC.getPublicKey().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
        String jwks = KeySet.jwks(pem.getBytes(StandardCharsets.US_ASCII));
        assertThat(jwks).isNotNull();
        KeySet keys = KeySet.parse(jwks);
        assertThat(keys).isNotNull();
        assertThat(keys.fits("ES256")).isTrue();
        assertThat(keys.fits("RS256")).isFalse();
        assertThat(KeySet.jwks("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
                        .getBytes(StandardCharsets.US_ASCII)))
                .isNull();
        assertThat(KeySet.jwks("{}".getBytes(StandardCharsets.US_ASCII))).isNull();
    }
}
