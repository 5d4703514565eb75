package dev.sixgate.edge.servicemap;

import java.net.InetAddress;
import java.util.List;

/** Small apps for tests, in one line each. */
public final class Apps {
    private Apps() {}

    /** One service {@code http} on one plain HTTP port, with one backend {@code b1}. */
    public static App http(String name, int port, String... hostnames) {
        return app(name, List.of(backend("b1", "fdaa::1")), service("http", List.of(hostnames), port, Handler.HTTP));
    }

    public static App app(String name, List<Backend> backends, Service... services) {
        return new App(name, backends, List.of(services));
    }

    public static Service service(String name, List<String> hostnames, int port, Handler... handlers) {
        return new Service(name, hostnames, 8080, List.of(binding(port, handlers)));
    }

    public static PortBinding binding(int port, Handler... handlers) {
        return new PortBinding(port, List.of(handlers), TlsOptions.DEFAULT, HttpOptions.DEFAULT, TcpOptions.DEFAULT, 0);
    }

    public static Backend backend(String name, String address) {
        return backend(name, address, "");
    }

    public static Backend backend(String name, String address, String region) {
        return new Backend(name, "static", InetAddress.ofLiteral(address), 0, region, false);
    }

    /** Reached by the kernel on loopback. */
    public static Backend direct(String name, int port) {
        return new Backend(name, "static", InetAddress.getLoopbackAddress(), port, "", true);
    }
}
