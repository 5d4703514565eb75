package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.ObjectRef;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A Service that is served: SingleStack IPv6, with what lives behind it. */
record ServiceApp(Service service, Endpoints endpoints, Map<String, Object> concurrency) {
    ObjectRef ref() {
        return ObjectRef.of(service);
    }

    String app() {
        return Names.app(ref());
    }

    List<ServicePort> ports() {
        List<ServicePort> ports = service.getSpec().getPorts();
        return ports == null ? List.of() : ports;
    }

    /** Of the Service's own numbers, not those of its endpoints; the first transport that has it. */
    @Nullable
    ServicePort port(int number, String protocol) {
        for (ServicePort port : ports())
            if (port.getPort() == number && protocol(port).equals(protocol)) return port;
        return null;
    }

    @Nullable
    ServicePort port(String name) {
        for (ServicePort port : ports()) if (name.equals(port.getName())) return port;
        return null;
    }

    static String name(ServicePort port) {
        return port.getName() == null ? "" : port.getName();
    }

    /** What the service is called in the app. */
    static String serviceName(ServicePort port) {
        return Names.port(name(port), port.getPort());
    }

    static String protocol(ServicePort port) {
        return port.getProtocol() == null ? "TCP" : port.getProtocol();
    }

    /** Where its endpoints listen; 0: they disagree. */
    int internalPort(ServicePort port) {
        IntOrString target = port.getTargetPort();
        Integer number = target == null ? null : target.getIntVal();
        return endpoints.agreed(name(port), number == null || number == 0 ? port.getPort() : number);
    }
}
