package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.ObjectRef;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who has which port and host name. All objects share one set of addresses, so what came first keeps it. */
final class PortClaims {
    private record Port(String transport, int number) {}

    private record Host(Port port, String hostname) {}

    private record Speech(String words, ObjectRef owner) {}

    private final Map<Port, Speech> ports = new HashMap<>();
    private final Map<Host, ObjectRef> hosts = new HashMap<>();

    /**
     * @param transport {@code tcp} or {@code udp}
     * @param words what the port speaks: all who share it agree
     * @return who made it speak something else; null: it is so now
     */
    @Nullable
    ObjectRef speak(ObjectRef owner, String transport, int port, String words) {
        Speech speech = ports.computeIfAbsent(new Port(transport, port), _ -> new Speech(words, owner));
        return speech.words.equals(words) ? null : speech.owner;
    }

    /**
     * @param hostname empty: any
     * @return who has it already; null: it is the owner's
     */
    @Nullable
    ObjectRef take(ObjectRef owner, String transport, int port, String hostname) {
        ObjectRef first = hosts.putIfAbsent(new Host(new Port(transport, port), hostname), owner);
        return first == null || first.equals(owner) ? null : first;
    }
}
