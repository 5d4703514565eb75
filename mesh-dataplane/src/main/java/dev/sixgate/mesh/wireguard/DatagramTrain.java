package dev.sixgate.mesh.wireguard;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;

/**
 * Consecutive UDP datagrams to one endpoint in one buffer: each {@code strideBytes} long but the last, which may be
 * shorter. The form that UDP GSO takes; a driver without GSO cuts it apart.
 *
 * @param buffer the datagrams back to back; owned by whoever holds the train
 * @param strideBytes length of every datagram but the last; at least 1
 */
public record DatagramTrain(ByteBuf buffer, int strideBytes, InetSocketAddress endpoint) {
    public int count() {
        return (buffer.readableBytes() + strideBytes - 1) / strideBytes;
    }
}
