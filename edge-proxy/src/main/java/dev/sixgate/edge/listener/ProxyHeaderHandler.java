package dev.sixgate.edge.listener;

import dev.sixgate.edge.proxyprotocol.BadProxyHeaderException;
import dev.sixgate.edge.proxyprotocol.ProxyHeader;
import dev.sixgate.edge.proxyprotocol.ProxyHeaderReader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Waits for the PROXY protocol head of a load balancer's connection, then makes place for what is spoken behind it. */
final class ProxyHeaderHandler extends ChannelInboundHandlerAdapter {
    /** From accept to the head's last byte; load balancers send it with their first packet. */
    static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** On the channel's loop; one of the two, once, and neither when the other end left without a byte. */
    interface Outcome {
        /** Appends what comes next, which gets the bytes behind the head. */
        void read(ChannelPipeline pipeline, ProxyHeader header);

        /** The channel is being closed. @param why a plain sentence */
        void failed(String why);
    }

    private final Outcome outcome;
    private @Nullable ByteBuf held;
    private @Nullable ScheduledFuture<?> deadline;
    private boolean over;

    ProxyHeaderHandler(Outcome outcome) {
        this.outcome = outcome;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        deadline = context.executor()
                .schedule(
                        () -> fail(context, "it did not come within " + TIMEOUT.toSeconds() + " s"),
                        TIMEOUT.toNanos(),
                        TimeUnit.NANOSECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (over) {
            bytes.release();
            return;
        }
        ByteBuf all = held == null ? bytes : held.writeBytes(bytes);
        if (all != bytes) bytes.release();
        ProxyHeader header;
        try {
            header = ProxyHeaderReader.read(all);
        } catch (BadProxyHeaderException e) {
            held = all;
            fail(context, String.valueOf(e.getMessage()));
            return;
        }
        if (header == null) {
            if (held == null)
                held = context.alloc().buffer(all.readableBytes() + 256).writeBytes(all);
            if (all != held) all.release();
            return;
        }
        held = null;
        end();
        try {
            outcome.read(context.pipeline(), header);
            if (all.isReadable()) context.fireChannelRead(all.retain());
        } finally {
            all.release();
        }
        if (!context.isRemoved()) context.pipeline().remove(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        fail(context, String.valueOf(cause.getMessage()));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (held == null) end();
        else fail(context, "the connection ended within it");
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        end();
        release();
    }

    private void fail(ChannelHandlerContext context, String why) {
        if (over) return;
        end();
        release();
        outcome.failed(why);
        context.close();
    }

    private void end() {
        over = true;
        if (deadline != null) deadline.cancel(false);
    }

    private void release() {
        if (held != null) held.release();
        held = null;
    }
}
