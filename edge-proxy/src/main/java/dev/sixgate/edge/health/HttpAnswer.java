package dev.sixgate.edge.health;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Judges an HTTP check by the status alone; the body is passed over. */
final class HttpAnswer extends SimpleChannelInboundHandler<HttpObject> {
    private final String question;
    private final Consumer<@Nullable String> ended;

    HttpAnswer(String question, Consumer<@Nullable String> ended) {
        this.question = question;
        this.ended = ended;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
        if (message.decoderResult().isFailure()) {
            ended.accept("the answer to " + question + " is not HTTP");
            return;
        }
        if (!(message instanceof HttpResponse response)) return;
        switch (response.status().codeClass()) {
            case HttpStatusClass.INFORMATIONAL -> {
                // The answer follows.
            }
            case HttpStatusClass.SUCCESS -> ended.accept(null);
            default ->
                ended.accept(question + " is answered with " + response.status().code());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        ended.accept("closed without an answer to " + question);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ended.accept(question + ": " + cause.getMessage());
    }
}
