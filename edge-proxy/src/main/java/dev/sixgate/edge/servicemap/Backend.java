package dev.sixgate.edge.servicemap;

import java.net.InetAddress;
import java.util.Map;

/**
 * One member of an app.
 *
 * @param name unique within the app
 * @param kind {@code pod}, {@code vm}, {@code function}, {@code micro-vm} or {@code static}
 * @param address inside the mesh, unless {@code insecureDirect}
 * @param port the backend's own port, or 0: the service's internal port
 * @param region empty when not given
 * @param insecureDirect reached outside the mesh, unencrypted, because the operator said so
 * @param weight its share beside the others', 1 to {@link #MAX_WEIGHT}
 * @param labels what policies may select it by
 */
public record Backend(
        String name,
        String kind,
        InetAddress address,
        int port,
        String region,
        boolean insecureDirect,
        int weight,
        Map<String, String> labels) {
    public static final int MAX_WEIGHT = 1000;

    public Backend {
        labels = Map.copyOf(labels);
    }

    /** Without labels. */
    public Backend(
            String name,
            String kind,
            InetAddress address,
            int port,
            String region,
            boolean insecureDirect,
            int weight) {
        this(name, kind, address, port, region, insecureDirect, weight, Map.of());
    }

    /** Of weight 1. */
    public Backend(String name, String kind, InetAddress address, int port, String region, boolean insecureDirect) {
        this(name, kind, address, port, region, insecureDirect, 1);
    }
}
