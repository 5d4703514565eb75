package dev.sixgate.edge.servicemap;

/**
 * One host pattern of one service on one port: what a request is matched against.
 *
 * @param host exact, {@code *.example.com}, or {@link #ANY_HOST}
 */
public record Rule(App app, Service service, PortBinding port, String host) {
    public static final String ANY_HOST = "*";

    public boolean anyHost() {
        return host.equals(ANY_HOST);
    }

    /** Such as {@code hello.http host hello.example.com}. */
    public String name() {
        return app.name() + "." + service.name() + (anyHost() ? " any host" : " host " + host);
    }
}
