package dev.sixgate.mesh.transport;

import static dev.sixgate.mesh.transport.MeshPair.await;

import dev.sixgate.mesh.transport.MeshPair.Connection;
import dev.sixgate.mesh.underlay.MeshDriver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One connection, one direction, two drivers on a loop each, over loopback: MiB/s and processor time. A program to run by
 * hand: {@code Throughput [EPOLL_WITH_OFFLOAD|EPOLL|NIO] [MiB] [rounds]}.
 */
final class Throughput {
    private static final int CHUNK_BYTES = 64 << 10;

    private Throughput() {}

    public static void main(String[] arguments) throws Exception {
        Underlay underlay = Underlay.valueOf(arguments.length > 0 ? arguments[0] : "EPOLL_WITH_OFFLOAD");
        long bytes = (arguments.length > 1 ? Long.parseLong(arguments[1]) : 512) << 20;
        int rounds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 5;
        MeshPair mesh = MeshPair.start(underlay);
        for (int round = 1; round <= rounds; round++) run(mesh, bytes);
        System.out.println("edge " + await(mesh.edge.eventLoop().submit(mesh.edge::statistics)));
        System.out.println("node " + await(mesh.node.eventLoop().submit(mesh.node::statistics)));
        mesh.close();
    }

    private static void run(MeshPair mesh, long bytes) throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        Connection connection = mesh.connect(mesh.client(new Source(bytes)), mesh.server(new Sink(bytes, done)));
        long wall = System.nanoTime();
        long[] cpu = {threadNanos(mesh.edge), threadNanos(mesh.node)};
        connection.client().pipeline().fireUserEventTriggered(Source.START);
        if (!done.await(120, TimeUnit.SECONDS)) System.out.println("not done after 120 s");
        double seconds = (System.nanoTime() - wall) / 1e9;
        double mib = bytes / 1048576.0;
        System.out.printf(
                "%.0f MiB/s; CPU seconds per GiB: sender %.2f, receiver %.2f; %s%n",
                mib / seconds,
                (threadNanos(mesh.edge) - cpu[0]) / 1e9 / (mib / 1024),
                (threadNanos(mesh.node) - cpu[1]) / 1e9 / (mib / 1024),
                MeshPair.on(connection.client(), connection.client()::statistics));
        connection.close();
    }

    private static long threadNanos(MeshDriver driver) throws Exception {
        return await(driver.eventLoop()
                .submit(() -> ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime()));
    }

    private static final class Source extends ChannelInboundHandlerAdapter {
        static final Object START = new Object();
        private final ByteBuf chunk = Unpooled.directBuffer(CHUNK_BYTES).writeZero(CHUNK_BYTES);
        private long left;

        Source(long bytes) {
            left = bytes;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event == START) context.executor().execute(() -> write(context));
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            write(context);
        }

        private void write(ChannelHandlerContext context) {
            while (left > 0 && context.channel().isWritable()) {
                context.writeAndFlush(chunk.retainedDuplicate(), context.voidPromise());
                left -= CHUNK_BYTES;
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            chunk.release();
        }
    }

    private static final class Sink extends ChannelInboundHandlerAdapter {
        private final CountDownLatch done;
        private long left;

        Sink(long bytes, CountDownLatch done) {
            left = bytes;
            this.done = done;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            left -= bytes.readableBytes();
            bytes.release();
            if (left == 0) done.countDown();
        }
    }
}
