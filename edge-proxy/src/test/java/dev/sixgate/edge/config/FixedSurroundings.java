package dev.sixgate.edge.config;

import java.net.InetAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A machine that is the same in each run: a capable process, no environment, and {@code *.resolves.test} at 192.0.2.1. */
record FixedSurroundings(InstantSource clock, Map<String, String> environment, int firstUnprivilegedPort)
        implements Surroundings {
    static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

    FixedSurroundings() {
        this(InstantSource.fixed(NOW), Map.of(), 0);
    }

    @Override
    public @Nullable String environment(String name) {
        return environment.get(name);
    }

    @Override
    public List<InetAddress> nameServers() {
        return List.of();
    }

    @Override
    public Map<String, InetAddress> resolve(Collection<String> hosts) {
        Map<String, InetAddress> resolved = new LinkedHashMap<>();
        for (String host : hosts)
            if (host.endsWith(".resolves.test")) resolved.put(host, InetAddress.ofLiteral("192.0.2.1"));
        return resolved;
    }
}
