package dev.sixgate.mesh.wireguard;

import dev.sixgate.mesh.crypto.AeadEngine;
import io.netty.buffer.ByteBufAllocator;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What the peers of one {@link WireGuard} share. */
final class Device {
    final LocalStatic local;
    final AeadEngine engine;
    final RandomGenerator random;
    final InstantSource wallClock;
    final ByteBufAllocator allocator;
    final SessionIndexTable indices;
    final OutboundQueue outbound;
    final WorkQueue work = new WorkQueue();
    final EventQueue events = new EventQueue();
    final PeerSchedule schedule = new PeerSchedule();

    @Nullable
    KeyLog keyLog;

    long cookiesSent;
    long cookiesAccepted;
    private final long[] dropped = new long[DropReason.values().length];

    Device(
            LocalStatic local,
            AeadEngine engine,
            RandomGenerator random,
            InstantSource wallClock,
            ByteBufAllocator allocator) {
        this.local = local;
        this.engine = engine;
        this.random = random;
        this.wallClock = wallClock;
        this.allocator = allocator;
        this.indices = new SessionIndexTable(random);
        this.outbound = new OutboundQueue(allocator);
    }

    byte[] drawKey() {
        byte[] key = new byte[PublicKey.BYTES];
        random.nextBytes(key);
        return PrivateKey.of(key).toBytes();
    }

    void drop(DropReason reason) {
        dropped[reason.ordinal()]++;
    }

    long dropped(DropReason reason) {
        return dropped[reason.ordinal()];
    }
}
