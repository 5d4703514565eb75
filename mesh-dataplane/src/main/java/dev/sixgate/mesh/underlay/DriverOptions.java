package dev.sixgate.mesh.underlay;

import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link MeshDriver} uses the machine.
 *
 * @param offload true: UDP_SEGMENT and UDP_GRO where the event loop and the kernel pass a self-test
 * @param socketBufferBytes asked of SO_RCVBUF and SO_SNDBUF; the kernel grants up to {@code net.core.rmem_max} and
 *     {@code wmem_max}
 * @param keyLog where session secrets are written for a protocol analyser, or null for nowhere
 * @param wallClock for the timestamps of handshakes, which peers want to increase: see {@link HandshakeClock}
 */
public record DriverOptions(
        boolean offload, int socketBufferBytes, @Nullable Path keyLog, InstantSource wallClock) {
    /** The environment variable, and in lower case with dots the system property, that names the key log. */
    public static final String KEY_LOG_VARIABLE = "SIXGATE_WG_KEYLOG";

    public static final String KEY_LOG_PROPERTY = "sixgate.wg.keylog";
    private static final int SOCKET_BUFFER_BYTES = 4 << 20;

    /** By the system's clock. */
    public DriverOptions(boolean offload, int socketBufferBytes, @Nullable Path keyLog) {
        this(offload, socketBufferBytes, keyLog, InstantSource.system());
    }

    public DriverOptions {
        if (socketBufferBytes < 1 << 16)
            throw new IllegalArgumentException(
                    "socket buffers of " + socketBufferBytes + " bytes do not hold one train");
    }

    /** Offload on, 4 MiB of buffers, and a key log only when the environment or a system property asks for one. */
    public static DriverOptions ofEnvironment() {
        String path = System.getProperty(KEY_LOG_PROPERTY, System.getenv(KEY_LOG_VARIABLE));
        return new DriverOptions(
                true,
                SOCKET_BUFFER_BYTES,
                path == null || path.isEmpty() ? null : Path.of(path),
                InstantSource.system());
    }

    public DriverOptions withOffload(boolean value) {
        return new DriverOptions(value, socketBufferBytes, keyLog, wallClock);
    }

    public DriverOptions withKeyLog(@Nullable Path value) {
        return new DriverOptions(offload, socketBufferBytes, value, wallClock);
    }

    public DriverOptions withWallClock(InstantSource value) {
        return new DriverOptions(offload, socketBufferBytes, keyLog, value);
    }
}
