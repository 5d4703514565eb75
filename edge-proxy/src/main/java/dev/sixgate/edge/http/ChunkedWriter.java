package dev.sixgate.edge.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes the chunked transfer coding (RFC 9112 §7.1) around pieces that pass through uncopied. */
public final class ChunkedWriter {
    private static final ByteBuf CRLF = constant("\r\n");
    private static final ByteBuf LAST = constant("0\r\n\r\n");

    private ChunkedWriter() {}

    /** Takes {@code data}, which is not empty. */
    public static void writeChunk(Channel channel, ByteBuf data) {
        ByteBuf size = channel.alloc().buffer(16);
        ByteBufUtil.writeAscii(size, Integer.toHexString(data.readableBytes()));
        size.writeShort('\r' << 8 | '\n');
        channel.write(size);
        channel.write(data);
        channel.write(CRLF.retainedDuplicate());
    }

    /** The last chunk, with trailers if there are any. */
    public static ChannelFuture writeEnd(Channel channel, @Nullable Fields trailers) {
        if (trailers == null) return channel.write(LAST.retainedDuplicate());
        ByteBuf end = Unpooled.buffer(trailers.encodedBytes() + 8);
        ByteBufUtil.writeAscii(end, "0\r\n");
        trailers.writeTo(end);
        ByteBufUtil.writeAscii(end, "\r\n");
        return channel.write(end);
    }

    private static ByteBuf constant(String text) {
        return Unpooled.unreleasableBuffer(
                        Unpooled.directBuffer(8).writeBytes(text.getBytes(StandardCharsets.US_ASCII)))
                .asReadOnly();
    }
}
