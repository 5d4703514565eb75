package dev.sixgate.edge.udp;

import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The sessions of one socket by client, in the order of their last datagram. On one event loop. */
final class SessionTable {
    private final Map<InetSocketAddress, UdpSession> byClient = new HashMap<>();
    private @Nullable UdpSession oldest;
    private @Nullable UdpSession newest;

    @Nullable
    UdpSession find(InetSocketAddress client) {
        return byClient.get(client);
    }

    int size() {
        return byClient.size();
    }

    void add(UdpSession session) {
        byClient.put(session.client(), session);
        append(session);
    }

    /** It was used just now. */
    void touch(UdpSession session) {
        if (session == newest) return;
        unlink(session);
        append(session);
    }

    void remove(UdpSession session) {
        if (byClient.remove(session.client(), session)) unlink(session);
    }

    /** The one that was used longest ago; null: there is none. */
    @Nullable
    UdpSession oldest() {
        return oldest;
    }

    /** The first that fits, of those that were used longest ago. */
    @Nullable
    UdpSession oldest(Predicate<UdpSession> fitting, int looks) {
        UdpSession each = oldest;
        for (int i = 0; i < looks && each != null; i++, each = each.newer) if (fitting.test(each)) return each;
        return null;
    }

    private void append(UdpSession session) {
        session.older = newest;
        session.newer = null;
        if (newest == null) oldest = session;
        else newest.newer = session;
        newest = session;
    }

    private void unlink(UdpSession session) {
        if (session.older == null) oldest = session.newer;
        else session.older.newer = session.newer;
        if (session.newer == null) newest = session.older;
        else session.newer.older = session.older;
        session.older = null;
        session.newer = null;
    }
}
