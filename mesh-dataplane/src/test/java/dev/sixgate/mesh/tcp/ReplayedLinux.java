package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.ipv6.InternetChecksum;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.tun.Netns;
import dev.sixgate.mesh.tun.TunConfig;
import dev.sixgate.mesh.tun.TunDevice;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's TCP, whose segments come and go by a TUN device in a namespace of its own. Its segments at once are those
 * that it has sent when it answers a ping, since both take the same way in order. One device serves all scripts, each
 * with ports of its own.
 */
final class ReplayedLinux extends ReplayedTcp {
    private static final Ipv6Address LOCAL = Ipv6Address.parse("fdaa:0:48c8::1");
    private static final Ipv6Prefix REMOTES = Ipv6Prefix.parse("fdaa:0:48c8:1::/64");
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final int ECHO_REPLY = 129;

    private static @Nullable Netns netns;
    private static @Nullable TunDevice device;
    private static int scripts;

    private final int port;
    private final int remotePort;
    /** One for each script: Linux remembers what it learns of a path. */
    private final Ipv6Address remote;

    private @Nullable ServerSocketChannel server;
    private @Nullable SocketChannel socket;
    private @Nullable Integer base;
    private int pings;
    private boolean isPingAnswered;
    private byte[] latest = new byte[0];

    ReplayedLinux() throws Exception {
        if (device == null) open();
        port = 1024 + ++scripts;
        remotePort = TcpScript.REMOTE_PORT + scripts;
        remote = new Ipv6Address(REMOTES.address().high(), scripts);
    }

    private static void open() throws Exception {
        Netns fresh = Netns.open();
        netns = fresh;
        device = fresh.in(() -> {
            TunDevice opened = TunDevice.open(new TunConfig("replay", List.of(LOCAL), List.of(REMOTES), TcpScript.MTU));
            // Limits in time have no place in a script: of answers to what is out of window, and of selective ones.
            for (String limit : List.of("tcp_invalid_ratelimit", "tcp_comp_sack_nr"))
                Files.writeString(Path.of("/proc/sys/net/ipv4", limit), "0");
            return opened;
        });
    }

    @Override
    boolean isLinux() {
        return true;
    }

    @Override
    void listen() throws Exception {
        server = netns.in(() -> {
            ServerSocketChannel opened = ServerSocketChannel.open();
            opened.bind(new InetSocketAddress(LOCAL.toInetAddress(), port), 16);
            opened.configureBlocking(false);
            return opened;
        });
    }

    @Override
    void listenUnderFlood() throws Exception {
        cookies("2"); // for every SYN
        listen();
    }

    private static void cookies(String how) throws Exception {
        netns.in(() -> Files.writeString(Path.of("/proc/sys/net/ipv4/tcp_syncookies"), how));
    }

    @Override
    void connect() throws Exception {
        SocketChannel opened = netns.in(SocketChannel::open);
        socket = opened;
        prepare(opened);
        opened.bind(new InetSocketAddress(LOCAL.toInetAddress(), port));
        opened.connect(new InetSocketAddress(remote.toInetAddress(), remotePort));
    }

    private static void prepare(SocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.socket().setOOBInline(true); // ours has no other way
    }

    @Override
    void accept() {
        // The kernel has answered already.
    }

    @Override
    void acceptByCookie() {
        // The kernel has it already.
    }

    private SocketChannel socket() throws IOException {
        SocketChannel open = socket;
        if (open == null) {
            open = server == null ? null : server.accept();
            if (open == null) throw new AssertionError("Linux has no connection to accept");
            prepare(open);
            socket = open;
        }
        if (open.isConnectionPending()) open.finishConnect();
        return open;
    }

    @Override
    void receives(String text) throws Exception {
        settle();
        ByteBuf packet = Unpooled.directBuffer(2048);
        SegmentText.parse(echoed(text))
                .write(packet, numbers(remote), numbers(LOCAL), remotePort, port, base == null ? 0 : base);
        inject(packet);
    }

    private static long[] numbers(Ipv6Address address) {
        return new long[] {address.high(), address.low()};
    }

    private static void inject(ByteBuf packet) throws IOException {
        assertThat(device.write(packet)).isTrue();
        packet.release();
    }

    @Override
    void settle() throws Exception {
        ByteBuf ping = icmp(128, ++pings, new byte[0]);
        isPingAnswered = false;
        inject(ping);
        long deadline = System.nanoTime() + LIMIT_NANOS;
        while (!isPingAnswered) {
            assertThat(System.nanoTime() - deadline).as("Linux answers a ping").isNegative();
            if (!take()) LockSupport.parkNanos(20_000);
        }
    }

