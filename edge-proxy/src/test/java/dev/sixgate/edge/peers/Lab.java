package dev.sixgate.edge.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Three hosts of our own: client — edge — node, as namespaces joined by veth.
 * <pre>
 * client 10.99.0.1, 2001:db8:99::1 ── 10.99.0.2, 2001:db8:99::2 edge 10.98.0.1 ── 10.98.0.2 node
 * </pre>
 * Everything started in it ends with {@link #close}, by process id; the namespaces go too.
 */
final class Lab implements AutoCloseable {
    static final String CLIENT = "c";
    static final String EDGE = "e";
    static final String NODE = "n";
    static final int NOBODY = 65534;

    private static final AtomicInteger COUNT = new AtomicInteger();

    final String id = "sg" + ProcessHandle.current().pid() % 100_000 + "x" + COUNT.incrementAndGet();
    final Path directory;
    private final List<Process> processes = new ArrayList<>();

    Lab() {
        try {
            directory = Files.createTempDirectory(
                    "sixgate-lab", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (String host : List.of(CLIENT, EDGE, NODE)) {
            host("ip", "netns", "add", namespace(host));
            run(host, "ip", "link", "set", "lo", "up");
        }
        link(CLIENT, EDGE);
        link(EDGE, NODE);
        address(CLIENT, EDGE, "10.99.0.1/24", "2001:db8:99::1/64");
        address(EDGE, CLIENT, "10.99.0.2/24", "2001:db8:99::2/64");
        address(EDGE, NODE, "10.98.0.1/24", "2001:db8:98::1/64");
        address(NODE, EDGE, "10.98.0.2/24", "2001:db8:98::2/64");
    }

    String namespace(String host) {
        return id + host;
    }

    /** The interface of {@code host} towards {@code other}. */
    String networkInterface(String host, String other) {
        return id + host + other;
    }

    private void link(String left, String right) {
        host(
                "ip",
                "link",
                "add",
                networkInterface(left, right),
                "netns",
                namespace(left),
                "type",
                "veth",
                "peer",
                "name",
                networkInterface(right, left),
                "netns",
                namespace(right));
    }

    private void address(String host, String other, String ipv4, String ipv6) {
        String device = networkInterface(host, other);
        run(host, "ip", "addr", "add", ipv4, "dev", device);
        run(host, "ip", "addr", "add", ipv6, "dev", device, "nodad");
        run(host, "ip", "link", "set", device, "up");
    }

    /** Runs a command in a host to its end; fails the test with what it printed unless it exits 0. */
    String run(String host, String... command) {
        return host(inside(host, List.of(command)));
    }

    /** The same, whatever its exit code. */
    Result attempt(String host, String... command) {
        return execute(List.of(inside(host, List.of(command))), Duration.ofMinutes(8));
    }

    private String[] inside(String host, List<String> command) {
        return Stream.concat(Stream.of("ip", "netns", "exec", namespace(host)), command.stream())
                .toArray(String[]::new);
    }

    private static String host(String... command) {
        Result result = execute(List.of(command), Duration.ofMinutes(8));
        assertThat(result.exit())
                .as("%s printed%n%s", String.join(" ", command), result.output())
                .isZero();
        return result.output();
    }

    record Result(int exit, String output) {}

    private static Result execute(List<String> command, Duration timeout) {
        try {
            Path output = Files.createTempFile("sixgate-lab", ".out");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .redirectInput(Path.of("/dev/null").toFile())
                        .start();
                if (!process.waitFor(timeout.toSeconds(), TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                    return new Result(-1, Files.readString(output) + "\n(did not end in " + timeout + ")");
                }
                return new Result(process.exitValue(), Files.readString(output));
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Starts a command in a host; its output goes to {@code log}. Ended with the lab. */
    Process start(String host, Path log, String... command) {
        try {
            Process process = new ProcessBuilder(inside(host, List.of(command)))
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .start();
            processes.add(process);
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A command prefix that drops to the unprivileged user without a single capability. */
    static List<String> asNobody() {
        String nobody = Integer.toString(NOBODY);
        return List.of(
                "setpriv",
                "--reuid",
                nobody,
                "--regid",
                nobody,
                "--clear-groups",
                "--inh-caps=-all",
                "--bounding-set=-all",
                "--no-new-privs");
    }

    /** Waits for a condition; fails with {@code what} after {@code limit}. Used only where a real process must come up. */
    static void await(String what, Duration limit, BooleanSupplier condition) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("within %s: %s", limit, what).isLessThan(deadline);
            java.util.concurrent.locks.LockSupport.parkNanos(
                    Duration.ofMillis(50).toNanos());
        }
    }

    Path file(String name, String text) {
        try {
            Path file = directory.resolve(name);
            Files.createDirectories(file.getParent());
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        for (Process process : processes.reversed()) {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
        for (Process process : processes) {
            try {
                if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        for (String host : List.of(CLIENT, EDGE, NODE))
            execute(List.of("ip", "netns", "del", namespace(host)), Duration.ofSeconds(10));
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
