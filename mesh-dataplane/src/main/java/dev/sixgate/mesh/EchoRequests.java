package dev.sixgate.mesh;

import dev.sixgate.mesh.ipv6.Icmpv6Header;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Our own echo requests that are not answered yet, and the answers that nobody took yet; {@value #MAX_PENDING} of each,
 * the oldest are forgotten first.
 */
final class EchoRequests {
    static final int MAX_PENDING = 1024;

    private record Pending(Ipv6Address destination, int payloadBytes, long sentNanos) {}

    private final Map<Integer, Pending> pending = new LinkedHashMap<>();
    private final Queue<Mesh.EchoReply> replies = new ArrayDeque<>();
    private int lastHandle;

    /** @param firstHandle random, so that answers cannot be guessed */
    EchoRequests(int firstHandle) {
        this.lastHandle = firstHandle;
    }

    /** @return the handle, which is also identifier and sequence number of the request */
    int begin(Ipv6Address destination, int payloadBytes, long nowNanos) {
        if (pending.size() == MAX_PENDING) {
            Iterator<Integer> oldest = pending.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
        pending.put(++lastHandle, new Pending(destination, payloadBytes, nowNanos));
        return lastHandle;
    }

    /**
     * @param reply echo reply at the reader index, checksum checked; borrowed
     * @return false when it answers nothing we asked
     */
    boolean onReply(ByteBuf reply, int offset, long ingressNanos) {
        int message = reply.readerIndex() + offset;
        int handle = Icmpv6Header.parameter(reply, message);
        Pending request = pending.get(handle);
        Ipv6Address from = Ipv6Header.source(reply, reply.readerIndex());
        int payloadBytes = reply.writerIndex() - message - Icmpv6Header.BYTES;
        if (request == null || !request.destination.equals(from) || request.payloadBytes != payloadBytes) return false;
        pending.remove(handle);
        if (replies.size() == MAX_PENDING) replies.remove();
        replies.add(new Mesh.EchoReply(handle, from, payloadBytes, ingressNanos - request.sentNanos));
        return true;
    }

    Mesh.@Nullable EchoReply pollReply() {
        return replies.poll();
    }
}
