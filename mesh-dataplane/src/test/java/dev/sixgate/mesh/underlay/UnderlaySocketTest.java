package dev.sixgate.mesh.underlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sixgate.mesh.wireguard.DatagramTrain;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.Future;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnderlaySocketTest {
    private static final DriverOptions OPTIONS = new DriverOptions(true, 1 << 20, null);
    private final List<MultiThreadIoEventLoopGroup> groups = new ArrayList<>();
    private final Map<UnderlaySocket, EventLoop> loops = new HashMap<>();

    @AfterEach
    void stop() {
        groups.forEach(group -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @CsvSource({"epoll, true", "epoll, false", "nio, true"})
    void a_train_arrives_as_its_datagrams_whatever_the_kernel_takes(String io, boolean offload) throws Exception {
        UnderlaySocket from = open(loop(io), offload);
        UnderlaySocket to = open(loop(io), offload);
        Received received = new Received(5);
        to.start(received);
        from.start(new Received(0));
        InetSocketAddress target = new InetSocketAddress(
                InetAddress.getByName("127.0.0.1"), to.localAddress().getPort());

        send(from, new DatagramTrain(numbered(1400, 1400, 1400, 1400, 20), 1400, target));

        assertThat(received.lengths()).containsExactly(1400, 1400, 1400, 1400, 20);
        assertThat(received.first).containsExactly(0, 1, 2, 3, 4);
        close(from, to);
    }

    @ParameterizedTest
    @CsvSource({"epoll, 127.0.0.1", "epoll, ::1", "nio, 127.0.0.1", "nio, ::1"})
    void one_socket_serves_both_families_and_names_ipv4_sources_as_ipv4(String io, String address) throws Exception {
        UnderlaySocket from = open(loop(io), true);
        UnderlaySocket to = open(loop(io), true);
        Received received = new Received(1);
        to.start(received);
        InetAddress loopback = InetAddress.getByName(address);

        send(
                from,
                new DatagramTrain(
                        numbered(100),
                        100,
                        new InetSocketAddress(loopback, to.localAddress().getPort())));

        received.lengths();
        assertThat(received.sources)
                .containsExactly(
                        new InetSocketAddress(loopback, from.localAddress().getPort()));
        assertThat(received.sources.getFirst().getAddress() instanceof Inet4Address)
                .isEqualTo(loopback instanceof Inet4Address);
        close(from, to);
    }

    @ParameterizedTest // gotatun 0.7.2: one datagram larger than a buffer of its batch ended the process
    @CsvSource({"epoll, true", "epoll, false", "nio, true"})
    void a_datagram_larger_than_any_of_ours_costs_itself_and_nothing_beside_it(String io, boolean offload)
            throws Exception {
        UnderlaySocket to = open(loop(io), offload);
        Received received = new Received(4);
        to.start(received);
        try (DatagramSocket from = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            for (int length : new int[] {100, 65_507, 9000, 200})
                from.send(new DatagramPacket(
                        new byte[length],
                        length,
                        InetAddress.getByName("127.0.0.1"),
                        to.localAddress().getPort()));
        }
        assertThat(received.lengths()).hasSize(4).startsWith(100).endsWith(200).allMatch(length -> length <= 65_507);
        close(to);
    }

    @Test
    void a_refused_send_is_counted_and_the_next_one_leaves() throws Exception {
        UnderlaySocket from = open(loop("epoll"), true);
        UnderlaySocket to = open(loop("epoll"), true);
        Received received = new Received(1);
        to.start(received);
        from.start(new Received(0));

        send(from, new DatagramTrain(numbered(100), 100, new InetSocketAddress("255.255.255.255", 9)));
        send(
                from,
                new DatagramTrain(
                        numbered(100),
                        100,
                        new InetSocketAddress("127.0.0.1", to.localAddress().getPort())));

        assertThat(received.lengths()).containsExactly(100);
        assertThat(from.statistics().sendFailures()).isEqualTo(1);
        close(from, to);
    }

    @Test
    void a_loop_that_polls_no_sockets_is_refused_in_a_sentence() {
        var group = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
        groups.add(group);
        assertThatThrownBy(() -> await(UnderlaySocket.open(group.next(), 0, 1500, OPTIONS)))
                .hasMessageContaining("a mesh needs an epoll or NIO event loop");
    }

    @Test
    void the_self_test_says_what_a_train_sent_to_ourselves_showed() throws Exception {
        assumeTrue(Epoll.isAvailable(), "epoll is not available here");
        SegmentOffload offload = await(SegmentOffload.detect(loop("epoll")));
        assertThat(offload.gro() && !offload.gso()).isFalse();
        assertThat(await(SegmentOffload.detect(loop("epoll")))).isSameAs(offload);
    }

    private EventLoop loop(String io) {
        if (io.equals("epoll")) assumeTrue(Epoll.isAvailable(), "epoll is not available here");
        var group = new MultiThreadIoEventLoopGroup(
                1, io.equals("epoll") ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        groups.add(group);
        return group.next();
    }

    private UnderlaySocket open(EventLoop loop, boolean offload) throws Exception {
        UnderlaySocket socket = await(UnderlaySocket.open(loop, 0, 1500, OPTIONS.withOffload(offload)));
        loops.put(socket, loop);
        return socket;
    }

    private void send(UnderlaySocket from, DatagramTrain train) throws Exception {
        Future<?> sent = loops.get(from).submit(() -> {
            from.write(train);
            from.flush();
        });
        await(sent);
    }

    private static void close(UnderlaySocket... sockets) throws Exception {
        for (UnderlaySocket socket : sockets) await(socket.close());
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }

    private static ByteBuf numbered(int... lengths) {
        ByteBuf train = Unpooled.directBuffer();
        for (int i = 0; i < lengths.length; i++) train.writeBytes(filled(i, lengths[i]));
        return train;
    }

    private static byte[] filled(int value, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static final class Received implements UnderlaySocket.Owner {
        private final int expected;
        private final List<Integer> lengths = new ArrayList<>();
        private final CompletableFuture<List<Integer>> complete = new CompletableFuture<>();
        final List<Integer> first = new ArrayList<>();
        final List<InetSocketAddress> sources = new ArrayList<>();

        Received(int expected) {
            this.expected = expected;
        }

        List<Integer> lengths() throws Exception {
            return complete.get(10, TimeUnit.SECONDS);
        }

        @Override
        public void onDatagram(ByteBuf datagram, InetSocketAddress source) {
            lengths.add(datagram.readableBytes());
            first.add((int) datagram.getByte(datagram.readerIndex()));
            sources.add(source);
            datagram.release();
        }

        @Override
        public void onBatchEnd() {
            if (lengths.size() >= expected) complete.complete(lengths);
        }

        @Override
        public void onWritable() {}

        @Override
        public void onSocketClosed() {}
    }
}
