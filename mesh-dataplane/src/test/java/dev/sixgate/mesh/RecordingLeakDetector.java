package dev.sixgate.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Remembers the buffers that were collected without having been released, which Netty by itself only logs. The build names
 * it in {@code io.netty.customResourceLeakDetector}. To see where a leaked buffer was touched, run the test with
 * {@code -Dio.netty.leakDetection.targetRecords=20}.
 */
public final class RecordingLeakDetector<T> extends ResourceLeakDetector<T> {
    private static final Queue<String> LEAKS = new ConcurrentLinkedQueue<>();

    public RecordingLeakDetector(Class<?> resourceType, int samplingInterval) {
        super(resourceType, samplingInterval);
    }

    @SuppressWarnings("deprecation")
    public RecordingLeakDetector(Class<?> resourceType, int samplingInterval, long maxActive) {
        super(resourceType, samplingInterval, maxActive);
    }

    /** Collects garbage, and fails when a buffer was leaked since the last call, by whatever test. */
    public static void assertNothingLeaked() throws InterruptedException {
        assertThat(System.getProperty("io.netty.customResourceLeakDetector"))
                .as("the build runs tests with this detector")
                .isEqualTo(RecordingLeakDetector.class.getName());
        for (int i = 0; i < 2; i++) {
            ReferenceQueue<Object> collected = new ReferenceQueue<>();
            var probe = new PhantomReference<>(new Object(), collected);
            System.gc();
            assertThat(collected.remove(10_000)).as("the garbage collector ran").isSameAs(probe);
            ByteBufAllocator.DEFAULT.directBuffer(1).release(); // makes the detector look at what was collected
        }
        String leaks = String.join("\n", LEAKS);
        LEAKS.clear();
        assertThat(leaks).as("buffers that were not released").isEmpty();
    }

    @Override
    protected boolean needReport() {
        return true;
    }

    @Override
    protected void reportTracedLeak(String resourceType, String records) {
        LEAKS.add(resourceType + " leaked" + records);
    }

    @Override
    protected void reportUntracedLeak(String resourceType) {
        LEAKS.add(resourceType + " leaked");
    }
}
