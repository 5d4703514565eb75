package dev.sixgate.edge.health;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Judges an answer of {@code grpc.health.v1.Health/Check}: one message whose field 1 is the serving status. */
final class GrpcAnswer extends SimpleChannelInboundHandler<HttpObject> {
    private static final String[] STATUS = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
    private static final int SERVING = 1;
    /** Compressed or not, and the length. */
    private static final int PREFIX = 5;
    /** The key of field 1 as a varint. */
    private static final int STATUS_KEY = 1 << 3;

    private static final int LONGEST = PREFIX + 2;

    private final Consumer<@Nullable String> ended;
    private final byte[] message = new byte[LONGEST];
    private int length;

    GrpcAnswer(Consumer<@Nullable String> ended) {
        this.ended = ended;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject part) {
        if (part.decoderResult().isFailure()) {
            ended.accept("the answer is not HTTP/2");
            return;
        }
        if (part instanceof HttpResponse response && !accept(response)) return;
        if (part instanceof HttpContent content) {
            ByteBuf bytes = content.content();
            int read = Math.min(bytes.readableBytes(), LONGEST - length);
            bytes.readBytes(message, length, read);
            length += read;
        }
        if (part instanceof LastHttpContent last) ended.accept(judge(last.trailingHeaders()));
    }

    /** An error may come in the head alone. */
    private boolean accept(HttpResponse response) {
        int status = response.status().code();
        String grpc = response.headers().get("grpc-status");
        if (status == 200 && (grpc == null || grpc.equals("0"))) return true;
        if (status != 200 && status >= 200) ended.accept("answered with " + status + ", not with gRPC");
        else if (grpc != null) ended.accept("answered with gRPC status " + bounded(grpc));
        return false;
    }

    private @Nullable String judge(HttpHeaders trailers) {
        String status = trailers.get("grpc-status");
        if (status != null && !status.equals("0")) return "answered with gRPC status " + bounded(status);
        if (length < PREFIX || message[0] != 0) return "the answer is no HealthCheckResponse";
        // proto3 leaves out a field that is 0.
        int serving = length == LONGEST && message[PREFIX] == STATUS_KEY ? message[PREFIX + 1] : 0;
        if (serving == SERVING) return null;
        return "it says " + (serving >= 0 && serving < STATUS.length ? STATUS[serving] : "status " + serving);
    }

    private static String bounded(String text) {
        return text.matches("[0-9]{1,3}") ? text : "that is no number";
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        ended.accept("closed without an answer");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ended.accept(String.valueOf(cause.getMessage()));
    }
}
