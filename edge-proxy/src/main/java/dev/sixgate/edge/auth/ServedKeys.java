package dev.sixgate.edge.auth;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The keys that another service has. One question is under way at a time; what was answered last holds while the service is away. Any
 * thread; the caller asks the question.
 */
public final class ServedKeys {
    public static final int MAX_WAITING = 1024;

    /** Between two questions for a key that was not there: tokens with made-up ones cost no more than this. */
    static final long PAUSE_NANOS = 10_000_000_000L;

    private final long refreshNanos;
    private final List<Consumer<@Nullable KeySet>> waiting = new ArrayList<>();
    private @Nullable KeySet keys;
    private long askedNanos;
    private boolean everAsked;
    private boolean asking;

    ServedKeys(Duration refresh) {
        this.refreshNanos = refresh.toNanos();
    }

    /**
     * @param newer than these are wanted; null: any will do
     * @param then told once, at once or from {@link #answered}; with null when there are none
     * @return whether the caller is to ask, and to say what came of it by {@link #answered}
     */
    public boolean get(@Nullable KeySet newer, long nowNanos, Consumer<@Nullable KeySet> then) {
        KeySet now;
        boolean ask;
        synchronized (this) {
            long age = nowNanos - askedNanos;
            boolean satisfied = keys != null && keys != newer;
            boolean wait = !satisfied && (asking || !everAsked || age >= PAUSE_NANOS) && waiting.size() < MAX_WAITING;
            if (wait) waiting.add(then);
            ask = !asking && (wait || satisfied && age >= Math.max(refreshNanos, PAUSE_NANOS));
            asking |= ask;
            if (wait) return ask;
            now = keys;
        }
        then.accept(now);
        return ask;
    }

    /** @param answer null: there was none, or none that is a JWK set */
    public void answered(@Nullable KeySet answer, long nowNanos) {
        List<Consumer<@Nullable KeySet>> told;
        KeySet now;
        synchronized (this) {
            asking = false;
            everAsked = true;
            askedNanos = nowNanos;
            if (answer != null) keys = answer;
            now = keys;
            told = List.copyOf(waiting);
            waiting.clear();
        }
        for (Consumer<@Nullable KeySet> then : told) then.accept(now);
    }
}
