package dev.sixgate.k8s.mapping;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code ports} of NetworkPolicies as {@code ports} of {@code policies}. */
final class PolicyPorts {
    private static final int MAX = 65_535;

    private PolicyPorts() {}

    /** Why it cannot be served; null: it can. */
    static @Nullable String trouble(NetworkPolicyPort port) {
        String protocol = protocol(port);
        if (!protocol.equals("tcp") && !protocol.equals("udp"))
            return "ports: protocol " + port.getProtocol() + " is neither TCP nor UDP; this port is not allowed";
        if (name(port) != null) return port.getEndPort() == null ? null : "ports: endPort needs a number in port";
        Integer first = number(port);
        Integer last = port.getEndPort();
        if (first == null) return last == null ? null : "ports: endPort needs a port";
        if (first < 1 || first > MAX) return "ports: " + first + " is no port";
        return last == null || last >= first && last <= MAX ? null : "ports: " + first + " to " + last + " is no range";
    }

    /** Null: it has a number, or none. */
    static @Nullable String name(NetworkPolicyPort port) {
        IntOrString value = port.getPort();
        return value == null || value.getIntVal() != null ? null : value.getStrVal();
    }

    private static @Nullable Integer number(NetworkPolicyPort port) {
        return port.getPort() == null ? null : port.getPort().getIntVal();
    }

    private static String protocol(NetworkPolicyPort port) {
        return port.getProtocol() == null ? "tcp" : port.getProtocol().toLowerCase(Locale.ROOT);
    }

    /** One without trouble and without a name. */
    static Map<String, Object> of(NetworkPolicyPort port) {
        Integer first = number(port);
        if (first == null) return Json.object("protocol", protocol(port));
        if (port.getEndPort() == null) return of(port, first);
        return Json.object("start_port", first, "end_port", port.getEndPort(), "protocol", protocol(port));
    }

    /** @param number that its name stands for */
    static Map<String, Object> of(NetworkPolicyPort port, int number) {
        return Json.object("port", number, "protocol", protocol(port));
    }

    /** What a pod calls so; 0: nothing. */
    static int number(Pod pod, String name) {
        if (pod.getSpec() == null) return 0;
        for (Container container : pod.getSpec().getContainers())
            for (ContainerPort port : container.getPorts())
                if (name.equals(port.getName()) && port.getContainerPort() != null) return port.getContainerPort();
        return 0;
    }
}
