package dev.sixgate.mesh.underlay;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A wall clock that never goes back, over restarts neither: a peer refuses handshakes whose timestamp is not above all before
 * it (whitepaper §5.1), so a machine whose clock was set back would stay unheard until the old time comes again. The file
 * holds a time that is above every one ever told: written {@link #RESERVE} ahead, so once in that time and not per handshake.
 * Any thread.
 */
public final class HandshakeClock implements InstantSource, AutoCloseable {
    static final Duration RESERVE = Duration.ofMinutes(1);
    private static final Logger LOG = LoggerFactory.getLogger(HandshakeClock.class);

    private final Path file;
    private final InstantSource wallClock;
    private final LongSupplier monotonicNanos;
    private final Executor writer;
    private Instant told;
    private long toldNanos;
    /** Every time up to this one is behind what the file says, or will say once the writer has run. */
    private Instant reserved;

    private boolean failed;

    private HandshakeClock(
            Path file, InstantSource wallClock, LongSupplier monotonicNanos, Executor writer, @Nullable Instant above) {
        this.file = file;
        this.wallClock = wallClock;
        this.monotonicNanos = monotonicNanos;
        this.writer = writer;
        Instant now = wallClock.instant();
        if (above != null && now.isBefore(above))
            LOG.warn(
                    "the clock says {}, but handshakes were made until {}: theirs go on from there, so that peers"
                            + " accept them",
                    now,
                    above);
        told = above == null || now.isAfter(above) ? now : above;
        toldNanos = monotonicNanos.getAsLong();
        reserved = told.plus(RESERVE);
        write(reserved);
    }

    /**
     * Reads the file and reserves the first minute, on this thread. A file that is missing or cannot be read is as none; one
     * that cannot be written is a warning.
     *
     * @param writer writes later reservations; not an event loop
     */
    public static HandshakeClock open(Path file, Executor writer) {
        return open(file, InstantSource.system(), System::nanoTime, writer);
    }

    static HandshakeClock open(Path file, InstantSource wallClock, LongSupplier monotonicNanos, Executor writer) {
        return new HandshakeClock(file, wallClock, monotonicNanos, writer, read(file));
    }

    private static @Nullable Instant read(Path file) {
        try {
            return Files.exists(file) ? Instant.parse(Files.readString(file).strip()) : null;
        } catch (IOException | DateTimeParseException e) {
            LOG.warn("{} does not say until when handshakes were made ({}); the clock is believed", file, e.toString());
            return null;
        }
    }

    /** The wall clock's time where that is later than what was told before; else that, and what has passed since. */
    @Override
    public synchronized Instant instant() {
        long nanos = monotonicNanos.getAsLong();
        Instant passed = told.plusNanos(nanos - toldNanos);
        Instant now = wallClock.instant();
        told = now.isAfter(passed) ? now : passed;
        toldNanos = nanos;
        // Half of the reserve is left for the writer to come to it.
        if (told.plus(RESERVE.dividedBy(2)).isAfter(reserved)) {
            Instant next = told.plus(RESERVE);
            reserved = next;
            writer.execute(() -> write(next));
        }
        return told;
    }

    /** Replaced in one step, so that a crash leaves the old time or the new one. */
    private void write(Instant until) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Path fresh = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(fresh, until + "\n");
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            if (!failed)
                LOG.warn(
                        "{} cannot be written ({}): if this machine's clock is set back while sixgate is down, peers"
                                + " will refuse its handshakes until the old time comes again",
                        file,
                        e.toString());
            failed = true;
        }
    }

    /** Gives back what was reserved and not used. */
    @Override
    public synchronized void close() {
        write(told);
    }
}
