package dev.sixgate.edge.servicemap;

import java.util.List;

/**
 * @param hostnames lower case, exact or {@code *.example.com}; empty: any host
 * @param internalPort where backends listen
 */
public record Service(
        String name, List<String> hostnames, int internalPort, List<PortBinding> ports, BackendPolicy backendPolicy) {
    public Service {
        hostnames = List.copyOf(hostnames);
        ports = List.copyOf(ports);
    }

    /** With the default use of its backends. */
    public Service(String name, List<String> hostnames, int internalPort, List<PortBinding> ports) {
        this(name, hostnames, internalPort, ports, BackendPolicy.DEFAULT);
    }
}
