package dev.sixgate.edge.listener;

import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Open connections by client: an IPv4 address, or an IPv6 /64, which is what one client has. Holds an entry for each client
 * with a connection and no other, so that it is bounded as connections are. Any thread.
 */
final class ClientCounts {
    private static final long IPV4 = 0xffffL << 32;

    private final ConcurrentHashMap<Long, Integer> open = new ConcurrentHashMap<>();

    /** @return how many the client has open with this one */
    int opened(InetAddress client) {
        return open.merge(key(client), 1, Integer::sum);
    }

    /** Once for each {@link #opened}. */
    void closed(InetAddress client) {
        open.computeIfPresent(key(client), (_, count) -> count == 1 ? null : count - 1);
    }

    int clients() {
        return open.size();
    }

    private static long key(InetAddress client) {
        byte[] bytes = client.getAddress();
        long key = 0;
        for (int i = 0; i < Math.min(8, bytes.length); i++) key = key << 8 | bytes[i] & 0xff;
        return bytes.length == 4 ? IPV4 | key : key;
    }
}
