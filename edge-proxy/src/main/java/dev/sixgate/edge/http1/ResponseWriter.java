package dev.sixgate.edge.http1;

import dev.sixgate.edge.http.BodyLength;
import dev.sixgate.edge.http.ChunkedWriter;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.LocalAnswer;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.http.ResponseHead;
import dev.sixgate.edge.http.Version;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.HttpResponseStatus;
import org.jspecify.annotations.Nullable;

/** Frames one response for the client (RFC 9112 §6): Content-Length, chunked, or the connection's end for HTTP/1.0. */
final class ResponseWriter {
    private final Channel channel;
    private boolean chunked;
    private boolean untilClose;
    private boolean headOnly;
    private @Nullable ChannelFuture last;

    ResponseWriter(Channel channel) {
        this.channel = channel;
    }

    /** Whether only the connection's end tells the client that the body is complete. */
    boolean isUntilClose() {
        return untilClose;
    }

    void interim(ResponseHead head) {
        ByteBuf out = begin(head.status(), head.fields());
        ByteBufUtil.writeAscii(out, "\r\n");
        last = channel.write(out);
    }

    /** Decides the framing; see {@link #isUntilClose} before {@link #writeHead}. */
    void frame(RequestHead request, ResponseHead head) {
        headOnly = head.bodyLength() == BodyLength.NONE;
        boolean unknown = head.bodyLength() == BodyLength.UNKNOWN || head.bodyLength() == BodyLength.UNTIL_CLOSE;
        chunked = unknown && request.version() != Version.HTTP_1_0;
        untilClose = unknown && !chunked;
    }

    void writeHead(RequestHead request, ResponseHead head, boolean keepAlive) {
        ByteBuf out = begin(head.status(), head.fields());
        if (chunked) ByteBufUtil.writeAscii(out, "transfer-encoding: chunked\r\n");
        else if (!headOnly && !untilClose) writeLength(out, head.bodyLength());
        else if (headOnly && head.declaredLength() >= 0 && head.status() > 199 && head.status() != 204)
            writeLength(out, head.declaredLength());
        if (head.status() == 101) ByteBufUtil.writeAscii(out, "connection: upgrade\r\nupgrade: websocket\r\n");
        else writeConnection(out, request.version(), keepAlive);
        ByteBufUtil.writeAscii(out, "\r\n");
        last = channel.write(out);
    }

    void body(ByteBuf data) {
        if (chunked) ChunkedWriter.writeChunk(channel, data);
        else last = channel.write(data);
    }

    ChannelFuture end(@Nullable Fields trailers) {
        if (chunked) return ChunkedWriter.writeEnd(channel, trailers);
        return last != null ? last : channel.write(Unpooled.EMPTY_BUFFER);
    }

    /** @param version as the client speaks; {@code headRequest}: fields only */
    ChannelFuture answer(LocalAnswer answer, Version version, boolean headRequest, boolean keepAlive) {
        byte[] body = answer.body();
        ByteBuf out = begin(answer.status(), answer.fields());
        if (answer.hasBody()) writeLength(out, body.length);
        writeConnection(out, version, keepAlive);
        ByteBufUtil.writeAscii(out, "\r\n");
        if (!headRequest) out.writeBytes(body);
        return channel.write(out);
    }

    private ByteBuf begin(int status, Fields fields) {
        ByteBuf out = channel.alloc().buffer(fields.encodedBytes() + 192);
        HttpResponseStatus known = HttpResponseStatus.valueOf(status);
        ByteBufUtil.writeAscii(out, "HTTP/1.1 ");
        ByteBufUtil.writeAscii(out, known.codeAsText());
        out.writeByte(' ');
        ByteBufUtil.writeAscii(out, known.reasonPhrase());
        out.writeShort('\r' << 8 | '\n');
        fields.writeTo(out);
        return out;
    }

    private static void writeLength(ByteBuf out, long length) {
        ByteBufUtil.writeAscii(out, "content-length: ");
        ByteBufUtil.writeAscii(out, Long.toString(length));
        out.writeShort('\r' << 8 | '\n');
    }

    private static void writeConnection(ByteBuf out, Version version, boolean keepAlive) {
        if (!keepAlive) ByteBufUtil.writeAscii(out, "connection: close\r\n");
        else if (version == Version.HTTP_1_0) ByteBufUtil.writeAscii(out, "connection: keep-alive\r\n");
    }
}
