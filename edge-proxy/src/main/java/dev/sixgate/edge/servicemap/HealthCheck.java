package dev.sixgate.edge.servicemap;

import java.time.Duration;
import java.util.List;

/**
 * A question asked of each backend of a service from time to time, at the port where it serves. It goes to the backend
 * itself, so no redirect, route or filter of the service touches it.
 *
 * @param method of an HTTP check; else empty
 * @param path of an HTTP check; else empty
 * @param headers sent with an HTTP check
 * @param interval from the beginning of one probe to that of the next, give or take a tenth
 * @param timeout a probe without an answer by then has failed; not above {@code interval}
 * @param gracePeriod failures do not count for as long after the edge first saw the backend, or until it passes once
 * @param healthyThreshold passes in a row that bring a failing backend back
 * @param unhealthyThreshold failures in a row that take a backend out
 */
public record HealthCheck(
        Type type,
        String method,
        String path,
        List<Header> headers,
        Duration interval,
        Duration timeout,
        Duration gracePeriod,
        int healthyThreshold,
        int unhealthyThreshold) {
    public static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(10);
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(2);
    public static final int DEFAULT_THRESHOLD = 2;

    /** The operator's words in lower case. */
    public enum Type {
        /** Passes by a status of 200 to 299. */
        HTTP,
        /** Passes when the connection stands, with TLS where the service's backends speak it. */
        TCP,
        /** {@code grpc.health.v1.Health/Check} of the whole server; passes by {@code SERVING}. */
        GRPC
    }

    public record Header(String name, String value) {}

    public HealthCheck {
        headers = List.copyOf(headers);
    }
}
