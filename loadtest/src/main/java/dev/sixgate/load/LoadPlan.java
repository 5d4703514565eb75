package dev.sixgate.load;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one run does. Visitors with their own connections, a fixed rate of requests over shared ones, or both: visitors
 * paced so that together they make the rate.
 *
 * @param target an http or https URL
 * @param users visitors at the same time; 0: as many as the rate needs (an open model, which does not wait for answers)
 * @param rate requests a second; 0: each visitor asks again as soon as it is answered
 * @param warmUp time at the start that loads but is not measured
 * @param addresses host name to the address that is connected to instead of asking a resolver
 * @param certificates PEM file of roots to trust, or null: the system's
 * @param insecure any certificate will do
 */
record LoadPlan(
        URI target,
        int users,
        int rate,
        Duration warmUp,
        Duration duration,
        Duration timeout,
        Map<String, List<String>> addresses,
        @Nullable Path certificates,
        boolean insecure,
        boolean http2) {}
