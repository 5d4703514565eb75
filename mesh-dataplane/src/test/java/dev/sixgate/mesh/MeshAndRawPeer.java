package dev.sixgate.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.ipv6.InternetChecksum;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.DatagramTrain;
import dev.sixgate.mesh.wireguard.HandshakeWork;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import dev.sixgate.mesh.wireguard.PublicKey;
import dev.sixgate.mesh.wireguard.WireGuard;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A {@link Mesh} and, at the other end of the tunnel, a bare {@link WireGuard} that sends and sees inner packets as bytes.
 * Datagrams pass at once; time goes on only when told.
 */
final class MeshAndRawPeer implements AutoCloseable {
    static final Ipv6Address MESH = Ipv6Address.parse("fdaa:0:48c8:1::1");
    static final Ipv6Address RAW = Ipv6Address.parse("fdaa:0:48c8:2::1");
    private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");

    final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true, true);
    final Mesh mesh;
    /** The trains of transport data that the mesh sent. */
    final List<DatagramTrain> trains = new ArrayList<>();

    long nowNanos;
    /** False: the mesh's datagrams are lost, the other way is open. */
    boolean isPathOpen = true;

    private final WireGuard raw;
    private final PeerConfig rawAsPeer;
    private final List<byte[]> received = new ArrayList<>();
    private final InetSocketAddress meshEndpoint = new InetSocketAddress("10.0.0.1", 51_820);
    private final InetSocketAddress rawEndpoint = new InetSocketAddress("10.0.0.2", 51_820);

    MeshAndRawPeer() {
        SplittableRandom random = new SplittableRandom(7);
        PrivateKey meshKey = PrivateKey.generate(random);
        PrivateKey rawKey = PrivateKey.generate(random);
        rawAsPeer = peer("raw", rawKey.publicKey(), rawEndpoint, "fdaa:0:48c8:2::/64");
        mesh = new Mesh(
                new MeshConfig(
                        meshKey,
                        List.of(Ipv6Prefix.parse("fdaa:0:48c8:1::/64")),
                        MeshConfig.DEFAULT_MTU,
                        List.of(rawAsPeer)),
                random.split(),
                () -> EPOCH.plusNanos(nowNanos),
                allocator,
                nowNanos);
        raw = new WireGuard(
                rawKey,
                List.of(peer("mesh", meshKey.publicKey(), meshEndpoint, "::/0")),
                random.split(),
                () -> EPOCH.plusNanos(nowNanos),
                allocator,
                nowNanos);
    }

    static PeerConfig peer(String name, PublicKey key, InetSocketAddress endpoint, String range) {
        return new PeerConfig(name, key, null, endpoint, List.of(Ipv6Prefix.parse(range)), Duration.ZERO);
    }

    PeerConfig rawAsPeer() {
        return rawAsPeer;
    }

    /** A packet from the raw peer with the checksum of its upper layer set, when the protocol has one. */
    ByteBuf packet(Ipv6Address source, Ipv6Address destination, int nextHeader, byte[] upper) {
        ByteBuf packet = allocator.directBuffer(Ipv6Header.BYTES + upper.length);
        Ipv6Header.write(packet, 0, upper.length, nextHeader, source, destination);
        packet.writerIndex(Ipv6Header.BYTES).writeBytes(upper);
        int field = switch (nextHeader) {
            case Ipv6Header.TCP -> 16;
            case Ipv6Header.UDP -> 6;
            case Ipv6Header.ICMPV6 -> 2;
            default -> -1;
        };
        if (field < 0) return packet;
        packet.setShort(Ipv6Header.BYTES + field, 0);
        int checksum = InternetChecksum.of(packet, 0, Ipv6Header.BYTES, upper.length, nextHeader);
        packet.setShort(Ipv6Header.BYTES + field, checksum);
        return packet;
    }

    /** Seals a packet at the raw peer and gives it to the mesh; takes it. */
    void sends(ByteBuf packet) {
        WireGuardPeer peer = raw.peers().getFirst();
        for (int i = 0; !peer.readyToSend(nowNanos); i++) {
            assertThat(i).as("attempts at a session").isLessThan(10);
            settle();
        }
        int length = packet.readableBytes();
        ByteBuf datagram = allocator.directBuffer(length + 64).writerIndex(WireGuardPeer.HEADER_BYTES);
        datagram.writeBytes(packet);
        packet.release();
        int sealed = peer.seal(datagram, 0, length, MeshConfig.DEFAULT_MTU, nowNanos);
        mesh.onDatagram(datagram.setIndex(0, sealed), rawEndpoint, nowNanos);
        settle();
    }

    /** The inner packets that reached the raw peer since the last call. */
    List<byte[]> received() {
        List<byte[]> taken = List.copyOf(received);
        received.clear();
        return taken;
    }

    void passes(Duration time) {
        nowNanos += time.toNanos();
        mesh.onTimeout(nowNanos);
        raw.onTimeout(nowNanos);
        settle();
    }

    /** Exchanges datagrams until neither side has any. */
    void settle() {
        boolean again = true;
        while (again) {
            again = false;
            while (raw.pollEvent() != null) continue;
            for (DatagramTrain t = mesh.pollTransmit(nowNanos); t != null; t = mesh.pollTransmit(nowNanos)) {
                again = true;
                if (t.buffer().getByte(t.buffer().readerIndex()) == 4) trains.add(t);
                if (isPathOpen) toRaw(t);
                t.buffer().release();
            }
            for (DatagramTrain t = raw.pollDatagram(nowNanos); t != null; t = raw.pollDatagram(nowNanos)) {
                again = true;
                mesh.onDatagram(t.buffer(), rawEndpoint, nowNanos);
            }
            for (HandshakeWork w = mesh.pollWork(); w != null; w = mesh.pollWork()) {
                again = true;
                w.run();
                mesh.onWorkDone(w, nowNanos);
            }
            for (HandshakeWork w = raw.pollWork(); w != null; w = raw.pollWork()) {
                again = true;
                w.run();
                raw.onWorkDone(w, nowNanos);
            }
        }
    }

    private void toRaw(DatagramTrain train) {
        ByteBuf buffer = train.buffer().duplicate();
        while (buffer.isReadable()) {
            int length = Math.min(train.strideBytes(), buffer.readableBytes());
            ByteBuf datagram = allocator.directBuffer(length).writeBytes(buffer, length);
            ByteBuf packet = raw.onDatagram(datagram, meshEndpoint, nowNanos);
            if (packet == null) continue;
            byte[] bytes = new byte[packet.readableBytes()];
            packet.readBytes(bytes).release();
            received.add(bytes);
        }
    }

    @Override
    public void close() {
        mesh.close(nowNanos);
        raw.close(nowNanos);
        assertThat(allocator.metric().usedDirectMemory() + allocator.metric().usedHeapMemory())
                .as("bytes of buffers that were not released")
                .isZero();
    }
}
