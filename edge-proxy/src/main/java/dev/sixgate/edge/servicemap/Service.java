package dev.sixgate.edge.servicemap;

import java.util.List;

/**
 * @param hostnames lower case, exact or {@code *.example.com}; empty: any host
 * @param internalPort where backends listen
 * @param routes by path and more; empty: everything goes to the service's own app
 * @param embedsClient whether backends see each client under a mesh address of its own
 */
public record Service(
        String name,
        List<String> hostnames,
        int internalPort,
        List<PortBinding> ports,
        BackendPolicy backendPolicy,
        List<HttpRoute> routes,
        BackendProtocol backendProtocol,
        List<RateLimit> rateLimits,
        RequestPolicy requests,
        boolean embedsClient) {
    public Service {
        rateLimits = List.copyOf(rateLimits);
        hostnames = List.copyOf(hostnames);
        ports = List.copyOf(ports);
        routes = List.copyOf(routes);
    }

    /** Backends see the edge. */
    public Service(
            String name,
            List<String> hostnames,
            int internalPort,
            List<PortBinding> ports,
            BackendPolicy backendPolicy,
            List<HttpRoute> routes,
            BackendProtocol backendProtocol,
            List<RateLimit> rateLimits,
            RequestPolicy requests) {
        this(name, hostnames, internalPort, ports, backendPolicy, routes, backendProtocol, rateLimits, requests, false);
    }

    /** Over HTTP/1.1 in plain text. */
    public Service(
            String name,
            List<String> hostnames,
            int internalPort,
            List<PortBinding> ports,
            BackendPolicy backendPolicy,
            List<HttpRoute> routes) {
        this(
                name,
                hostnames,
                internalPort,
                ports,
                backendPolicy,
                routes,
                BackendProtocol.HTTP_1_1,
                List.of(),
                RequestPolicy.DEFAULT,
                false);
    }

    /** Without routes. */
    public Service(
            String name,
            List<String> hostnames,
            int internalPort,
            List<PortBinding> ports,
            BackendPolicy backendPolicy) {
        this(name, hostnames, internalPort, ports, backendPolicy, List.of());
    }

    /** With the default use of its backends. */
    public Service(String name, List<String> hostnames, int internalPort, List<PortBinding> ports) {
        this(name, hostnames, internalPort, ports, BackendPolicy.DEFAULT);
    }
}
