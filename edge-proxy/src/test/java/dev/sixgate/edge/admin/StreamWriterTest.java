package dev.sixgate.edge.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StreamWriterTest {
    /** Pieces of a few sizes, each of one letter. */
    private static final class Pieces implements ResponseStream {
        private final int count;
        private int next;
        final ByteArrayOutputStream given = new ByteArrayOutputStream();

        Pieces(int count) {
            this.count = count;
        }

        @Override
        public void begin(Runnable wake) {}

        @Override
        public byte @Nullable [] poll() {
            if (next == count) return null;
            byte[] piece = new byte[1 + next % 97 * 13];
            java.util.Arrays.fill(piece, (byte) ('a' + next++ % 26));
            given.writeBytes(piece);
            return piece;
        }

        @Override
        public boolean isEnded() {
            return next == count;
        }

        @Override
        public void stop() {}

        @Override
        public Map<String, String> trailers() {
            return Map.of("sixgate-captured", Integer.toString(count));
        }

        @Override
        public void close() {}
    }

    @Test
    void pieces_that_fill_the_channel_again_and_again_leave_whole_and_in_order() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(500, 1000));
        channel.pipeline().addLast(new HttpServerCodec(), new ChannelInboundHandlerAdapter());
        ChannelHandlerContext last = channel.pipeline().lastContext();
        // The encoder answers requests only.
        channel.writeInbound(Unpooled.copiedBuffer("GET / HTTP/1.1\r\nHost: x\r\n\r\n", StandardCharsets.US_ASCII));
        Pieces pieces = new Pieces(500);
        StreamWriter.begin(last, "application/octet-stream", pieces);
        channel.runPendingTasks();
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf each = channel.readOutbound(); each != null; each = channel.readOutbound()) {
            all.writeBytes(each);
            each.release();
        }
        String text = all.toString(StandardCharsets.ISO_8859_1);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int at = text.indexOf("\r\n\r\n") + 4;
        while (true) {
            int end = text.indexOf("\r\n", at);
            int length = Integer.parseInt(text.substring(at, end), 16);
            if (length == 0) break;
            body.writeBytes(text.substring(end + 2, end + 2 + length).getBytes(StandardCharsets.ISO_8859_1));
            at = end + 2 + length + 2;
        }
        assertThat(body.toByteArray()).isEqualTo(pieces.given.toByteArray());
        assertThat(text).endsWith("0\r\nsixgate-captured: 500\r\n\r\n");
        channel.finishAndReleaseAll();
    }
}
