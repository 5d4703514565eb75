package dev.sixgate.edge.listener;

import dev.sixgate.edge.tls.TlsTermination;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Waits for a ClientHello, in as many records and reads as it comes, and tells the name in it. Nothing is taken out: all bytes go
 * on to what {@link Outcome#named} appends.
 */
final class ClientHelloHandler extends AbstractSniHandler<Void> {
    /** On the channel's loop; one of the two at most, once. */
    interface Outcome {
        /** Appends what comes next. @param sni in lower case; null when the client named nothing */
        void named(ChannelPipeline pipeline, @Nullable String sni);

        /** The channel is being closed. @param why a plain sentence */
        void failed(String why);
    }

    private final Outcome outcome;

    private ClientHelloHandler(Outcome outcome) {
        super(TlsTermination.MAX_CLIENT_HELLO_BYTES, TlsTermination.HANDSHAKE_TIMEOUT.toMillis());
        this.outcome = outcome;
    }

    static void install(ChannelPipeline pipeline, Outcome outcome) {
        pipeline.addLast("hello", new ClientHelloHandler(outcome));
        pipeline.addLast("hello-refused", new Refusal(outcome));
    }

    @Override
    protected Future<Void> lookup(ChannelHandlerContext context, @Nullable String sni) {
        return context.executor().newSucceededFuture(null);
    }

    @Override
    protected void onLookupComplete(ChannelHandlerContext context, @Nullable String sni, Future<Void> future) {
        ChannelPipeline pipeline = context.pipeline();
        pipeline.remove("hello-refused");
        outcome.named(pipeline, sni);
        if (!context.isRemoved()) pipeline.remove(this);
    }

    private static final class Refusal extends ChannelInboundHandlerAdapter {
        private final Outcome outcome;
        private boolean over;

        Refusal(Outcome outcome) {
            this.outcome = outcome;
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (!over)
                outcome.failed(
                        cause instanceof SslHandshakeTimeoutException
                                ? "the client did not finish its ClientHello in time"
                                : "the client did not speak TLS");
            over = true;
            context.close();
        }
    }
}
