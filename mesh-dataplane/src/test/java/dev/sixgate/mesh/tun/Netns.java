package dev.sixgate.mesh.tun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * A network namespace of its own, entered by one thread: sockets, devices and processes that the thread makes are in it.
 * It has no name and no file, so it is gone with the last of them.
 */
public final class Netns implements AutoCloseable {
    private static final int CLONE_NEWNET = 0x4000_0000;
    private static final long SECONDS = 10;

    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("netns").factory());

    private Netns() {}

    /** A fresh one, loopback up. Skips the test where the process is not root, unless under CI. */
    public static Netns open() throws Exception {
        boolean able = Files.exists(Path.of("/dev/net/tun")) && isRoot();
        assumeTrue(
                able || "true".equals(System.getenv("CI")) && isRoot(),
                "a TUN device and a network namespace need root, which this run has not");
        Netns netns = new Netns();
        netns.in(() -> {
            assertThat(call("unshare", CLONE_NEWNET))
                    .as("unshare(CLONE_NEWNET)")
                    .isZero();
            loopbackUp();
            return null;
        });
        return netns;
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** What the action gives when run in the namespace. */
    public <T> T in(Callable<T> action) throws Exception {
        return begin(action).get(SECONDS, TimeUnit.SECONDS);
    }

    <T> Future<T> begin(Callable<T> action) {
        return thread.submit(action);
    }

    /** Gives up every capability of the namespace's thread, for good. */
    void dropCapabilities() throws Exception {
        in(() -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment header = arena.allocate(8, 8);
                header.set(ValueLayout.JAVA_INT, 0, 0x2008_0522);
                MemorySegment none = arena.allocate(24, 8);
                MethodHandle capset = Linker.nativeLinker()
                        .downcallHandle(
                                Linker.nativeLinker().defaultLookup().findOrThrow("capset"),
                                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
                assertThat((int) capset.invokeExact(header, none)).as("capset").isZero();
                return null;
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        });
    }

    private static void loopbackUp() {
        int socket = LinuxCalls.socket(10, 2);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(40, 8);
            request.setString(0, "lo");
            request.set(ValueLayout.JAVA_SHORT, 16, (short) 1);
            assertThat(LinuxCalls.ioctl(socket, 0x8914, request)).isZero();
        } finally {
            LinuxCalls.close(socket);
        }
    }

    private static int call(String function, int argument) {
        Linker linker = Linker.nativeLinker();
        MethodHandle handle = linker.downcallHandle(
                linker.defaultLookup().findOrThrow(function),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try {
            return (int) handle.invokeExact(argument);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
