package dev.sixgate.edge.listener;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicTokenHandler;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * QUIC's address validation (RFC 9000 §8.1.2): under load a client first has to show that it receives what is sent to its
 * address. A token is the time, a MAC over time, address and connection id, and the connection id; nothing is kept.
 * On one event loop.
 */
final class RetryTokens implements QuicTokenHandler {
    /** A client answers a Retry at once. */
    static final long LIFE_MILLIS = 10_000;

    private static final int TIME_BYTES = 8;
    private static final int MAC_BYTES = 16;
    private static final String ALGORITHM = "HmacSHA256";

    private final BooleanSupplier underLoad;
    private final LongSupplier clockMillis;
    private final Mac mac;

    RetryTokens(BooleanSupplier underLoad, LongSupplier clockMillis) {
        this.underLoad = underLoad;
        this.clockMillis = clockMillis;
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        try {
            mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HMAC-SHA256", e);
        }
    }

    /** @return false: no Retry is needed, the handshake goes on */
    @Override
    public boolean writeToken(ByteBuf out, ByteBuf connectionId, InetSocketAddress address) {
        if (!underLoad.getAsBoolean()) return false;
        long now = clockMillis.getAsLong();
        byte[] id = bytes(connectionId, connectionId.readerIndex(), connectionId.readableBytes());
        out.writeLong(now).writeBytes(mac(now, address, id)).writeBytes(id);
        return true;
    }

    /** @return where the connection id begins in a token of ours, -1 for any other */
    @Override
    public int validateToken(ByteBuf token, InetSocketAddress address) {
        int length = token.readableBytes();
        int idAt = TIME_BYTES + MAC_BYTES;
        if (length < idAt || length > maxTokenLength()) return -1;
        int start = token.readerIndex();
        long time = token.getLong(start);
        long age = clockMillis.getAsLong() - time;
        if (age < 0 || age > LIFE_MILLIS) return -1;
        byte[] id = bytes(token, start + idAt, length - idAt);
        byte[] found = bytes(token, start + TIME_BYTES, MAC_BYTES);
        return MessageDigest.isEqual(found, mac(time, address, id)) ? idAt : -1;
    }

    @Override
    public int maxTokenLength() {
        return TIME_BYTES + MAC_BYTES + Quic.MAX_CONN_ID_LEN;
    }

    private byte[] mac(long time, InetSocketAddress address, byte[] id) {
        mac.update(ByteBuffer.allocate(TIME_BYTES + 2)
                .putLong(time)
                .putShort((short) address.getPort())
                .flip());
        mac.update(address.getAddress().getAddress());
        return Arrays.copyOf(mac.doFinal(id), MAC_BYTES);
    }

    private static byte[] bytes(ByteBuf from, int at, int length) {
        byte[] bytes = new byte[length];
        from.getBytes(at, bytes);
        return bytes;
    }
}
