package dev.sixgate.mesh.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.CompletableFuture;

/** In a server's own pipeline: tells the first child. */
final class ChildTap extends ChannelInboundHandlerAdapter {
    private final CompletableFuture<Channel> child;

    ChildTap(CompletableFuture<Channel> child) {
        this.child = child;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        context.fireChannelRead(message); // registers the child first
        child.complete((Channel) message);
    }
}
