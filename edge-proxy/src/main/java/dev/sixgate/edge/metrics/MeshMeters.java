package dev.sixgate.edge.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** What the mesh of this edge holds, and what it answered without keeping anything. Any thread. */
public final class MeshMeters {
    /** Of all identities together; cookies since they began. */
    public record Load(
            long tcpMemoryBytes,
            long tcpMemoryLimitBytes,
            long synCookiesSent,
            long synCookiesAccepted,
            long handshakeCookiesSent,
            long handshakeCookiesAccepted) {}

    private volatile Load load = new Load(0, 0, 0, 0, 0, 0);

    MeshMeters(MeterRegistry registry) {
        gauge(registry, "sixgate.mesh.tcp.memory.bytes", Load::tcpMemoryBytes);
        gauge(registry, "sixgate.mesh.tcp.memory.limit.bytes", Load::tcpMemoryLimitBytes);
        cookies(registry, "sixgate.mesh.syn.cookies", "sent", Load::synCookiesSent);
        cookies(registry, "sixgate.mesh.syn.cookies", "accepted", Load::synCookiesAccepted);
        cookies(registry, "sixgate.mesh.handshake.cookies", "sent", Load::handshakeCookiesSent);
        cookies(registry, "sixgate.mesh.handshake.cookies", "accepted", Load::handshakeCookiesAccepted);
    }

    private void gauge(MeterRegistry registry, String name, ToDoubleFunction<Load> figure) {
        Gauge.builder(name, this, meters -> figure.applyAsDouble(meters.load)).register(registry);
    }

    private void cookies(MeterRegistry registry, String name, String result, ToDoubleFunction<Load> figure) {
        FunctionCounter.builder(name, this, meters -> figure.applyAsDouble(meters.load))
                .tag("result", result)
                .register(registry);
    }

    /** What holds just now; call before a scrape. */
    public void load(Load now) {
        load = now;
    }
}
