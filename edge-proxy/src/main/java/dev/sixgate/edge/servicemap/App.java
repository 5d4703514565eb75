package dev.sixgate.edge.servicemap;

import java.net.Inet6Address;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A compiled app: the unit a connection keeps for its whole life, whatever is reloaded meanwhile.
 *
 * @param privateAddress where the app is served inside the mesh; null: nowhere
 */
public record App(
        String name,
        List<Backend> backends,
        List<Service> services,
        @Nullable Inet6Address privateAddress) {
    public App {
        backends = List.copyOf(backends);
        services = List.copyOf(services);
    }

    /** Without a private address. */
    public App(String name, List<Backend> backends, List<Service> services) {
        this(name, backends, services, null);
    }
}
