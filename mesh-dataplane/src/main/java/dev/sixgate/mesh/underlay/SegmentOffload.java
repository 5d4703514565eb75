package dev.sixgate.mesh.underlay;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whether this kernel takes and gives trains of datagrams in one system call. Believed only after a self-test over loopback
 * on sockets of its own, because what the kernel announces and what arrives have differed in the field.
 *
 * @param gso UDP_SEGMENT works
 * @param gro UDP_GRO works
 */
record SegmentOffload(boolean gso, boolean gro) {
    static final SegmentOffload NONE = new SegmentOffload(false, false);
    private static final int[] SEGMENT_BYTES = {1200, 1200, 1200, 1200, 1200, 1200, 1200, 700};
    private static final int RECEIVE_BYTES = 65536;
    private static final long TIMEOUT_MILLIS = 1000;
    private static volatile @Nullable SegmentOffload detected;

    /** Both, for people. */
    String verdict() {
        if (gso && gro) return "passed";
        return gso ? "passed for GSO, failed for GRO" : "failed";
    }

    /** @param loop an epoll event loop; the outcome is kept for the process */
    static Future<SegmentOffload> detect(EventLoop loop) {
        Promise<SegmentOffload> outcome = loop.newPromise();
        SegmentOffload known = detected;
        if (known != null) return outcome.setSuccess(known);
        if (!EpollDatagramChannel.isSegmentedDatagramPacketSupported()) return outcome.setSuccess(NONE);
        new SelfTest(loop, outcome).start();
        return outcome;
    }

    /** One train to a socket without UDP_GRO proves sending, the same train to one with it proves receiving. */
    private static final class SelfTest {
        private final EventLoop loop;
        private final Promise<SegmentOffload> outcome;
        private final List<Channel> channels = new ArrayList<>();
        private final TrainReceiver plain = new TrainReceiver(this);
        private final TrainReceiver coalescing = new TrainReceiver(this);

        SelfTest(EventLoop loop, Promise<SegmentOffload> outcome) {
            this.loop = loop;
            this.outcome = outcome;
        }

        void start() {
            loop.execute(() -> bind(
                    plain,
                    false,
                    to -> bind(coalescing, true, and -> {
                        send(to);
                        send(and);
                    })));
            loop.schedule(this::finish, TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        }

        private void bind(TrainReceiver receiver, boolean gro, Consumer<Channel> next) {
            ChannelFuture bound = new Bootstrap()
                    .group(loop)
                    .channel(EpollDatagramChannel.class)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(RECEIVE_BYTES))
                    .option(EpollChannelOption.UDP_GRO, gro)
                    .handler(receiver)
                    .bind(InetAddress.getLoopbackAddress(), 0);
            bound.addListener(done -> {
                channels.add(bound.channel());
                if (outcome.isDone()) bound.channel().close();
                else if (done.isSuccess()) next.accept(bound.channel());
                else finish();
            });
        }

        private void send(Channel to) {
            ByteBuf train = Unpooled.directBuffer();
            for (int i = 0; i < SEGMENT_BYTES.length; i++)
                for (int j = 0; j < SEGMENT_BYTES[i]; j++) train.writeByte(i);
            var packet = new SegmentedDatagramPacket(train, SEGMENT_BYTES[0], (InetSocketAddress) to.localAddress());
            channels.getFirst().writeAndFlush(packet).addListener(sent -> {
                if (!sent.isSuccess()) finish();
            });
        }

        void onSegment() {
            if (plain.complete() && coalescing.complete()) finish();
        }

        private void finish() {
            SegmentOffload result = new SegmentOffload(plain.complete(), plain.complete() && coalescing.complete());
            if (!outcome.trySuccess(result)) return;
            detected = result;
            channels.forEach(Channel::close);
        }
    }

    private static final class TrainReceiver extends SimpleChannelInboundHandler<DatagramPacket> {
        private final SelfTest test;
        private int received;
        private boolean wrong;

        TrainReceiver(SelfTest test) {
            this.test = test;
        }

        boolean complete() {
            return !wrong && received == SEGMENT_BYTES.length;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            ByteBuf segment = packet.content();
            boolean right = received < SEGMENT_BYTES.length
                    && segment.readableBytes() == SEGMENT_BYTES[received]
                    && segment.getByte(segment.readerIndex()) == received
                    && segment.getByte(segment.writerIndex() - 1) == received;
            if (right) received++;
            else wrong = true;
            test.onSegment();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            wrong = true;
        }
    }
}
