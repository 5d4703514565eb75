package dev.sixgate.mesh.wireguard;

import dev.sixgate.mesh.crypto.AeadKey;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** The receiving half of a session: key and replay window. */
final class ReceiveKey {
    private final AeadKey key;
    private final ReplayWindow window = new ReplayWindow();

    ReceiveKey(AeadKey key) {
        this.key = key;
    }

    /**
     * Opens one transport data message in place; the plaintext then stands at {@code index + 16}.
     *
     * @param length of the message, at least 32
     * @return null when opened, or why not
     */
    @Nullable
    DropReason open(ByteBuf message, int index, int length) {
        long counter = message.getLongLE(index + Protocol.TRANSPORT_COUNTER);
        if (Long.compareUnsigned(counter, Protocol.REJECT_AFTER_MESSAGES) >= 0) return DropReason.SESSION_EXPIRED;
        if (!window.accepts(counter)) return DropReason.REPLAYED_COUNTER;
        int header = Protocol.TRANSPORT_HEADER_BYTES;
        if (!key.open(counter, message, index + header, length - header)) return DropReason.BAD_TAG;
        window.commit(counter);
        return null;
    }

    void destroy() {
        key.destroy();
    }
}
