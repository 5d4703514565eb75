package dev.sixgate.mesh.transport;

import dev.sixgate.mesh.RecordingLeakDetector;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One pair for each underlay and test run, closed at its end: most tests need a tunnel and no particular one. */
final class MeshPairs implements BeforeAllCallback, AfterAllCallback, AutoCloseable {
    private static final Map<Underlay, MeshPair> STARTED = new EnumMap<>(Underlay.class);

    static synchronized MeshPair of(Underlay underlay) throws Exception {
        MeshPair pair = STARTED.get(underlay);
        if (pair == null) {
            pair = MeshPair.start(underlay);
            STARTED.put(underlay, pair);
        }
        return pair;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        context.getRoot()
                .getStore(ExtensionContext.Namespace.GLOBAL)
                .getOrComputeIfAbsent(MeshPairs.class, key -> this);
    }

    @Override
    public void afterAll(ExtensionContext context) throws InterruptedException {
        RecordingLeakDetector.assertNothingLeaked();
    }

    @Override
    public void close() {
        for (MeshPair pair : STARTED.values()) {
            try {
                pair.close();
            } catch (Exception e) {
                throw new IllegalStateException("a pair of drivers did not close", e);
            }
        }
        STARTED.clear();
    }
}
