package dev.sixgate.edge.source;

import java.nio.file.Path;

/** An entry of {@code sources}: where further documents are. */
public sealed interface SourceSettings {
    /** In the operator's words, such as {@code directory apps.d}. */
    String shown();

    /**
     * Every {@code *.json} in it that is not hidden, in the order of their names; folders inside are not entered.
     *
     * @param path absolute
     * @param written as the operator wrote it
     */
    record Directory(Path path, String written) implements SourceSettings {
        @Override
        public String shown() {
            return "directory " + written;
        }
    }
}
