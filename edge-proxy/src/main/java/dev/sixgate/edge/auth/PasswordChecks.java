package dev.sixgate.edge.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sixgate.edge.servicemap.AccessFilter.BasicAuth;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Compares passwords with hashes that take long on purpose, on threads of their own. What was right is remembered for a while, as a
 * digest that means nothing outside this process. Any thread.
 */
public final class PasswordChecks {
    public static final int MAX_WAITING = 64;
    public static final int MAX_REMEMBERED = 10_000;

    private static final Duration REMEMBERED = Duration.ofMinutes(5);

    public enum Verdict {
        RIGHT,
        WRONG,
        /** As many as may are waiting. */
        BUSY
    }

    private final byte[] salt = new byte[32];
    private final Executor workers;
    private final Cache<String, Boolean> right = Caffeine.newBuilder()
            .maximumSize(MAX_REMEMBERED)
            .expireAfterWrite(REMEMBERED)
            .build();

    public PasswordChecks() {
        this(new Workers("password", MAX_WAITING));
    }

    /** @param workers throws {@link RejectedExecutionException} while it is full */
    PasswordChecks(Executor workers) {
        this.workers = workers;
        new SecureRandom().nextBytes(salt);
    }

    /** @param then told once, on this thread at once or on another */
    public void check(BasicAuth filter, Credentials.Basic credentials, Consumer<Verdict> then) {
        String known = filter.users().get(credentials.user());
        // A name that nobody has takes as long as one that somebody has, or the time would tell which exist.
        String hash = known != null || filter.users().isEmpty()
                ? known
                : filter.users().values().iterator().next();
        if (hash == null) {
            then.accept(Verdict.WRONG);
            return;
        }
        String digest = digest(hash, credentials.password());
        if (known != null && right.getIfPresent(digest) != null) {
            then.accept(Verdict.RIGHT);
            return;
        }
        try {
            workers.execute(() -> {
                boolean matches = PasswordFile.matches(hash, credentials.password()) && known != null;
                if (matches) right.put(digest, true);
                then.accept(matches ? Verdict.RIGHT : Verdict.WRONG);
            });
        } catch (RejectedExecutionException e) {
            then.accept(Verdict.BUSY);
        }
    }

    /** Of the hash too: a password that the file does not have any more is forgotten with it. */
    private String digest(String hash, String password) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(salt);
            sha.update(hash.getBytes(StandardCharsets.ISO_8859_1));
            sha.update((byte) 0);
            return new String(sha.digest(password.getBytes(StandardCharsets.UTF_8)), StandardCharsets.ISO_8859_1);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
