package dev.sixgate.k8s.mapping;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The members of a Service that take traffic, in the order of their addresses' text. */
record Endpoints(List<Member> members) {
    /**
     * @param pod empty: it is none
     * @param address RFC 5952
     * @param ports number by name of the Service's port
     */
    record Member(String pod, String address, Map<String, Integer> ports) {
        Map<String, Object> backend(int port, int weight) {
            Map<String, Object> backend = Json.object();
            if (!pod.isEmpty()) backend.put("name", Names.bounded(pod));
            backend.put("kind", "pod");
            backend.put("address", port == 0 ? address : "[" + address + "]:" + port);
            if (weight != 1) backend.put("weight", weight);
            return backend;
        }
    }

    Endpoints {
        members = List.copyOf(members);
    }

    /** The one number that all members have for the port; {@code otherwise} without members, 0 when they disagree. */
    int agreed(String portName, int otherwise) {
        TreeSet<Integer> numbers = new TreeSet<>();
        for (Member member : members) numbers.add(member.ports.getOrDefault(portName, 0));
        numbers.remove(0);
        return numbers.isEmpty() ? otherwise : numbers.size() == 1 ? numbers.getFirst() : 0;
    }

    List<Map<String, Object>> backends() {
        List<Map<String, Object>> backends = new ArrayList<>();
        for (Member member : members) backends.add(member.backend(0, 1));
        return backends;
    }

    /** Each with the number that it has for the port. */
    List<Map<String, Object>> backends(String portName) {
        List<Map<String, Object>> backends = new ArrayList<>();
        for (Member member : members) {
            int port = member.ports.getOrDefault(portName, 0);
            if (port != 0) backends.add(member.backend(port, 1));
        }
        return backends;
    }
}
