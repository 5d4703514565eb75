package dev.sixgate.edge.mesh;

import dev.sixgate.edge.admin.ResponseStream;
import dev.sixgate.mesh.capture.Capture;
import dev.sixgate.mesh.capture.Captures;
import dev.sixgate.mesh.underlay.MeshDriver;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One capture on its way from the mesh's loop to an operator. Who reads it reads plaintext, so it is logged. */
final class CaptureStream implements ResponseStream {
    private static final Logger LOG = LoggerFactory.getLogger(CaptureStream.class);

    private final MeshDriver driver;
    private final Captures captures;
    private final Capture capture;
    private volatile Runnable wake = () -> {};

    private CaptureStream(MeshDriver driver, Captures captures, String name, Capture.Filter filter) {
        this.driver = driver;
        this.captures = captures;
        long nowNanos = driver.nowNanos();
        Instant now = Instant.now();
        long unixNanos = Math.addExact(Math.multiplyExact(now.getEpochSecond(), 1_000_000_000L), now.getNano());
        capture = new Capture(
                name,
                "inner packets of " + driver.mesh().wireGuard().publicKey(),
                filter,
                unixNanos - nowNanos,
                nowNanos,
                () -> wake.run());
    }

    /**
     * On the driver's loop.
     *
     * @throws IllegalStateException with a plain sentence when there are too many
     */
    static CaptureStream begin(MeshDriver driver, Captures captures, String name, Capture.Filter filter) {
        CaptureStream stream = new CaptureStream(driver, captures, name, filter);
        if (!captures.add(stream.capture))
            throw new IllegalStateException(
                    "there are " + Captures.CAPTURES_MAX + " captures already; stop one of them first");
        LOG.info("a capture of inner packets of {} began", filter.peer() == null ? "every peer" : filter.peer());
        return stream;
    }

    @Override
    public void begin(Runnable newWake) {
        wake = newWake;
    }

    @Override
    public byte @Nullable [] poll() {
        return capture.poll();
    }

    @Override
    public boolean isEnded() {
        return capture.isEnded();
    }

    @Override
    public void stop() {
        capture.stop();
    }

    @Override
    public Map<String, String> trailers() {
        return Map.of(
                "sixgate-captured",
                Long.toString(capture.captured()),
                "sixgate-dropped",
                Long.toString(capture.dropped()));
    }

    @Override
    public void close() {
        wake = () -> {};
        capture.stop();
        LOG.info("a capture ended: {} packets, {} dropped", capture.captured(), capture.dropped());
        try {
            driver.eventLoop().execute(() -> captures.remove(capture));
        } catch (RejectedExecutionException e) {
            LOG.debug("the mesh ended before its capture");
        }
    }
}
