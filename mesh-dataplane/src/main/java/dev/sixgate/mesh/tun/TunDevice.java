package dev.sixgate.mesh.tun;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import io.netty.buffer.ByteBuf;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * A TUN interface of Linux (Documentation/networking/tuntap.rst) in the network namespace of the thread that opens it:
 * up, with its addresses and routes, and gone when it is closed. Packets are whole IPv6 packets without a head of the
 * driver's (IFF_NO_PI). Neither {@link #read} nor {@link #write} waits.
 */
public final class TunDevice implements AutoCloseable {
    private static final String CLONE = "/dev/net/tun";

    // include/uapi/asm-generic/fcntl.h, linux/if.h, linux/if_tun.h, linux/sockios.h, linux/ipv6_route.h
    private static final int O_RDWR = 2;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;
    private static final int AF_INET6 = 10;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
    private static final long TUNSETIFF = 0x4004_54caL;
    private static final int IFF_TUN = 1;
    private static final int IFF_NO_PI = 0x1000;
    private static final long SIOCADDRT = 0x890b;
    private static final long SIOCGIFFLAGS = 0x8913;
    private static final long SIOCSIFFLAGS = 0x8914;
    /** Of the network namespace of this thread. */
    private static final Path IF_INET6 = Path.of("/proc/thread-self/net/if_inet6");

    private static final int IFA_F_TENTATIVE = 0x40;
    private static final long USABLE_NANOS = 2_000_000_000L;
    private static final long SIOCSIFADDR = 0x8916;
    private static final long SIOCSIFMTU = 0x8922;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final int IFF_UP = 1;
    private static final int RTF_UP = 1;
    private static final int ROUTE_METRIC = 1024;

    private static final int IFREQ_BYTES = 40;
    private static final int IFREQ_VALUE = 16;
    private static final int IN6_IFREQ_BYTES = 24;
    private static final int IN6_RTMSG_BYTES = 80;

    private final TunConfig config;
    private final FileDescriptor descriptor;

    private TunDevice(TunConfig config, FileDescriptor descriptor) {
        this.config = config;
        this.descriptor = descriptor;
    }

