package dev.sixgate.mesh.underlay;

import dev.sixgate.mesh.wireguard.DatagramTrain;
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
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The UDP socket of one driver: both families where the host has them, trains in one system call where the kernel takes
 * them. Reads nothing before {@link #start}. Used on its event loop only.
 */
final class UnderlaySocket {
    /** What a socket tells its driver, on the event loop. */
    interface Owner {
        /** One datagram of a batch; takes {@code datagram}. An IPv4 source is never in its mapped form. */
        void onDatagram(ByteBuf datagram, InetSocketAddress source);

        void onBatchEnd();

        /** The outbound buffer has room again. */
        void onWritable();

        void onSocketClosed();
    }

    private static final Logger LOG = LoggerFactory.getLogger(UnderlaySocket.class);
    /** The largest UDP payload, and so the largest coalesced one. */
    private static final int COALESCED_BYTES = 65536;

    private static final int PLAIN_BYTES_MIN = 2048;
    private static final int BATCH_DATAGRAMS = 128;
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(128 << 10, 512 << 10);
    /** UDP_MAX_SEGMENTS of older kernels, and what fits one UDP datagram over IPv6 with room for extension headers. */
    private static final int TRAIN_SEGMENTS_MAX = 64;

    private static final int TRAIN_BYTES_MAX = 65_000;
    private static final int EIO = -5;
    private static final int EINVAL = -22;
    private static final int EADDRINUSE = -98;

    private final Channel channel;
    private final boolean epoll;
    private final boolean gro;
    private final String selfTest;
    private boolean gso;
    private long receiveBatches;
    private long receivedDatagrams;
    private long receivedBytes;
    private long sentTrains;
    private long sentDatagrams;
    private long sentBytes;
    private long sendFailures;
    private long failedDatagrams;
    private @Nullable InetSocketAddress mappedSource;
    private @Nullable InetSocketAddress normalSource;

    private UnderlaySocket(Channel channel, boolean epoll, SegmentOffload offload, String selfTest) {
        this.channel = channel;
        this.epoll = epoll;
        this.selfTest = selfTest;
        this.gso = offload.gso();
        this.gro = offload.gro();
    }

    /**
     * Binds on {@code loop}, which runs epoll or NIO.
     *
     * @param datagramBytes the longest datagram expected; longer ones are cut, and so dropped by their tag
     */
    static Future<UnderlaySocket> open(EventLoop loop, int port, int datagramBytes, DriverOptions options) {
        boolean epoll = Epoll.isAvailable() && loop instanceof IoEventLoop io && io.isIoType(EpollIoHandler.class);
        boolean nio = loop instanceof IoEventLoop io && io.isIoType(NioIoHandler.class);
        Promise<UnderlaySocket> opened = loop.newPromise();
        if (!epoll && !nio)
            return opened.setFailure(
                    new IllegalArgumentException("a mesh needs an epoll or NIO event loop, this one is " + loop));
        if (!epoll || !options.offload()) {
            String why = epoll ? "not tested, switched off" : "not tested, needs epoll";
            bind(loop, port, datagramBytes, options, epoll, SegmentOffload.NONE, why, opened);
            return opened;
        }
        SegmentOffload.detect(loop)
                .addListener((Future<SegmentOffload> detected) -> bind(
                        loop,
                        port,
                        datagramBytes,
                        options,
                        true,
                        detected.getNow(),
                        detected.getNow().verdict(),
                        opened));
        return opened;
    }

    private static void bind(
            EventLoop loop,
            int port,
            int datagramBytes,
            DriverOptions options,
            boolean epoll,
            SegmentOffload offload,
            String selfTest,
            Promise<UnderlaySocket> opened) {
        // Without UDP_GRO a buffer holds one datagram: a retained slice should not pin 64 KiB.
        int bufferBytes = offload.gro() ? COALESCED_BYTES : Math.max(PLAIN_BYTES_MIN, datagramBytes);
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(epoll ? EpollDatagramChannel.class : NioDatagramChannel.class)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.SO_RCVBUF, options.socketBufferBytes())
                .option(ChannelOption.SO_SNDBUF, options.socketBufferBytes())
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .option(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(bufferBytes).maxMessagesPerRead(BATCH_DATAGRAMS))
                .handler(new ChannelInboundHandlerAdapter());
        if (offload.gro()) bootstrap.option(EpollChannelOption.UDP_GRO, true);
        // The wildcard is "::" on a socket of both families and 0.0.0.0 on a host without IPv6: Netty and the JDK see
        // to it.
        ChannelFuture bound = bootstrap.bind(new InetSocketAddress(port));
        bound.addListener(done -> {
            if (done.isSuccess()) opened.trySuccess(new UnderlaySocket(bound.channel(), epoll, offload, selfTest));
            else opened.tryFailure(bindFailure(done.cause(), port));
        });
    }

    private static Throwable bindFailure(Throwable cause, int port) {
        boolean inUse = cause instanceof NativeIoException io && io.expectedErr() == EADDRINUSE;
        return inUse ? new BindException("Address already in use: UDP port " + port) : cause;
    }

    /** Begins to read. */
    void start(Owner owner) {
        channel.pipeline().addLast(new Handler(owner));
        channel.closeFuture().addListener(closed -> owner.onSocketClosed());
        channel.config().setAutoRead(true);
    }

    InetSocketAddress localAddress() {
        return (InetSocketAddress) channel.localAddress();
    }

    boolean isWritable() {
        return channel.isWritable();
    }

    /** Takes the train. It leaves with {@link #flush}; failures are counted, not told. */
    void write(DatagramTrain train) {
        ByteBuf buffer = train.buffer();
        int bytes = buffer.readableBytes();
        int count = train.count();
        sentTrains++;
        sentDatagrams += count;
        sentBytes += bytes;
        if (count == 1) {
            write(new DatagramPacket(buffer, train.endpoint()));
        } else if (gso && count <= TRAIN_SEGMENTS_MAX && bytes <= TRAIN_BYTES_MAX) {
            write(new SegmentedDatagramPacket(buffer, train.strideBytes(), train.endpoint()));
        } else {
            while (buffer.isReadable()) {
                int length = Math.min(train.strideBytes(), buffer.readableBytes());
                write(new DatagramPacket(buffer.readRetainedSlice(length), train.endpoint()));
            }
            buffer.release();
        }
    }

    private void write(DatagramPacket packet) {
        // A void promise allocates nothing and turns failures into exceptionCaught.
        channel.write(packet, channel.voidPromise());
    }

    void flush() {
        channel.flush();
    }

    Future<Void> close() {
        return channel.close();
    }

    UnderlayStatistics statistics() {
        Integer receive = channel.isOpen() ? channel.config().getOption(ChannelOption.SO_RCVBUF) : null;
        Integer send = channel.isOpen() ? channel.config().getOption(ChannelOption.SO_SNDBUF) : null;
        return new UnderlayStatistics(
                epoll ? "epoll" : "nio",
                gso,
                gro,
                selfTest,
                receive == null ? 0 : receive,
                send == null ? 0 : send,
                receiveBatches,
                receivedDatagrams,
                receivedBytes,
                sentTrains,
                sentDatagrams,
                sentBytes,
                sendFailures,
                failedDatagrams);
    }

    /** The kernel gives IPv4 sources of a two-family socket as {@code ::ffff:a.b.c.d}; peers are known by {@code a.b.c.d}. */
    private InetSocketAddress normalised(InetSocketAddress source) {
        if (!(source.getAddress() instanceof Inet6Address address)) return source;
        if (source.equals(mappedSource) && normalSource != null) return normalSource;
        byte[] bytes = address.getAddress();
        for (int i = 0; i < 10; i++) if (bytes[i] != 0) return source;
        if (bytes[10] != -1 || bytes[11] != -1) return source;
        try {
            InetAddress ipv4 = InetAddress.getByAddress(Arrays.copyOfRange(bytes, 12, 16));
            normalSource = new InetSocketAddress(ipv4, source.getPort());
        } catch (UnknownHostException e) {
            throw new AssertionError("4 bytes are always an address", e);
        }
        mappedSource = source;
        return normalSource;
    }

    private final class Handler extends ChannelInboundHandlerAdapter {
        private final Owner owner;

        Handler(Owner owner) {
            this.owner = owner;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (!(message instanceof DatagramPacket packet)) {
                ReferenceCountUtil.release(message);
                return;
            }
            receivedDatagrams++;
            receivedBytes += packet.content().readableBytes();
            try {
                owner.onDatagram(packet.content(), normalised(packet.sender()));
            } catch (RuntimeException e) {
                // A datagram that our own code fails on must not cost more than itself.
                if (Long.bitCount(++failedDatagrams) == 1)
                    LOG.warn("{} datagrams could not be handled; the last: {}", failedDatagrams, e.toString());
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            receiveBatches++;
            owner.onBatchEnd();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (channel.isWritable()) owner.onWritable();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            sendFailures++;
            if (gso
                    && cause instanceof NativeIoException io
                    && (io.expectedErr() == EIO || io.expectedErr() == EINVAL)) {
                gso = false;
                LOG.warn("UDP segmentation offload failed and is off from now on: {}", cause.getMessage());
            } else if (Long.bitCount(sendFailures) == 1) {
                LOG.debug("{} sends failed; the last: {}", sendFailures, cause.toString());
            }
        }
    }
}
