package dev.sixgate.mesh.tun;

import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.underlay.Attachment;
import dev.sixgate.mesh.underlay.MeshDriver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins a {@link TunDevice} and a mesh on the mesh's event loop: what the host sends is read in batches and leaves the
 * tunnel at the end of the loop's turn; what is for the device's addresses is written to it at once. The device is the
 * driver's from then on and ends with it.
 */
public final class TunDriver {
    /** Packets read before the tunnel has its turn, so that {@code PeerQueue} has room for them. */
    static final int BATCH = 64;

    private static final Logger LOG = LoggerFactory.getLogger(TunDriver.class);

    private final MeshDriver mesh;
    private final TunDevice device;
    private final Attachment attachment = new Attachment() {
        @Override
        public void onReady() {
            throw new AssertionError("a TUN device is told of packets, not of readiness");
        }

        @Override
        public void onDriverClose() {
            shutDown();
        }
    };
    private @Nullable IoRegistration registration;
    private @Nullable ByteBuf next;
    private boolean closed;
    private long fromHost;
    private long toHost;
    private long refused;

    private TunDriver(MeshDriver mesh, TunDevice device) {
        this.mesh = mesh;
        this.device = device;
    }

    /**
     * Starts. From any thread. Takes the device, which is closed also when this fails.
     *
     * @param mesh on an epoll event loop
     */
    public static Future<TunDriver> attach(MeshDriver mesh, TunDevice device) {
        Promise<TunDriver> attached = mesh.eventLoop().newPromise();
        if (!(mesh.eventLoop() instanceof IoEventLoop loop) || !loop.isCompatible(EpollIoHandle.class)) {
            device.close();
            return attached.setFailure(new IOException("a TUN device needs an event loop that uses epoll"));
        }
        TunDriver driver = new TunDriver(mesh, device);
        loop.register(driver.new Handle()).addListener((Future<IoRegistration> registered) -> {
            if (!registered.isSuccess() || mesh.isClosed()) {
                device.close();
                attached.setFailure(
                        registered.isSuccess() ? new IOException("the mesh is closed") : registered.cause());
                return;
            }
            driver.start(registered.getNow());
            attached.setSuccess(driver);
        });
        return attached;
    }

    private void start(IoRegistration registered) {
        registration = registered;
        mesh.attach(attachment);
        List<Ipv6Prefix> addresses = device.config().addresses().stream()
                .map(address -> new Ipv6Prefix(address, 128))
                .toList();
        mesh.mesh().host(addresses, this::give);
        registered.submit(EpollIoOps.EPOLLIN); // by level: what a batch leaves is announced again
    }

    private void read() {
        for (int i = 0; i < BATCH && !closed; i++) {
            ByteBuf packet = next;
            if (packet == null)
                packet = ByteBufAllocator.DEFAULT.directBuffer(device.config().mtu());
            next = packet;
            int bytes;
            try {
                bytes = device.read(packet);
            } catch (IOException e) {
                LOG.warn(
                        "the TUN device {} is gone, and the host's way into the mesh with it",
                        device.config().name());
                shutDown();
                return;
            }
            if (bytes == 0) break;
            next = null;
            fromHost++;
            mesh.mesh().onHostPacket(packet, mesh.nowNanos());
        }
        mesh.wake();
    }

    /** Takes a packet for the host. */
    private void give(ByteBuf packet) {
        try {
            if (!closed && device.write(packet)) toHost++;
            else refused++;
        } catch (IOException e) {
            refused++; // not down to the device: EINVAL for a packet the kernel does not like, EIO while it is down
        } finally {
            packet.release();
        }
    }

    public TunDevice device() {
        return device;
    }

    /** Live: read on the loop. */
    public TunStatistics statistics() {
        return new TunStatistics(fromHost, toHost, refused);
    }

    /** Gives the addresses back and removes the interface. From any thread; idempotent. */
    public void close() {
        if (mesh.eventLoop().inEventLoop()) shutDown();
        else mesh.eventLoop().execute(this::shutDown);
    }

    private void shutDown() {
        if (closed) return;
        closed = true;
        mesh.detach(attachment);
        mesh.mesh().host(List.of(), this::give);
        if (registration != null) registration.cancel();
        if (next != null) next.release();
        next = null;
        device.close();
    }

    private final class Handle implements EpollIoHandle {
        @Override
        public FileDescriptor fd() {
            return device.descriptor();
        }

        @Override
        public void handle(IoRegistration registered, IoEvent event) {
            if (!closed) read();
        }

        /** The loop ends. */
        @Override
        public void close() {
            shutDown();
        }
    }
}
