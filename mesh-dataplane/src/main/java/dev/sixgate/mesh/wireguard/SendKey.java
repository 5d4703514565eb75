package dev.sixgate.mesh.wireguard;

import dev.sixgate.mesh.crypto.AeadKey;
import io.netty.buffer.ByteBuf;

/** The sending half of a session: key, the peer's index, and the counter that is never used twice. */
final class SendKey {
    private final AeadKey key;
    private final int receiverIndex;
    private long nextCounter;

    SendKey(AeadKey key, int receiverIndex) {
        this.key = key;
        this.receiverIndex = receiverIndex;
    }

    /** Whether {@code messages} more may be sent before REJECT_AFTER_MESSAGES. */
    boolean hasRoomFor(int messages) {
        return Long.compareUnsigned(nextCounter, Protocol.REJECT_AFTER_MESSAGES - messages) <= 0;
    }

    boolean wantsRekey() {
        return Long.compareUnsigned(nextCounter, Protocol.REKEY_AFTER_MESSAGES) > 0;
    }

    /**
     * Seals {@code length} bytes that stand at {@code index + 16}, header before and tag behind them.
     *
     * @return length of the message
     */
    int seal(ByteBuf buffer, int index, int length) {
        // Not left to the caller's care: a counter used twice gives away both packets.
        if (!hasRoomFor(1)) throw new AssertionError("sealing beyond REJECT_AFTER_MESSAGES");
        long counter = nextCounter++;
        buffer.setIntLE(index, Protocol.TRANSPORT_DATA);
        buffer.setIntLE(index + Protocol.TRANSPORT_RECEIVER, receiverIndex);
        buffer.setLongLE(index + Protocol.TRANSPORT_COUNTER, counter);
        key.seal(counter, buffer, index + Protocol.TRANSPORT_HEADER_BYTES, length);
        return Protocol.TRANSPORT_HEADER_BYTES + length + WireGuardPeer.TAG_BYTES;
    }

    /** For tests of the limits, which nobody reaches by counting. */
    void skipTo(long counter) {
        if (Long.compareUnsigned(counter, nextCounter) < 0) throw new AssertionError("a counter only goes forward");
        nextCounter = counter;
    }

    void destroy() {
        key.destroy();
    }
}
