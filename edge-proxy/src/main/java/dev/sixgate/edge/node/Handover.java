package dev.sixgate.edge.node;

import dev.sixgate.mesh.transport.MeshSocketChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection from the mesh and the app's, joined on one event loop. What one side sends is written to the other at once;
 * while the other's send buffer is full the side is not read. An end of input becomes an end of output, a reset a reset.
 */
final class Handover {
    private static final int CONNECT_TIMEOUT_MILLIS = 5000;
    private static final Logger LOG = LoggerFactory.getLogger(Handover.class);

    private final NodePort port;
    private final MeshSocketChannel mesh;
    private final Consumer<Handover> whenOver;
    private final Side remote = new Side();
    private final Side app = new Side();
    private boolean over;
    private boolean appSpokeLast = true; // or nobody spoke yet: nothing is asked of the app
    private long lastBytesNanos = System.nanoTime();

    /** @param mesh a pending child, not answered yet */
    Handover(NodePort port, MeshSocketChannel mesh, Consumer<Handover> whenOver) {
        this.port = port;
        this.mesh = mesh;
        this.whenOver = whenOver;
        remote.other = app;
        app.other = remote;
    }

    void begin() {
        remote.channel = mesh;
        mesh.pipeline().addLast(remote);
        mesh.closeFuture().addListener(_ -> abort()); // also of a pending child that its peer gave up
        connect(0);
    }

    private void connect(int candidate) {
        boolean epoll = mesh.eventLoop() instanceof IoEventLoop io && io.isIoType(EpollIoHandler.class);
        Class<? extends SocketChannel> type = epoll ? EpollSocketChannel.class : NioSocketChannel.class;
        ChannelFuture connected = new Bootstrap()
                .group(mesh.eventLoop())
                .channel(type)
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, Node.WATER_MARK)
                .handler(app)
                .connect(port.candidates().get(candidate));
        app.channel = connected.channel();
        connected.addListener(_ -> {
            if (over) {
                reset(connected.channel());
            } else if (connected.isSuccess()) {
                accept();
            } else if (candidate + 1 < port.candidates().size()) {
                connect(candidate + 1);
            } else {
                LOG.debug(
                        "port {}: the app refused: {}",
                        port.port(),
                        connected.cause().getMessage());
                abort();
            }
        });
    }

    private void accept() {
        mesh.accept().addListener(accepted -> {
            if (over) return;
            if (!accepted.isSuccess()) {
                abort();
                return;
            }
            app.channel.config().setAutoRead(true);
            mesh.config().setAutoRead(true);
        });
    }

    /**
     * Whether nothing seems to be in flight: the app had the last word, and that some time ago. What a kept-alive connection
     * looks like from here, where its protocol is not known.
     */
    boolean quietFor(long nanos, long nowNanos) {
        return appSpokeLast && nowNanos - lastBytesNanos >= nanos;
    }

    /** Ends both sides in order. */
    void end() {
        finish(false);
    }

    /** Ends both sides by reset; a side that is not answered yet is refused. */
    void abort() {
        finish(true);
    }

    private void finish(boolean byReset) {
        if (over) return;
        over = true;
        for (Side side : new Side[] {remote, app}) {
            Channel channel = side.channel;
            if (channel == null) continue;
            if (byReset) reset(channel);
            else channel.close();
        }
        whenOver.accept(this);
    }

    private static void reset(Channel channel) {
        if (channel.isActive()) channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.close();
    }

    /** Sharable, because the app's side is tried on one candidate after the other. */
    @ChannelHandler.Sharable
    private final class Side extends ChannelInboundHandlerAdapter {
        @Nullable
        Channel channel;

        Side other;
        private boolean told; // that there is no more input from the other side

        @SuppressWarnings("NullAway.Init") // other is set by the constructor of the pair
        Side() {}

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            Channel to = other.channel;
            appSpokeLast = this == app;
            lastBytesNanos = System.nanoTime();
            if (to == null || over) ReferenceCountUtil.release(message);
            else to.write(message, to.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            Channel to = other.channel;
            if (to == null || over) return;
            to.flush();
            if (!to.isWritable()) context.channel().config().setAutoRead(false);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            Channel from = other.channel;
            if (from != null && !over)
                from.config().setAutoRead(context.channel().isWritable());
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof ChannelInputShutdownEvent) other.endOutput();
            context.fireUserEventTriggered(event);
        }

        /** After all that was written; shutting down at once would drop what is still queued. */
        private void endOutput() {
            Channel to = channel;
            if (to == null || over) return;
            to.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> {
                if (over) return;
                if (!written.isSuccess()) {
                    abort();
                    return;
                }
                ((DuplexChannel) to).shutdownOutput().addListener(_ -> {
                    told = true;
                    if (other.told) finish(false);
                });
            });
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            abort();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            abort();
        }
    }
}
