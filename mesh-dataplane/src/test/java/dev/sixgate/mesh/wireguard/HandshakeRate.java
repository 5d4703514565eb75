package dev.sixgate.mesh.wireguard;

import dev.sixgate.mesh.crypto.X25519;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How many handshakes a second one core answers, and what an idle peer costs: one device with many peers, each a device of
 * its own with a live session, on virtual time and one thread. A program to run by hand: {@code HandshakeRate [peers]
 * [rounds]}.
 */
final class HandshakeRate {
    private static final InetSocketAddress CENTRE = new InetSocketAddress("192.0.2.1", 51820);
    private static final Instant EPOCH = Instant.parse("2026-11-23T00:00:00Z");

    private final SplittableRandom random = new SplittableRandom(1);
    private final PrivateKey key = PrivateKey.generate(random);
    private final List<WireGuard> callers = new ArrayList<>();
    private final WireGuard centre;
    private final long idlePeerBytes;
    private long now = TimeUnit.SECONDS.toNanos(1);

    public static void main(String[] arguments) {
        int peers = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 10_000;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
        HandshakeRate rate = new HandshakeRate(peers);
        System.out.printf("X25519 by %s, %d peers%n", X25519.engine(), peers);
        System.out.printf("heap of a configured peer without a session: %d bytes%n", rate.idlePeerBytes);
        for (int round = 1; round <= rounds; round++) rate.round();
        for (int i = 0; i < rounds; i++) rate.primitives();
    }

    private HandshakeRate(int peers) {
        List<PeerConfig> configs = new ArrayList<>();
        for (int i = 0; i < peers; i++) {
            PrivateKey caller = PrivateKey.generate(random);
            PeerConfig toCentre = new PeerConfig(
                    "centre",
                    key.publicKey(),
                    null,
                    CENTRE,
                    List.of(Ipv6Prefix.parse("fdaa::/32")),
                    Duration.ofSeconds(25));
            callers.add(device(caller, List.of(toCentre)));
            Ipv6Prefix prefix = Ipv6Prefix.parse("fdaa:1:%x::/48".formatted(i));
            configs.add(new PeerConfig("peer" + i, caller.publicKey(), null, null, List.of(prefix), Duration.ZERO));
        }
        long before = heapBytes();
        centre = device(key, configs);
        idlePeerBytes = (heapBytes() - before) / peers;
    }

    private WireGuard device(PrivateKey own, List<PeerConfig> peers) {
        return new WireGuard(
                own, peers, random.split(), () -> EPOCH.plusNanos(now), PooledByteBufAllocator.DEFAULT, now);
    }

    /** Every caller calls; only what the centre does is timed. */
    private void round() {
        long before = heapBytes();
        long spent = 0;
        int established = 0;
        for (int i = 0; i < callers.size(); i++) {
            WireGuard caller = callers.get(i);
            InetSocketAddress from = new InetSocketAddress("127.1." + (i >> 8) + "." + (i & 255), 51820);
            caller.onTimeout(now);
            ByteBuf initiation = next(caller);
            if (initiation == null) throw new IllegalStateException("caller " + i + " does not call");
            long start = threadNanos();
            centre.onDatagram(initiation, from, now);
            ByteBuf response = next(centre);
            spent += threadNanos() - start;
            if (response == null) throw new IllegalStateException("no answer to caller " + i);
            caller.onDatagram(response, CENTRE, now);
            for (ByteBuf confirmation = next(caller); confirmation != null; confirmation = next(caller)) {
                ByteBuf inner = centre.onDatagram(confirmation, from, now);
                if (inner != null) inner.release();
            }
            while (centre.pollEvent() != null) established++;
        }
        System.out.printf(
                "%.0f handshakes/s answered by one core, %d events; %+d heap bytes a peer at both ends%n",
                callers.size() * 1e9 / spent, established, (heapBytes() - before) / callers.size());
        now += TimeUnit.SECONDS.toNanos(200); // sessions have expired, keepalives are due
    }

    private @Nullable ByteBuf next(WireGuard device) {
        for (HandshakeWork work = device.pollWork(); work != null; work = device.pollWork()) {
            work.run();
            device.onWorkDone(work, now);
        }
        DatagramTrain train = device.pollDatagram(now);
        return train == null ? null : train.buffer();
    }

    private void primitives() {
        int times = 3000;
        byte[] scalar = new byte[X25519.BYTES];
        byte[] point = new byte[X25519.BYTES];
        random.nextBytes(scalar);
        random.nextBytes(point);
        long start = threadNanos();
        for (int i = 0; i < times; i++) X25519.agree(scalar, point);
        long middle = threadNanos();
        for (int i = 0; i < times; i++) X25519.publicKey(scalar);
        System.out.printf(
                "agreement %.1f us, public key %.1f us%n",
                (middle - start) / 1e3 / times, (threadNanos() - middle) / 1e3 / times);
    }

    private static long threadNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static long heapBytes() {
        for (int i = 0; i < 3; i++) System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
