package dev.sixgate.mesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Two devices and the wire between them, on virtual time; every buffer is accounted for. */
final class LinkedDevices {
    static final int MTU = 1420;
    static final byte[] PRESHARED_KEY =
            "This is my Austrian perspective!".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    private static final Instant EPOCH = Instant.parse("2026-11-23T00:00:00Z");
    private static final byte[] NO_BYTES = {};

    final SplittableRandom random;
    Node edge;
    final Node node;
    long now = 1_000;

    /** Datagrams that left, in order, until somebody delivers them. */
    final ArrayDeque<Datagram> wire = new ArrayDeque<>();
    /** Asked for each datagram when it leaves; false loses it. */
    Predicate<Datagram> carries = datagram -> true;
    /** Everything that ever left, for replays and counts. */
    final List<Datagram> seen = new ArrayList<>();

    record Datagram(byte[] bytes, InetSocketAddress from, InetSocketAddress to) {
        int type() {
            return bytes[0];
        }

        boolean isKeepalive() {
            return type() == Protocol.TRANSPORT_DATA && bytes.length == Protocol.TRANSPORT_BYTES_MIN;
        }

        Datagram from(InetSocketAddress other) {
            return new Datagram(bytes, other, to);
        }
    }

    LinkedDevices() {
        this(null, null);
    }

    LinkedDevices(byte @Nullable [] edgePsk, byte @Nullable [] nodePsk) {
        this(1, edgePsk, nodePsk, Duration.ZERO);
    }

    LinkedDevices(long seed, byte @Nullable [] edgePsk, byte @Nullable [] nodePsk, Duration edgeKeepalive) {
        random = new SplittableRandom(seed);
        PrivateKey edgeKey = PrivateKey.generate(random);
        PrivateKey nodeKey = PrivateKey.generate(random);
        InetSocketAddress edgeAddress = new InetSocketAddress("192.0.2.1", 51820);
        InetSocketAddress nodeAddress = new InetSocketAddress("2001:db8::2", 51821);
        PeerConfig toNode = peer("node", nodeKey, edgePsk, nodeAddress, edgeKeepalive, "fdaa:0:2::/48");
        PeerConfig toEdge = peer("edge", edgeKey, nodePsk, null, Duration.ZERO, "fdaa:0:1::/48");
        edge = new Node(edgeKey, edgeAddress, "fdaa:0:1::1", toNode);
        node = new Node(nodeKey, nodeAddress, "fdaa:0:2::1", toEdge);
    }

    static PeerConfig peer(
            String name,
            PrivateKey key,
            byte @Nullable [] psk,
            @Nullable InetSocketAddress endpoint,
            Duration keepalive,
            String prefix) {
        return new PeerConfig(name, key.publicKey(), psk, endpoint, List.of(Ipv6Prefix.parse(prefix)), keepalive);
    }

    final class Node {
        final PrivateKey key;
        final WireGuard wireGuard;
        final Ipv6Address inner;
        final List<byte[]> received = new ArrayList<>();
        final List<PeerEvent> events = new ArrayList<>();
        final List<HandshakeWork> heldWork = new ArrayList<>();
        InetSocketAddress address;
        /** Added to the wall clock, for clocks that go back. */
        Duration clockSkew = Duration.ZERO;
        /** Keeps handshake work instead of running it, as a busy executor does. */
        boolean holdsWork;

        Node(PrivateKey key, InetSocketAddress address, String inner, PeerConfig... peers) {
            this.key = key;
            this.address = address;
            this.inner = Ipv6Address.parse(inner);
            this.wireGuard = new WireGuard(
                    key,
                    List.of(peers),
                    random.split(),
                    () -> EPOCH.plusNanos(now).plus(clockSkew),
                    PooledByteBufAllocator.DEFAULT,
                    now);
        }

        WireGuardPeer peer() {
            return wireGuard.peers().getFirst();
        }

        /** Sends what waits: work, events, datagrams. */
        void flush() {
            for (HandshakeWork work = wireGuard.pollWork(); work != null; work = wireGuard.pollWork()) {
                if (holdsWork) {
                    heldWork.add(work);
                    continue;
                }
                work.run();
                wireGuard.onWorkDone(work, now);
            }
            for (PeerEvent event = wireGuard.pollEvent(); event != null; event = wireGuard.pollEvent())
                events.add(event);
            for (DatagramTrain train = wireGuard.pollDatagram(now);
                    train != null;
                    train = wireGuard.pollDatagram(now)) {
                assertThat(train.count()).isEqualTo(1);
                put(new Datagram(ByteBufUtil.getBytes(train.buffer()), address, train.endpoint()));
                train.buffer().release();
            }
        }

