package dev.sixgate.edge.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.util.Locale;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Writes the head a backend sees, anew from parsed parts and always as HTTP/1.1. */
public final class RequestWriter {
    private RequestWriter() {}

    /**
     * Makes the head of {@code request}, whose fields {@link HopByHop#stripRequest} has seen.
     *
     * @param id goes upstream as Sixgate-Request-Id, and as X-Request-Id unless a trusted proxy named another
     * @param host what stands in Host; null: what the client asked for
     * @param clientIpHeader gets the client's address alone; null: none does
     * @return owned by the caller
     */
    public static ByteBuf write(
            ByteBufAllocator allocator,
            RequestHead request,
            ForwardedFields forwarded,
            String id,
            @Nullable Authority host,
            @Nullable String clientIpHeader) {
        Fields fields = request.fields();
        String target = request.target();
        ByteBuf out = allocator.buffer(target.length()
                + fields.encodedBytes()
                + forwarded.encodedBytes(request.authority())
                + (host == null ? 0 : host.text().length())
                + 320);
        ByteBufUtil.writeAscii(out, request.method());
        out.writeByte(' ');
        ByteBufUtil.writeAscii(out, target);
        ByteBufUtil.writeAscii(out, " HTTP/1.1\r\nhost: ");
        ByteBufUtil.writeAscii(out, forwarded.host(host == null ? request.authority() : host));
        ByteBufUtil.writeAscii(out, "\r\n");
        fields.writeTo(out);
        forwarded.writeTo(out, request.authority());
        if (clientIpHeader != null) forwarded.writeClientAddress(out, clientIpHeader);
        ByteBufUtil.writeAscii(out, "x-request-id: ");
        ByteBufUtil.writeAscii(out, forwarded.requestId(id));
        ByteBufUtil.writeAscii(out, "\r\nsixgate-request-id: ");
        ByteBufUtil.writeAscii(out, id);
        ByteBufUtil.writeAscii(out, "\r\nvia: ");
        ByteBufUtil.writeAscii(out, request.version().number());
        ByteBufUtil.writeAscii(out, " sixgate\r\n");
        if (request.bodyLength() == BodyLength.UNKNOWN) ByteBufUtil.writeAscii(out, "transfer-encoding: chunked\r\n");
        else if (request.bodyLength() >= 0 || expectsBody(request.method())) {
            ByteBufUtil.writeAscii(out, "content-length: ");
            ByteBufUtil.writeAscii(out, Long.toString(Math.max(0, request.bodyLength())));
            ByteBufUtil.writeAscii(out, "\r\n");
        }
        if (request.webSocket()) ByteBufUtil.writeAscii(out, "connection: upgrade\r\nupgrade: websocket\r\n");
        else if (request.acceptsTrailers()) ByteBufUtil.writeAscii(out, "connection: te\r\nte: trailers\r\n");
        ByteBufUtil.writeAscii(out, "\r\n");
        return out;
    }

    /**
     * The same head as fields for HTTP/2, names in lower case, pseudo-header fields first.
     *
     * @param scheme as the backend is spoken to
     */
    public static void each(
            RequestHead request,
            ForwardedFields forwarded,
            String id,
            @Nullable Authority host,
            @Nullable String clientIpHeader,
            String scheme,
            BiConsumer<CharSequence, CharSequence> field) {
        field.accept(":method", request.method());
        field.accept(":scheme", scheme);
        field.accept(":authority", forwarded.host(host == null ? request.authority() : host));
        field.accept(":path", request.target());
        Fields fields = request.fields();
        for (int i = 0; i < fields.size(); i++)
            if (!fields.isDropped(i)) field.accept(fields.lowerCaseName(i), fields.sharedValue(i));
        forwarded.forEach(request.authority(), field::accept);
        if (clientIpHeader != null) field.accept(clientIpHeader.toLowerCase(Locale.ROOT), forwarded.clientAddress());
        field.accept("x-request-id", forwarded.requestId(id));
        field.accept("sixgate-request-id", id);
        field.accept("via", request.version().number() + " sixgate");
        if (request.bodyLength() >= 0 || request.bodyLength() == BodyLength.NONE && expectsBody(request.method()))
            field.accept("content-length", Long.toString(Math.max(0, request.bodyLength())));
        if (request.acceptsTrailers()) field.accept("te", "trailers");
    }

    /** RFC 9110 §8.6: methods whose meaning includes a body say so even when it is empty. */
    private static boolean expectsBody(String method) {
        return method.equals("POST") || method.equals("PUT") || method.equals("PATCH");
    }
}
