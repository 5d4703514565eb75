package dev.sixgate.edge.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What policies allowed and denied, a counter a rule. Any thread. */
public final class PolicyMeters {
    /** Rules counted apart; the rest of a policy's count together as {@code other}. */
    static final int MAX_SERIES = 20_000;

    private record Key(String policy, String rule, String result) {}

    private final MeterRegistry registry;
    private final Map<Key, Counter> flows = new ConcurrentHashMap<>();

    PolicyMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    /**
     * What counts the flows that a rule decided on; the same for the same words.
     *
     * @param rule empty where no rule did
     * @param result {@code allowed}, {@code denied} or {@code would_deny}
     */
    public Runnable flows(String policy, String rule, String result) {
        Key key = new Key(policy, rule.isEmpty() ? EdgeMetrics.NONE : rule, result);
        boolean fits = flows.size() < MAX_SERIES || flows.containsKey(key);
        return flows.computeIfAbsent(fits ? key : new Key("other", "other", result), this::register)::increment;
    }

    private Counter register(Key key) {
        return registry.counter("sixgate.policy.flows", "policy", key.policy, "rule", key.rule, "result", key.result);
    }

    /** Forgets what counts of other policies. */
    void retain(Set<String> policies) {
        flows.entrySet().removeIf(entry -> {
            if (policies.contains(entry.getKey().policy)) return false;
            registry.remove(entry.getValue());
            return true;
        });
    }
}
