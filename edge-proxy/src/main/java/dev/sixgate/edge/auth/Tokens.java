package dev.sixgate.edge.auth;

import dev.sixgate.edge.servicemap.AccessFilter.Jwt;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/** Signature and claims of one token (RFC 7519 §7.2, with the advice of RFC 8725). Pure. */
final class Tokens {
    static final int MAX_CHARACTERS = 16 << 10;

    private static final int MAX_CLAIM = 4096;

    private Tokens() {}

    sealed interface Verdict {
        /**
         * @param fields for the backend
         * @param until the token's end, with the leeway
         */
        record Valid(Map<String, String> fields, Instant until) implements Verdict {}

        /** @param why a few words of ours, fit for a field */
        record Invalid(String why) implements Verdict {}

        /** Signed by a key that is not here; it may be a new one. */
        record UnknownKey() implements Verdict {}
    }

    static Verdict verify(Jwt filter, KeySet keys, String token, Instant now) {
        if (token.length() > MAX_CHARACTERS) return new Verdict.Invalid("too long");
        JsonWebSignature signed = new JsonWebSignature();
        try {
            signed.setCompactSerialization(token);
            String algorithm = signed.getAlgorithmHeaderValue();
            if (algorithm == null || !filter.algorithms().contains(algorithm))
                return new Verdict.Invalid("the algorithm is not allowed");
            // Extensions that must be understood: none is.
            if (signed.getObjectHeader("crit") != null) return new Verdict.Invalid("a critical extension is not known");
            signed.setAlgorithmConstraints(new AlgorithmConstraints(ConstraintType.PERMIT, algorithm));
            List<Key> candidates = keys.candidates(signed.getKeyIdHeaderValue(), algorithm);
            if (candidates.isEmpty()) return new Verdict.UnknownKey();
            if (!isSigned(signed, candidates)) return new Verdict.Invalid("the signature is wrong");
            return claims(filter, JwtClaims.parse(signed.getPayload()), now);
        } catch (JoseException | InvalidJwtException | MalformedClaimException | RuntimeException e) {
            return new Verdict.Invalid("malformed");
        }
    }

    private static boolean isSigned(JsonWebSignature signed, List<Key> candidates) throws JoseException {
        for (Key key : candidates) {
            signed.setKey(key);
            if (signed.verifySignature()) return true;
        }
        return false;
    }

    private static Verdict claims(Jwt filter, JwtClaims claims, Instant now) throws MalformedClaimException {
        NumericDate ends = claims.getExpirationTime();
        NumericDate begins = claims.getNotBefore();
        if (ends == null) return new Verdict.Invalid("exp is missing");
        Instant until = Instant.ofEpochMilli(ends.getValueInMillis()).plus(filter.leeway());
        if (!now.isBefore(until)) return new Verdict.Invalid("expired");
        if (begins != null && now.plus(filter.leeway()).isBefore(Instant.ofEpochMilli(begins.getValueInMillis())))
            return new Verdict.Invalid("not valid yet");
        if (filter.issuer() != null && !filter.issuer().equals(claims.getIssuer()))
            return new Verdict.Invalid("of another issuer");
        if (!filter.audiences().isEmpty() && claims.getAudience().stream().noneMatch(filter.audiences()::contains))
            return new Verdict.Invalid("for another audience");
        Map<String, String> fields = new LinkedHashMap<>();
        for (Map.Entry<String, String> wanted : filter.claimFields().entrySet()) {
            Object claim = claims.getClaimValue(wanted.getKey());
            if (claim == null) continue;
            String value = value(claim);
            if (value == null) return new Verdict.Invalid("a claim does not fit into a header");
            fields.put(wanted.getValue(), value);
        }
        return new Verdict.Valid(fields, until);
    }

    /** Lists with commas; one char per byte of UTF-8. */
    private static @Nullable String value(Object claim) {
        String text = claim instanceof List<?> list
                ? list.stream().map(String::valueOf).collect(Collectors.joining(","))
                : String.valueOf(claim);
        String value = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        if (value.length() > MAX_CLAIM || !value.equals(value.strip())) return null;
        for (int i = 0; i < value.length(); i++) if (value.charAt(i) < ' ' || value.charAt(i) == 0x7f) return null;
        return value;
    }
}
