package dev.sixgate.edge.servicemap;

import java.util.List;

/** A compiled app: the unit a connection keeps for its whole life, whatever is reloaded meanwhile. */
public record App(String name, List<Backend> backends, List<Service> services) {
    public App {
        backends = List.copyOf(backends);
        services = List.copyOf(services);
    }
}
