package dev.sixgate.edge.admin;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;

/** Writes one {@link ResponseStream} in chunks, as fast as its asker reads; any further request on the connection stops it. */
final class StreamWriter extends ChannelDuplexHandler {
    private final ResponseStream stream;
    private boolean writing;
    private boolean finished;
    private boolean closed;

    private StreamWriter(ResponseStream stream) {
        this.stream = stream;
    }

    /** Takes the connection over. */
    static void begin(ChannelHandlerContext context, String contentType, ResponseStream stream) {
        StreamWriter writer = new StreamWriter(stream);
        context.pipeline().addLast(writer);
        DefaultHttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, contentType)
                .set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        context.write(head);
        ChannelHandlerContext own = context.pipeline().context(writer);
        stream.begin(() -> own.executor().execute(() -> writer.write(own)));
        writer.write(own);
    }

    /** A write or a flush may tell of writability before it returns; the encoder must not be entered again from there. */
    private void write(ChannelHandlerContext context) {
        if (writing) return;
        writing = true;
        try {
            boolean full;
            do {
                full = !writeWhatThereIs(context);
                context.flush();
            } while (full && !finished && context.channel().isWritable());
        } finally {
            writing = false;
        }
    }

    /** @return false: the channel took no more */
    private boolean writeWhatThereIs(ChannelHandlerContext context) {
        while (!finished && !closed) {
            if (!context.channel().isWritable()) return false;
            byte[] piece = stream.poll();
            // Asked in this order: what is queued before the end is seen is polled before it.
            if (piece == null && stream.isEnded() && (piece = stream.poll()) == null) finish(context);
            else if (piece == null) return true;
            else context.write(new DefaultHttpContent(Unpooled.wrappedBuffer(piece)));
        }
        return true;
    }

    private void finish(ChannelHandlerContext context) {
        finished = true;
        LastHttpContent last = new DefaultLastHttpContent();
        stream.trailers().forEach(last.trailingHeaders()::set);
        context.writeAndFlush(last).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ReferenceCountUtil.release(message);
        stream.stop();
        write(context);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        write(context);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (closed) return;
        closed = true;
        stream.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
