package dev.sixgate.edge.anycast;

import dev.sixgate.anycast.site.SiteReport;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * What sites tell each other, a datagram each, inside the mesh: a source address there is a key, so nobody else can speak for a site.
 * What is lost is told again a moment later.
 */
public final class SiteReports implements AutoCloseable {
    /** UDP, on the mesh addresses of every edge that announces. */
    public static final int PORT = 6179;

    private final Channel channel;
    private volatile Map<InetAddress, String> sites = Map.of();
    private volatile List<AnycastSettings.Site> targets = List.of();
    private volatile BiConsumer<String, SiteReport> listener = (_, _) -> {};

    private SiteReports(EventLoop loop, Supplier<? extends Channel> datagrams) throws IOException {
        channel = new Bootstrap()
                .group(loop)
                .channelFactory(datagrams::get)
                .handler(new Heard())
                .bind(new InetSocketAddress("::", PORT))
                .awaitUninterruptibly()
                .channel();
        if (!channel.isActive()) {
            channel.close();
            throw new IOException("UDP port " + PORT + " in the mesh, for reports of other sites, cannot be bound");
        }
    }

    /**
     * Not on {@code loop}.
     *
     * @param datagrams opens a channel of the mesh on {@code loop}
     * @throws IOException with a plain sentence
     */
    public static SiteReports open(EventLoop loop, Supplier<? extends Channel> datagrams) throws IOException {
        return new SiteReports(loop, datagrams);
    }

    /** @param heard a site's name by its address, and what it says; on the mesh's loop */
    void listen(List<AnycastSettings.Site> others, BiConsumer<String, SiteReport> heard) {
        Map<InetAddress, String> byAddress = new HashMap<>();
        for (AnycastSettings.Site each : others) byAddress.put(each.address(), each.name());
        sites = Map.copyOf(byAddress);
        targets = List.copyOf(others);
        listener = heard;
    }

    /** Any thread. */
    void send(SiteReport report) {
        byte[] bytes = report.encode();
        for (AnycastSettings.Site each : targets)
            channel.writeAndFlush(
                    new DatagramPacket(Unpooled.wrappedBuffer(bytes), new InetSocketAddress(each.address(), PORT)),
                    channel.voidPromise());
    }

    @Override
    public void close() {
        channel.close().awaitUninterruptibly(1000);
    }

    private final class Heard extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            String site = sites.get(packet.sender().getAddress());
            if (site == null || packet.content().readableBytes() > SiteReport.MAX_BYTES) return;
            ByteBuffer bytes = packet.content().nioBuffer();
            SiteReport report = SiteReport.decode(bytes);
            if (report != null) listener.accept(site, report);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // A site that cannot be reached is one that is not heard: its report goes stale, and that is what counts.
        }
    }
}