    @Override
    void await(long millis) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (outbox.isEmpty() && System.nanoTime() - deadline < 0) if (!take()) LockSupport.parkNanos(200_000);
    }

    /** @return whether there was a packet */
    private boolean take() throws IOException {
        ByteBuf packet = Unpooled.directBuffer(TcpScript.MTU);
        try {
            if (device.read(packet) == 0) return false;
            int protocol = Ipv6Header.nextHeader(packet, 0);
            if (protocol == Ipv6Header.ICMPV6 && packet.getUnsignedByte(40) == ECHO_REPLY)
                isPingAnswered |= packet.getInt(44) == pings;
            if (protocol == Ipv6Header.TCP
                    && packet.getUnsignedShort(40) == port
                    && packet.getUnsignedShort(42) == remotePort) keep(packet);
            return true;
        } finally {
            packet.release();
        }
    }

    private void keep(ByteBuf packet) {
        if ((packet.getByte(53) & Segment.SYN) != 0) base = packet.getInt(44);
        latest = new byte[packet.readableBytes()];
        packet.getBytes(0, latest);
        SegmentText segment = SegmentText.of(packet, base == null ? 0 : base);
        int payload = (int) segment.number("len", 0);
        if (payload > 0)
            PatternBytes.check(packet.slice(packet.writerIndex() - payload, payload), segment.number("seq", 0) - 1);
        outbox.add(segment);
    }

    private ByteBuf icmp(int type, int parameter, byte[] body) {
        ByteBuf packet = Unpooled.directBuffer(48 + body.length);
        Ipv6Header.write(packet, 0, 8 + body.length, Ipv6Header.ICMPV6, remote, LOCAL);
        packet.writerIndex(40).writeByte(type).writeByte(0).writeShort(0).writeInt(parameter);
        packet.writeBytes(body);
        return packet.setShort(42, InternetChecksum.of(packet, 0, 40, 8 + body.length, Ipv6Header.ICMPV6));
    }

    @Override
    void writes(int length) throws Exception {
        ByteBuf bytes = PatternBytes.of(io.netty.buffer.UnpooledByteBufAllocator.DEFAULT, written, length);
        assertThat(socket().write(bytes.nioBuffer())).isEqualTo(length);
        bytes.release();
        written += length;
    }

    @Override
    void reads(int length) throws Exception {
        settle();
        ByteBuffer bytes = ByteBuffer.allocate(length + 1);
        while (socket().read(bytes) > 0) continue;
        bytes.flip();
        assertThat(bytes.remaining()).isEqualTo(length);
        PatternBytes.check(Unpooled.wrappedBuffer(bytes), 101 + read);
        read += length;
    }

    /** Reads what one call gives, at most {@code most} bytes. */
    int readsSome(int most) throws Exception {
        settle();
        ByteBuffer bytes = ByteBuffer.allocate(most);
        assertThat(socket().read(bytes)).isPositive();
        PatternBytes.check(Unpooled.wrappedBuffer(bytes.flip()), 101 + read);
        read += bytes.limit();
        return bytes.limit();
    }

    @Override
    boolean isAtEnd() throws Exception {
        settle();
        return socket().read(ByteBuffer.allocate(1)) < 0;
    }

    @Override
    boolean isReset() throws Exception {
        settle();
        try {
            return socket().read(ByteBuffer.allocate(1)) == Integer.MIN_VALUE;
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    void shutsDown() throws Exception {
        socket().shutdownOutput();
    }

    @Override
    void closes() throws Exception {
        socket().close();
    }

    @Override
    void aborts() throws Exception {
        socket().setOption(StandardSocketOptions.SO_LINGER, 0);
        socket().close();
    }

    @Override
    void isToldPacketTooBig(int mtu) throws Exception {
        settle();
        byte[] quoted = java.util.Arrays.copyOf(latest, Math.min(latest.length, 1232));
        inject(icmp(2, mtu, quoted));
    }

    /** Leaves nothing behind that would speak later. */
    @Override
    public void close() {
        try {
            end();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private void end() throws Exception {
        if (socket != null && socket.isOpen()) {
            if (socket.isConnected()) socket.setOption(StandardSocketOptions.SO_LINGER, 0);
            socket.close();
        }
        if (server != null) server.close();
        settle();
        cookies("1");
    }
}
