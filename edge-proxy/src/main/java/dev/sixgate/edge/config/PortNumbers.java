package dev.sixgate.edge.config;

import java.util.List;
import java.util.stream.IntStream;

/** {@code port}, or {@code start_port} and {@code end_port}, of a service's port. */
final class PortNumbers {
    /** Each is a socket on each address. */
    static final int MAX_RANGE = 1_000;

    private final Problems problems;

    PortNumbers(Problems problems) {
        this.problems = problems;
    }

    /** In order; empty, with a problem told, when none can be read. */
    List<Integer> read(Fields entry) {
        boolean range = entry.has("start_port") || entry.has("end_port");
        if (!range) {
            entry.require("port", "\"port\": 443, the public port");
            int port = entry.whole("port", 0, 1, 65535);
            return port == 0 ? List.of() : List.of(port);
        }
        if (entry.has("port"))
            problems.error(
                    Code.JSON_010,
                    entry.keySpot("port"),
                    "\"port\" stands beside \"start_port\" and \"end_port\"",
                    "one port or a range");
        boolean both = entry.require("start_port", "\"start_port\": 7000, the first of the range")
                & entry.require("end_port", "\"end_port\": 7009, the last of the range");
        int first = entry.whole("start_port", 0, 1, 65535);
        int last = entry.whole("end_port", 0, 1, 65535);
        if (!both || first == 0 || last == 0) return List.of();
        if (last >= first && last - first < MAX_RANGE)
            return IntStream.rangeClosed(first, last).boxed().toList();
        problems.error(
                Code.JSON_010,
                entry.spot("end_port"),
                last < first
                        ? "the range ends at " + last + ", before it starts at " + first
                        : "the range " + first + "–" + last + " has " + (last - first + 1) + " ports, and " + MAX_RANGE
                                + " are the most",
                null);
        return List.of();
    }

    /** A range onto one port is meant, or it is a slip. @param internalPort 0: each port is its own */
    void collapse(Fields entry, List<Integer> numbers, int internalPort) {
        boolean collapse = entry.flag("collapse");
        if (internalPort == 0 || collapse || numbers.size() < 2) return;
        problems.error(
                Code.PORT_005,
                entry.spot("start_port"),
                numbers.getFirst() + "–" + numbers.getLast() + " (" + numbers.size() + " ports) onto internal_port "
                        + internalPort + ": all of them will reach one port",
                "omit internal_port to keep numbers, or \"collapse\": true");
    }
}
