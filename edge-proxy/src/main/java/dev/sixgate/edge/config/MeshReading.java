package dev.sixgate.edge.config;

import dev.sixgate.edge.run.Snapshot.MeshSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of reading a mesh alone.
 *
 * @param mesh null exactly when a problem is an error
 * @param problems in the order of the file
 */
public record MeshReading(@Nullable MeshSettings mesh, List<Problem> problems) {
    public MeshReading {
        problems = List.copyOf(problems);
    }
}