    /**
     * Makes the interface.
     *
     * @throws IOException with a plain sentence: no CAP_NET_ADMIN, no TUN driver, a name that is taken, an address or a
     *     route that the kernel refuses
     */
    public static TunDevice open(TunConfig config) throws IOException {
        if (!Epoll.isAvailable()) throw new IOException("a TUN device needs Linux and its epoll");
        int fd = LinuxCalls.open(CLONE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0) throw new IOException(whyNotOpened(-fd));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = named(arena, config.name());
            request.set(ValueLayout.JAVA_SHORT, IFREQ_VALUE, (short) (IFF_TUN | IFF_NO_PI));
            int made = LinuxCalls.ioctl(fd, TUNSETIFF, request);
            if (made < 0) throw new IOException(whyNotMade(config.name(), -made));
            configure(config, arena);
            return new TunDevice(config, new FileDescriptor(fd));
        } catch (IOException | RuntimeException e) {
            LinuxCalls.close(fd);
            throw e;
        }
    }

    private static void configure(TunConfig config, Arena arena) throws IOException {
        forgoLinkLocal(config.name());
        int socket = LinuxCalls.socket(AF_INET6, SOCK_DGRAM_CLOEXEC);
        if (socket < 0) throw new IOException("this kernel has no IPv6: error " + -socket);
        try {
            MemorySegment request = named(arena, config.name());
            request.set(ValueLayout.JAVA_INT, IFREQ_VALUE, config.mtu());
            check(LinuxCalls.ioctl(socket, SIOCSIFMTU, request), config, "does not take the MTU " + config.mtu());
            check(LinuxCalls.ioctl(socket, SIOCGIFINDEX, request), config, "has no index");
            int index = request.get(ValueLayout.JAVA_INT, IFREQ_VALUE);
            for (Ipv6Address address : config.addresses()) {
                int added = LinuxCalls.ioctl(socket, SIOCSIFADDR, addressRequest(arena, address, index));
                check(added, config, "does not take the address " + address);
            }
            check(LinuxCalls.ioctl(socket, SIOCGIFFLAGS, request), config, "has no flags");
            short flags = request.get(ValueLayout.JAVA_SHORT, IFREQ_VALUE);
            request.set(ValueLayout.JAVA_SHORT, IFREQ_VALUE, (short) (flags | IFF_UP));
            check(LinuxCalls.ioctl(socket, SIOCSIFFLAGS, request), config, "does not come up");
            awaitAddresses(config);
            for (Ipv6Prefix route : config.routes()) {
                int added = LinuxCalls.ioctl(socket, SIOCADDRT, routeRequest(arena, route, index));
                if (added != -LinuxCalls.EEXIST) check(added, config, "does not take the route " + route);
            }
        } finally {
            LinuxCalls.close(socket);
        }
    }

    /** A new address is tentative (RFC 4862 §5.4) until a thread of the kernel has looked at it, and nothing binds to it before. */
    private static void awaitAddresses(TunConfig config) throws IOException {
        for (long end = System.nanoTime() + USABLE_NANOS; System.nanoTime() < end; LockSupport.parkNanos(1_000_000))
            if (Files.readAllLines(IF_INET6).stream().noneMatch(line -> isTentative(line, config.name()))) return;
        throw new IOException(
                "the TUN device " + config.name() + " has an address that the kernel does not make usable");
    }

    /** @param line address, index, length, scope, flags and name, numbers in hexadecimal */
    static boolean isTentative(String line, String device) {
        String[] words = line.strip().split("\\s+");
        return words.length == 6 && words[5].equals(device) && (Integer.parseInt(words[4], 16) & IFA_F_TENTATIVE) != 0;
    }

    /** The mesh has no use for link-local addresses, nor for the multicast they come with. Without it that is dropped. */
    private static void forgoLinkLocal(String name) {
        try {
            Files.writeString(Path.of("/proc/sys/net/ipv6/conf", name, "addr_gen_mode"), "1");
        } catch (IOException e) {
            return; // a read-only /proc, as in containers
        }
    }

    private static void check(int result, TunConfig config, String what) throws IOException {
        if (result >= 0) return;
        String why = result == -LinuxCalls.EPERM || result == -LinuxCalls.EACCES
                ? "CAP_NET_ADMIN is missing, or IPv6 is switched off for it"
                : result == -LinuxCalls.EINVAL ? "the kernel calls it invalid" : "error " + -result;
        throw new IOException("the TUN device " + config.name() + " " + what + ": " + why);
    }

    static String whyNotOpened(int errno) {
        return switch (errno) {
            case LinuxCalls.ENOENT, LinuxCalls.ENODEV, LinuxCalls.ENXIO ->
                CLONE + " is absent: load the kernel's tun module, or give the container that device";
            case LinuxCalls.EPERM, LinuxCalls.EACCES ->
                CLONE + " may not be opened: give this user the device, and the process CAP_NET_ADMIN";
            default -> CLONE + " cannot be opened: error " + errno;
        };
    }

    static String whyNotMade(String name, int errno) {
        return switch (errno) {
            case LinuxCalls.EPERM ->
                "the TUN device " + name + " needs CAP_NET_ADMIN, which this process lacks: grant it with "
                        + "AmbientCapabilities=CAP_NET_ADMIN or leave the device out";
            case LinuxCalls.EBUSY -> "the TUN device " + name + " exists and another process has it: take another name";
            case LinuxCalls.EINVAL -> "the interface " + name + " exists and is no TUN device: take another name";
            default -> "the TUN device " + name + " cannot be made: error " + errno;
        };
    }

    private static MemorySegment named(Arena arena, String name) {
        MemorySegment request = arena.allocate(IFREQ_BYTES, 8);
        request.setString(0, name, StandardCharsets.US_ASCII);
        return request;
    }

    /** struct in6_ifreq. */
    private static MemorySegment addressRequest(Arena arena, Ipv6Address address, int index) {
        MemorySegment request = arena.allocate(IN6_IFREQ_BYTES, 8);
        put(request, 0, address);
        request.set(ValueLayout.JAVA_INT, 16, 128);
        request.set(ValueLayout.JAVA_INT, 20, index);
        return request;
    }

    /** struct in6_rtmsg. */
    private static MemorySegment routeRequest(Arena arena, Ipv6Prefix route, int index) {
        MemorySegment request = arena.allocate(IN6_RTMSG_BYTES, 8);
        put(request, 0, route.address());
        request.set(ValueLayout.JAVA_SHORT, 52, (short) route.length());
        request.set(ValueLayout.JAVA_INT, 56, ROUTE_METRIC);
        request.set(ValueLayout.JAVA_INT, 72, RTF_UP);
        request.set(ValueLayout.JAVA_INT, 76, index);
        return request;
    }

    private static void put(MemorySegment target, long offset, Ipv6Address address) {
        ValueLayout.OfLong network = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
        target.set(network, offset, address.high());
        target.set(network, offset + 8, address.low());
    }

    public TunConfig config() {
        return config;
    }

    FileDescriptor descriptor() {
        return descriptor;
    }

    /**
     * Appends the next packet that the host sends.
     *
     * @param target direct, with room for a packet of the MTU; borrowed
     * @return its bytes, 0 when there is none
     * @throws IOException when the interface is gone
     */
    public int read(ByteBuf target) throws IOException {
        int from = target.writerIndex();
        int room = target.writableBytes();
        int bytes;
        if (target.hasMemoryAddress()) {
            bytes = descriptor.readAddress(target.memoryAddress(), from, from + room);
        } else {
            ByteBuffer buffer = target.internalNioBuffer(from, room);
            bytes = descriptor.read(buffer, buffer.position(), buffer.limit());
        }
        if (bytes > 0) target.writerIndex(from + bytes);
        return Math.max(0, bytes);
    }

    /**
     * Gives the host a packet: all that is readable.
     *
     * @param packet direct; borrowed
     * @return false when the host has no room for it now
     * @throws IOException when the host refuses it, or the interface is down or gone
     */
    public boolean write(ByteBuf packet) throws IOException {
        int from = packet.readerIndex();
        int bytes = packet.readableBytes();
        if (packet.hasMemoryAddress())
            return descriptor.writeAddress(packet.memoryAddress(), from, from + bytes) == bytes;
        ByteBuffer buffer = packet.internalNioBuffer(from, bytes);
        return descriptor.write(buffer, buffer.position(), buffer.limit()) == bytes;
    }

    /** Removes the interface with its addresses and routes. */
    @Override
    public void close() {
        if (!descriptor.isOpen()) return;
        try {
            descriptor.close();
        } catch (IOException e) {
            throw new AssertionError("the descriptor of a TUN device does not fail to close", e);
        }
    }
}
