package dev.sixgate.edge.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;

/** What the DNS server counts. Any thread. */
public final class DnsMeters {
    /** Names of response codes (RFC 1035 §4.1.1), by number; what is beyond counts as the last. */
    private static final List<String> CODES =
            List.of("noerror", "formerr", "servfail", "nxdomain", "notimp", "refused", "other");

    private final List<Counter> answers = new ArrayList<>();
    private final Counter forwarded;
    private final Counter cached;
    private final Counter malformed;
    private final Counter limited;

    DnsMeters(MeterRegistry registry) {
        for (String code : CODES) answers.add(registry.counter("sixgate.dns.answers", "code", code));
        forwarded = registry.counter("sixgate.dns.forwarded", "result", "asked");
        cached = registry.counter("sixgate.dns.forwarded", "result", "cached");
        malformed = registry.counter("sixgate.dns.dropped", "reason", "malformed");
        limited = registry.counter("sixgate.dns.dropped", "reason", "rate_limited");
    }

    public void answered(int code) {
        answers.get(Math.min(code, CODES.size() - 1)).increment();
    }

    /** A name that is not ours was asked of another server. */
    public void forwarded() {
        forwarded.increment();
    }

    /** A name that is not ours was answered from memory. */
    public void cached() {
        cached.increment();
    }

    /** No query at all. */
    public void malformed() {
        malformed.increment();
    }

    public void limited() {
        limited.increment();
    }
}
