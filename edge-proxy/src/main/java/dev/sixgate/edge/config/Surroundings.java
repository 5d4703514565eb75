package dev.sixgate.edge.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a reading asks of the machine beside files: the time, the environment, privileges, and the resolver. */
public interface Surroundings {
    /** All host names of a file together get this long. */
    int RESOLVE_SECONDS = 5;

    InstantSource clock();

    /** An environment variable, or null. */
    @Nullable
    String environment(String name);

    /** The lowest port that this process may listen on; 0 when it may take any. */
    int firstUnprivilegedPort();

    /** Names that resolve within {@link #RESOLVE_SECONDS}; the others are absent. May block that long. */
    Map<String, InetAddress> resolve(Collection<String> hosts);

    /** The system's DNS servers, in its order. */
    List<InetAddress> nameServers();

    /** This process, with the system's clock. */
    static Surroundings ofThisProcess() {
        return new ThisProcess();
    }

    /** Linux's word on privileges; where {@code /proc} is missing, that of other Unix systems. */
    final class ThisProcess implements Surroundings {
        private static final int CAP_NET_BIND_SERVICE = 10;
        private static final int RESOLVERS = 16;

        private ThisProcess() {}

        @Override
        public InstantSource clock() {
            return InstantSource.system();
        }

        @Override
        public @Nullable String environment(String name) {
            return System.getenv(name);
        }

        @Override
        public int firstUnprivilegedPort() {
            try {
                for (String line : Files.readAllLines(Path.of("/proc/self/status")))
                    if (line.startsWith("CapEff:")) {
                        long capabilities = Long.parseUnsignedLong(
                                line.substring("CapEff:".length()).strip(), 16);
                        if ((capabilities >>> CAP_NET_BIND_SERVICE & 1) != 0) return 0;
                    }
                return Integer.parseInt(Files.readString(Path.of("/proc/sys/net/ipv4/ip_unprivileged_port_start"))
                        .strip());
            } catch (IOException | NumberFormatException e) {
                return 1024;
            }
        }

        @Override
        public List<InetAddress> nameServers() {
            try (Stream<String> lines = Files.lines(Path.of("/etc/resolv.conf"))) {
                return lines.map(String::strip)
                        .filter(line -> line.startsWith("nameserver"))
                        .map(line -> line.substring("nameserver".length()).strip())
                        .map(Addresses::literal)
                        .filter(Objects::nonNull)
                        .toList();
            } catch (IOException | UncheckedIOException e) {
                return List.of();
            }
        }

        @Override
        public Map<String, InetAddress> resolve(Collection<String> hosts) {
            Map<String, InetAddress> resolved = new LinkedHashMap<>();
            if (hosts.isEmpty()) return resolved;
            List<String> names = List.copyOf(hosts);
            // Never closed in wait: a resolver that hangs must not hold up a reload.
            ExecutorService executor = Executors.newFixedThreadPool(
                    Math.min(RESOLVERS, names.size()),
                    Thread.ofPlatform().daemon().name("resolve-", 0).factory());
            try {
                List<Future<InetAddress>> answers = executor.invokeAll(
                        names.stream()
                                .map(name -> (Callable<InetAddress>) () -> InetAddress.getByName(name))
                                .toList(),
                        RESOLVE_SECONDS,
                        TimeUnit.SECONDS);
                for (int i = 0; i < names.size(); i++) {
                    try {
                        resolved.put(names.get(i), answers.get(i).get());
                    } catch (ExecutionException | CancellationException e) {
                        // Absent from the answer, which the caller tells the operator.
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                executor.shutdownNow();
            }
            return resolved;
        }
    }
}
