package dev.sixgate.edge.config;

import dev.sixgate.edge.run.Snapshot;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of reading an operator's file.
 *
 * @param snapshot null when it cannot be served; a document with an error is left out of it and only told of
 * @param problems in the order of the file
 * @param files every file that was read or looked for, absolute, the operator's own first: what to watch for changes
 * @param text of the operator's own file, not to be changed; null: it could not be read
 */
public record Reading(@Nullable Snapshot snapshot, List<Problem> problems, List<Path> files, byte @Nullable [] text) {
    public Reading {
        problems = List.copyOf(problems);
        files = List.copyOf(files);
    }
}
