package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.RequestRecord;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import java.net.InetAddress;

/** A connected UDP socket of the kernel, for {@code insecure_direct}. */
final class KernelFlow extends ChannelInboundHandlerAdapter implements DatagramFlow {
    /** What UDP over IPv4 carries. */
    private static final int MAX_PAYLOAD_BYTES = 65_507;

    private final Receiver receiver;
    private final ChannelFuture connecting;
    private boolean closed;

    KernelFlow(EventLoop loop, InetAddress to, int port, Receiver receiver) {
        this.receiver = receiver;
        boolean epoll = loop instanceof IoEventLoop io && io.isCompatible(EpollIoHandle.class);
        connecting = new Bootstrap()
                .group(loop)
                .channel(epoll ? EpollDatagramChannel.class : NioDatagramChannel.class)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MAX_PAYLOAD_BYTES))
                .handler(this)
                .connect(to, port);
        connecting.addListener(done -> {
            if (!done.isSuccess() && !closed) receiver.onUnreachable(done.cause());
        });
    }

    @Override
    public boolean send(ByteBuf payload) {
        Channel channel = connecting.channel();
        if (payload.readableBytes() > MAX_PAYLOAD_BYTES || connecting.isDone() && !channel.isWritable()) {
            payload.release();
            return false;
        }
        if (connecting.isDone()) channel.writeAndFlush(payload, channel.voidPromise());
        else
            connecting.addListener(done -> {
                if (done.isSuccess()) channel.writeAndFlush(payload, channel.voidPromise());
                else payload.release();
            });
        return true;
    }

    @Override
    public int maxPayloadBytes() {
        return MAX_PAYLOAD_BYTES;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf payload = message instanceof DatagramPacket packet ? packet.content() : (ByteBuf) message;
        if (closed) payload.release();
        else receiver.onDatagram(payload);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (!closed) receiver.onBatchEnd();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!closed) receiver.onUnreachable(cause);
    }

    @Override
    public void describe(RequestRecord record) {}

    @Override
    public void close() {
        if (closed) return;
        closed = true;
        connecting.channel().close();
    }
}
