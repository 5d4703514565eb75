package dev.sixgate.edge.http2;

import static io.netty.handler.codec.http2.Http2Error.ENHANCE_YOUR_CALM;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameTypes;

/**
 * Watches frame headers as they come in, before they cost anything, and ends connections that send frames which make us
 * work and carry nothing: PING, SETTINGS, PRIORITY, unknown ones, empty DATA, WINDOW_UPDATE beyond what our own DATA
 * explains, and header blocks in crumbs (CVE-2019-9511 to -9518, CVE-2024-27316). Netty guards resets and queued answers.
 */
final class FrameBudget {
    private static final int PREFACE_BYTES = 24;
    private static final int HEADER_BYTES = 9;
    private static final int FLAG_END = 0x1; // END_STREAM, and ACK
    private static final int FLAG_END_HEADERS = 0x4;

    /** As many control frames at once; then as many a second. A gRPC client probing bandwidth sends dozens. */
    static final int CONTROL_BURST = 1000;

    private static final int CONTROL_PER_SECOND = 100;

    static final int UPDATE_BURST = 2000;
    private static final int UPDATE_PER_SECOND = 100;
    private static final int UPDATES_PER_DATA_FRAME = 2;

    static final int MAX_CONTINUATIONS = 32;

    private long skip = PREFACE_BYTES;
    private int headerBytes;
    private int length;
    private int type;
    private int continuations;
    private boolean headerBlockOpen;
    private long headerBlockSince;
    private double control = CONTROL_BURST;
    private double updates = UPDATE_BURST;
    private long refilledAt;

    FrameBudget(long nowNanos) {
        refilledAt = nowNanos;
    }

    /** Whether a header block was begun and not ended; {@link #headerBlockSince} says when. */
    boolean isHeaderBlockOpen() {
        return headerBlockOpen;
    }

    long headerBlockSince() {
        return headerBlockSince;
    }

    /** Our own DATA earns the client window updates. */
    void dataSent(int bytes) {
        updates = Math.min(UPDATE_BURST, updates + UPDATES_PER_DATA_FRAME * (1 + bytes / 16384));
    }

    /** Looks at the next bytes of the connection; borrows {@code in} and changes nothing. */
    void inspect(ByteBuf in, long nowNanos) throws Http2Exception {
        int i = in.readerIndex();
        int end = in.writerIndex();
        while (i < end) {
            if (skip > 0) {
                int step = (int) Math.min(skip, end - i);
                skip -= step;
                i += step;
                continue;
            }
            int value = in.getUnsignedByte(i++);
            switch (headerBytes++) {
                case 0, 1, 2 -> length = length << 8 | value;
                case 3 -> type = value;
                case 4 -> frame(type, length, value, nowNanos);
                default -> {}
            }
            if (headerBytes == HEADER_BYTES) {
                skip = length;
                headerBytes = 0;
                length = 0;
            }
        }
    }

    private void frame(int frameType, int payload, int flags, long nowNanos) throws Http2Exception {
        switch (frameType) {
            case Http2FrameTypes.DATA -> {
                if (payload == 0 && (flags & FLAG_END) == 0) spendControl(nowNanos);
            }
            case Http2FrameTypes.HEADERS -> {
                continuations = 0;
                headerBlockOpen = (flags & FLAG_END_HEADERS) == 0;
                headerBlockSince = nowNanos;
            }
            case Http2FrameTypes.CONTINUATION -> {
                if (++continuations > MAX_CONTINUATIONS)
                    throw flood("a header block in more than " + MAX_CONTINUATIONS + " pieces");
                if ((flags & FLAG_END_HEADERS) != 0) headerBlockOpen = false;
            }
            case Http2FrameTypes.WINDOW_UPDATE -> {
                refill(nowNanos);
                if (--updates < 0) throw flood("more window updates than data explains");
            }
            case Http2FrameTypes.RST_STREAM -> {} // Netty counts them
            default -> spendControl(nowNanos);
        }
    }

    private void spendControl(long nowNanos) throws Http2Exception {
        refill(nowNanos);
        if (--control < 0) throw flood("too many control frames");
    }

    private void refill(long nowNanos) {
        double seconds = (nowNanos - refilledAt) / 1e9;
        refilledAt = nowNanos;
        control = Math.min(CONTROL_BURST, control + seconds * CONTROL_PER_SECOND);
        updates = Math.min(UPDATE_BURST, updates + seconds * UPDATE_PER_SECOND);
    }

    private static Http2Exception flood(String what) {
        return Http2Exception.connectionError(ENHANCE_YOUR_CALM, what);
    }
}