        void runHeldWork() {
            holdsWork = false;
            for (HandshakeWork work : List.copyOf(heldWork)) {
                work.run();
                wireGuard.onWorkDone(work, now);
            }
            heldWork.clear();
            flush();
        }

        /** Seals one packet if there is a session; asks for one if not. */
        boolean send(byte[] packet) {
            return send(packet, MTU);
        }

        boolean send(byte[] packet, int mtu) {
            WireGuardPeer peer = peer();
            boolean ready = peer.readyToSend(now);
            if (ready) {
                ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(packet.length + 47);
                buffer.setBytes(WireGuardPeer.HEADER_BYTES, packet);
                int length = peer.seal(buffer, 0, packet.length, mtu, now);
                put(new Datagram(ByteBufUtil.getBytes(buffer, 0, length), address, peer.endpoint()));
                buffer.release();
            }
            flush();
            return ready;
        }

        /** @return the inner packet, or null */
        byte @Nullable [] receive(Datagram datagram) {
            ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(datagram.bytes.length + 8);
            buffer.writeZero(4).skipBytes(4).writeBytes(datagram.bytes);
            ByteBuf packet = wireGuard.onDatagram(buffer, datagram.from, now);
            byte[] bytes = packet == null ? null : ByteBufUtil.getBytes(packet);
            if (packet != null) {
                received.add(bytes);
                packet.release();
            }
            assertThat(buffer.refCnt()).isZero();
            flush();
            return bytes;
        }

        long dropped(DropReason reason) {
            return wireGuard.dropped(reason);
        }

        long droppedInAll() {
            long sum = 0;
            for (DropReason reason : DropReason.values()) sum += wireGuard.dropped(reason);
            return sum;
        }

        void timeout() {
            if (wireGuard.nextTimeout() <= now) wireGuard.onTimeout(now);
            flush();
        }

        private void put(Datagram datagram) {
            seen.add(datagram);
            if (carries.test(datagram)) wire.add(datagram);
        }
    }

    /** Ends the edge's process and begins another with the same keys and configuration. */
    void restartEdge() {
        List<PeerConfig> configs =
                edge.wireGuard.peers().stream().map(WireGuardPeer::config).toList();
        Node old = edge;
        edge.wireGuard.close(now);
        edge = new Node(old.key, old.address, old.inner.toString(), configs.toArray(PeerConfig[]::new));
    }

    /** Delivers everything under way, and what that causes. */
    void deliver() {
        for (Datagram datagram = wire.poll(); datagram != null; datagram = wire.poll()) deliver(datagram);
    }

    void deliver(Datagram datagram) {
        (datagram.to.equals(edge.address) ? edge : node).receive(datagram);
    }

    /** Lets time pass from timer to timer, delivering at once. */
    void run(Duration duration) {
        long end = now + duration.toNanos();
        deliver();
        for (long next = nextTimeout(); next <= end; next = nextTimeout()) {
            now = Math.max(now, next);
            edge.timeout();
            node.timeout();
            deliver();
        }
        now = end;
    }

    private long nextTimeout() {
        return Math.min(edge.wireGuard.nextTimeout(), node.wireGuard.nextTimeout());
    }

    /** A session that both sides have confirmed. */
    LinkedDevices connected() {
        assertThat(edge.send(NO_BYTES)).isFalse();
        deliver();
        assertThat(edge.peer().readyToSend(now)).isTrue();
        assertThat(node.peer().readyToSend(now)).isTrue();
        return this;
    }

    byte[] packetToNode(int bytes) {
        return packet(edge.inner, node.inner, bytes);
    }

    byte[] packetToEdge(int bytes) {
        return packet(node.inner, edge.inner, bytes);
    }

    /** An IPv6 packet of {@code bytes} bytes in all, with random content. */
    byte[] packet(Ipv6Address source, Ipv6Address destination, int bytes) {
        byte[] packet = new byte[bytes];
        random.nextBytes(packet);
        java.nio.ByteBuffer header = java.nio.ByteBuffer.wrap(packet);
        header.putInt(0x6000_0000).putShort((short) (bytes - 40)).put((byte) 59).put((byte) 64);
        header.put(source.toBytes()).put(destination.toBytes());
        return packet;
    }

    long seen(int type) {
        return seen.stream().filter(datagram -> datagram.type() == type).count();
    }

    void close() {
        edge.wireGuard.close(now);
        node.wireGuard.close(now);
    }
}
