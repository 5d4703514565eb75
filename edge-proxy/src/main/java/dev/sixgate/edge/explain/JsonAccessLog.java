package dev.sixgate.edge.explain;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;

/**
 * The access log: one JSON object a line, printed from the records by a thread of its own. Event loops put records into a
 * bounded ring and never wait; what finds the ring full, or cannot be written, is dropped and counted. Samples by the
 * request's id, so that all edges keep or drop the same share.
 */
public final class JsonAccessLog implements Recorder, AutoCloseable {
    /** Records that may wait for the disk. */
    public static final int CAPACITY = 8192;

    private static final Logger LOG = LoggerFactory.getLogger(JsonAccessLog.class);
    /** Between two looks at the ring while there is traffic, so that a busy loop wakes the thread 50 times a second. */
    private static final long BATCH_NANOS = 20_000_000L;

    private final AtomicReferenceArray<@Nullable RequestRecord> slots;
    private final AtomicLong tail = new AtomicLong();
    private volatile long head;
    private final AtomicLong dropped = new AtomicLong();
    private final OutputStream out;
    private final double sampleSuccess;
    private final double sampleError;
    private final JsonFactory json =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
    private final Thread writer;
    private volatile boolean parked;
    private volatile boolean closing;
    private boolean outputBroken;

    /**
     * Starts the thread.
     *
     * @param out closed by {@link #close}; only the log's thread writes to it
     * @param sampleSuccess share of records without a reason that are printed, 0 to 1
     * @param sampleError share of the others
     */
    public JsonAccessLog(OutputStream out, double sampleSuccess, double sampleError) {
        this(out, sampleSuccess, sampleError, CAPACITY);
    }

    JsonAccessLog(OutputStream out, double sampleSuccess, double sampleError, int capacity) {
        this.out = out;
        this.sampleSuccess = sampleSuccess;
        this.sampleError = sampleError;
        this.slots = new AtomicReferenceArray<>(capacity);
        this.writer = Thread.ofPlatform().name("sixgate-access-log").daemon().start(this::run);
    }

    @Override
    public void finish(RequestRecord record) {
        double share = record.reason == null ? sampleSuccess : sampleError;
        if (share < 1 && position(record.id) >= share) return;
        if (!offer(record)) dropped.incrementAndGet();
        else if (parked) {
            parked = false;
            LockSupport.unpark(writer);
        }
    }

    /** Records that were not printed although their sample said so. */
    public long dropped() {
        return dropped.get();
    }

    /** Prints what is in the ring, then closes the output. Waits at most two seconds for a stuck disk. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(writer);
        try {
            writer.join(2000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Where an id lies between 0 and 1; ids are spread evenly. */
    static double position(String id) {
        return RequestId.isValid(id) ? (Long.parseUnsignedLong(id, 16) >>> 11) * 0x1.0p-53 : 0;
    }

    private boolean offer(RequestRecord record) {
        while (true) {
            long at = tail.get();
            if (at - head >= slots.length()) return false;
            if (tail.compareAndSet(at, at + 1)) {
                slots.set((int) (at % slots.length()), record);
                return true;
            }
        }
    }

    /** Null when empty, or when the producer that reserved the slot has not filled it yet. */
    private @Nullable RequestRecord poll() {
        int slot = (int) (head % slots.length());
        RequestRecord record = slots.get(slot);
        if (record == null) return null;
        slots.set(slot, null);
        head = head + 1;
        return record;
    }

    private void run() {
        while (true) {
            boolean last = closing;
            int printed = 0;
            for (RequestRecord record = poll(); record != null; record = poll()) {
                print(record);
                printed++;
            }
            if (printed > 0) flush();
            if (last) break;
            if (printed > 0) LockSupport.parkNanos(this, BATCH_NANOS);
            else {
                parked = true;
                if (tail.get() == head && !closing) LockSupport.park(this);
                parked = false;
            }
        }
        try {
            out.close();
        } catch (IOException e) {
            LOG.warn("the access log could not be closed: {}", e.getMessage());
        }
    }

    private void print(RequestRecord record) {
        // A line is written whole or not at all.
        ByteArrayOutputStream line = new ByteArrayOutputStream(512);
        try (JsonGenerator generator = json.createGenerator(ObjectWriteContext.empty(), line)) {
            AccessLogLine.write(record, generator);
        } catch (JacksonException e) {
            dropped.incrementAndGet();
            return;
        }
        line.write('\n');
        try {
            line.writeTo(out);
            outputBroken = false;
        } catch (IOException e) {
            broken(e);
            dropped.incrementAndGet();
        }
    }

    private void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            broken(e);
        }
    }

    // Once until it works again: a full disk must not fill the error log too.
    private void broken(IOException e) {
        if (!outputBroken) LOG.warn("the access log cannot be written, lines are dropped: {}", e.getMessage());
        outputBroken = true;
    }
}
