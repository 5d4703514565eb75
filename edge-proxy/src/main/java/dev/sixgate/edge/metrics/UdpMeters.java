package dev.sixgate.edge.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** What UDP services count. Any thread. */
public final class UdpMeters {
    /** Why a datagram went no further. */
    public enum Drop {
        /** No service has the port any more, or the edge is shutting down. */
        NO_ROUTE,
        RATE_LIMITED,
        /** The service has as many sessions as it may, and none could make room. */
        MAX_SESSIONS,
        /** The client has as many as it may. */
        CLIENT_LIMIT,
        /** No backend could be had, or it ended the session. */
        NO_BACKEND,
        /** Longer than the mesh carries in one packet, or than is read. */
        TOO_LARGE,
        /** The way to the backend is full. */
        BACKEND_FULL,
        /** The socket to clients is full. */
        CLIENT_FULL
    }

    private final AtomicInteger sessions = new AtomicInteger();
    private final Counter received;
    private final Counter sent;
    private final Map<Drop, Counter> dropped = new EnumMap<>(Drop.class);

    UdpMeters(MeterRegistry registry) {
        Gauge.builder("sixgate.udp.sessions", sessions, AtomicInteger::get)
                .description("UDP sessions open now")
                .register(registry);
        received = registry.counter("sixgate.udp.datagrams", "direction", "from_client");
        sent = registry.counter("sixgate.udp.datagrams", "direction", "to_client");
        for (Drop drop : Drop.values())
            dropped.put(
                    drop,
                    registry.counter(
                            "sixgate.udp.dropped", "reason", drop.name().toLowerCase(Locale.ROOT)));
    }

    public void received() {
        received.increment();
    }

    public void sent() {
        sent.increment();
    }

    public void dropped(Drop why) {
        Counter counter = dropped.get(why);
        if (counter != null) counter.increment();
    }

    public void opened() {
        sessions.incrementAndGet();
    }

    public void closed() {
        sessions.decrementAndGet();
    }
}
