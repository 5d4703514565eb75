package dev.sixgate.edge.http2;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What a client sends behind an extended CONNECT before the backend has switched protocols: a backend that does not would
 * read it as another request. The stream's window bounds it, since none of it is credited.
 */
final class OpeningTunnel {
    private final ArrayDeque<ByteBuf> held = new ArrayDeque<>(2);
    private boolean ended;

    /** Takes {@code data}. */
    void hold(ByteBuf data, boolean last) {
        held.add(data);
        ended |= last;
    }

    void end() {
        ended = true;
    }

    boolean hasEnded() {
        return ended;
    }

    /** @return owned by the caller; null: nothing is left */
    @Nullable
    ByteBuf next() {
        return held.poll();
    }

    void release() {
        for (ByteBuf data = held.poll(); data != null; data = held.poll()) data.release();
    }
}
