package dev.sixgate.edge.run;

import dev.sixgate.edge.source.DocumentSet;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where a running edge's configuration is read from again. */
public interface SnapshotSource {
    /**
     * Reads everything anew; on the reload thread, so it may take its time with files.
     *
     * @param running the documents that are served now, for the last good version of one that is broken
     */
    Reading read(DocumentSet running);

    /** The same source with another first file. */
    default SnapshotSource at(Path file) {
        throw new UnsupportedOperationException("this edge was not started from a file");
    }

    /** As {@link #read}, but for a look: nothing is followed, begun or ended by it. */
    default Reading look(DocumentSet running) {
        return read(running);
    }

    /** What the texts of two readings differ in; both are good ones. */
    default List<Change> compare(Reading before, Reading after) {
        return List.of();
    }

    /** Told what became of the documents of the last reading, once it was applied or refused. */
    default void served(DocumentSet documents) {}

    /**
     * What was read, and how the files looked at that moment.
     *
     * @param snapshot null: it cannot be served
     * @param problems what is wrong, a line each; warnings when there is a snapshot
     * @param watched files and directories whose change asks for another reading; also when there is no snapshot
     * @param text of the first file, not to be changed; null: it could not be read, or is not kept
     */
    record Reading(
            @Nullable Snapshot snapshot,
            List<String> problems,
            List<Path> watched,
            Map<Path, String> stamps,
            byte @Nullable [] text) {
        public Reading {
            problems = List.copyOf(problems);
            watched = List.copyOf(watched);
            stamps = Map.copyOf(stamps);
        }

        /** To be called right after reading: what changes from now on is noticed. */
        public static Reading of(@Nullable Snapshot snapshot, List<String> problems, List<Path> watched) {
            return of(snapshot, problems, watched, null);
        }

        /** As {@link #of(Snapshot, List, List)}, with the text to compare others with. */
        public static Reading of(
                @Nullable Snapshot snapshot, List<String> problems, List<Path> watched, byte @Nullable [] text) {
            return new Reading(snapshot, problems, watched, FileWatcher.stamps(watched), text);
        }
    }
}
