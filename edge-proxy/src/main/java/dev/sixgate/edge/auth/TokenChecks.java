package dev.sixgate.edge.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sixgate.edge.auth.Tokens.Verdict;
import dev.sixgate.edge.servicemap.AccessFilter.Jwt;
import dev.sixgate.edge.servicemap.AccessFilter.JwtKeys;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks tokens on threads of their own: an elliptic curve takes as long as a few requests. What was right is remembered for a minute at
 * most, so that a key which is taken back counts no longer. Any thread.
 */
public final class TokenChecks {
    public static final int MAX_WAITING = 1024;
    public static final int MAX_REMEMBERED = 10_000;
    public static final int MAX_KEY_SETS = 1000;

    private static final Duration REMEMBERED = Duration.ofMinutes(1);

    /** What became of one. */
    public sealed interface Result {
        /** @param fields for the backend */
        record Valid(Map<String, String> fields) implements Result {}

        /** @param why a few words, fit for a quoted string */
        record Invalid(String why) implements Result {}

        /** The keys at hand do not have its own. */
        record UnknownKey() implements Result {}

        /** As many as may are waiting. */
        record Busy() implements Result {}
    }

    private record Token(Jwt filter, KeySet keys, String digest) {}

    private final Executor workers;
    private final InstantSource clock;
    private final Cache<Token, Verdict.Valid> valid = Caffeine.newBuilder()
            .maximumSize(MAX_REMEMBERED)
            .expireAfterWrite(REMEMBERED)
            .build();
    private final Cache<JwtKeys.Written, KeySet> written =
            Caffeine.newBuilder().maximumSize(MAX_KEY_SETS).build();
    private final Cache<JwtKeys.Served, ServedKeys> served =
            Caffeine.newBuilder().maximumSize(MAX_KEY_SETS).build();

    public TokenChecks() {
        this(new Workers("token", MAX_WAITING), InstantSource.system());
    }

    /** @param workers throws {@link RejectedExecutionException} while it is full */
    TokenChecks(Executor workers, InstantSource clock) {
        this.workers = workers;
        this.clock = clock;
    }

    /** Null when they are no JWK set, which the configuration has refused. */
    public @Nullable KeySet keys(JwtKeys.Written keys) {
        return written.get(keys, text -> KeySet.parse(text.jwks()));
    }

    /** Shared by all filters that name the same. */
    public ServedKeys keys(JwtKeys.Served keys) {
        return served.get(keys, name -> new ServedKeys(name.refresh()));
    }

    /** @param then told once, on this thread at once or on another */
    public void check(Jwt filter, KeySet keys, String token, Consumer<Result> then) {
        Token asked = new Token(filter, keys, digest(token));
        Verdict.Valid known = valid.getIfPresent(asked);
        if (known != null && clock.instant().isBefore(known.until())) {
            then.accept(new Result.Valid(known.fields()));
            return;
        }
        try {
            workers.execute(() -> then.accept(
                    switch (Tokens.verify(filter, keys, token, clock.instant())) {
                        case Verdict.Valid right -> {
                            valid.put(asked, right);
                            yield new Result.Valid(right.fields());
                        }
                        case Verdict.Invalid(String why) -> new Result.Invalid(why);
                        case Verdict.UnknownKey _ -> new Result.UnknownKey();
                    }));
        } catch (RejectedExecutionException e) {
            then.accept(new Result.Busy());
        }
    }

    private static String digest(String token) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.ISO_8859_1));
            return new String(digest, StandardCharsets.ISO_8859_1);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
