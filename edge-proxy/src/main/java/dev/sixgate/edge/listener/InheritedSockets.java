package dev.sixgate.edge.listener;

import dev.sixgate.edge.explain.AddressText;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bound sockets that this process was given, by systemd (sd_listen_fds(3)) or by an edge that ends. Each is taken once, by
 * its address; it takes epoll. One thread.
 */
public final class InheritedSockets {
    /** The first of systemd's, SD_LISTEN_FDS_START. */
    private static final int FIRST = 3;

    /** Further ones are not taken. */
    static final int MAX_SOCKETS = 4096;

    private static final Logger LOG = LoggerFactory.getLogger(InheritedSockets.class);

    private record Key(boolean udp, InetSocketAddress address) {}

    private final Map<Key, Integer> sockets = new HashMap<>();

    private InheritedSockets() {}

    public static InheritedSockets none() {
        return new InheritedSockets();
    }

    /**
     * Those of {@code LISTEN_FDS}, if {@code LISTEN_PID} means this process.
     *
     * @param environment such as {@code System.getenv()}
     */
    public static InheritedSockets ofSystemd(Map<String, String> environment, long pid) {
        String count = environment.getOrDefault("LISTEN_FDS", "");
        if (!environment.getOrDefault("LISTEN_PID", "").equals(Long.toString(pid)) || !count.matches("[0-9]{1,4}"))
            return none();
        List<Integer> descriptors = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(count); i++) descriptors.add(FIRST + i);
        return of(descriptors);
    }

    /** @param descriptors open ones; they are this object's from now on */
    public static InheritedSockets of(List<Integer> descriptors) {
        InheritedSockets inherited = new InheritedSockets();
        Set<String> tcp = inodes("tcp", true);
        Set<String> udp = inodes("udp", false);
        for (int descriptor : descriptors) {
            String inode = inode(descriptor);
            boolean datagrams = udp.contains(inode);
            InetSocketAddress address = !SocketTransport.best().adopts() || !datagrams && !tcp.contains(inode)
                    ? null
                    : datagrams
                            ? new EpollDatagramChannel(descriptor).localAddress()
                            : new EpollServerSocketChannel(descriptor).localAddress();
            if (address == null || inherited.sockets.size() == MAX_SOCKETS) {
                LOG.warn("descriptor {} is no socket that an edge could use; it is closed", descriptor);
                close(descriptor);
            } else inherited.sockets.put(new Key(datagrams, address), descriptor);
        }
        return inherited;
    }

    /** A descriptor that is the caller's from now on; null: nobody gave one of this address. */
    @Nullable
    Integer take(boolean udp, InetSocketAddress address) {
        Integer exact = sockets.remove(new Key(udp, address));
        if (exact != null || udp || !address.getAddress().isAnyLocalAddress()) return exact;
        for (Key key : sockets.keySet())
            if (!key.udp
                    && key.address.getPort() == address.getPort()
                    && key.address.getAddress().isAnyLocalAddress()) return sockets.remove(key);
        return null;
    }

    /** Closes those that nobody wanted, and says so. */
    public void closeRest() {
        sockets.forEach((key, descriptor) -> {
            LOG.warn(
                    "a socket for {}{} was handed to this edge, and no service has it; it is closed",
                    AddressText.of(key.address),
                    key.udp ? " (UDP)" : "");
            close(descriptor);
        });
        sockets.clear();
    }

    private static void close(int descriptor) {
        try {
            new FileDescriptor(descriptor).close();
        } catch (IOException e) {
            LOG.debug("descriptor {} could not be closed: {}", descriptor, e.toString());
        }
    }

    private static String inode(int descriptor) {
        try {
            String link = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return link.startsWith("socket:[") ? link.substring(8, link.length() - 1) : "";
        } catch (IOException e) {
            return "";
        }
    }

    private static Set<String> inodes(String protocol, boolean listening) {
        Set<String> found = new HashSet<>();
        for (String table : List.of("/proc/self/net/" + protocol, "/proc/self/net/" + protocol + "6"))
            try {
                for (String line : Files.readAllLines(Path.of(table))) {
                    // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
                    String[] columns = line.strip().split("\\s+");
                    if (columns.length > 9 && (!listening || columns[3].equals("0A"))) found.add(columns[9]);
                }
            } catch (IOException e) {
                LOG.debug("{} cannot be read: {}", table, e.toString());
            }
        return found;
    }
}
