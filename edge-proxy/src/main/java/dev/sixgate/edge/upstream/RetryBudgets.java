package dev.sixgate.edge.upstream;

import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Service;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what retries add to a service's load: each request pays in a share of a retry, each retry takes a whole one. So an
 * outage multiplies the load by little more than one, however many attempts are allowed. Any thread.
 */
public final class RetryBudgets {
    private static final int WHOLE = 100;
    /** Saved up at most, so that a quiet service still may try again, and a busy one not for hours. */
    private static final long SAVED_MAX = 10L * WHOLE;

    private final Map<String, AtomicLong> saved = new ConcurrentHashMap<>();

    void deposit(App app, Service service, int percent) {
        AtomicLong budget = of(app, service);
        if (budget.get() < SAVED_MAX) budget.addAndGet(percent);
    }

    /** Whether a retry is still affordable; then it is paid. */
    boolean withdraw(App app, Service service) {
        AtomicLong budget = of(app, service);
        if (budget.addAndGet(-WHOLE) >= 0) return true;
        budget.addAndGet(WHOLE);
        return false;
    }

    // Names come from the configuration, so there are as many entries as services were ever configured.
    private AtomicLong of(App app, Service service) {
        return saved.computeIfAbsent(app.name() + "." + service.name(), _ -> new AtomicLong(SAVED_MAX));
    }
}
