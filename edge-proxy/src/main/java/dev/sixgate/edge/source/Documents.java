package dev.sixgate.edge.source;

import java.util.List;

/** What sources hold at this moment. */
public interface Documents {
    /** Directories, read from disk; what needs a connection is not asked. */
    Documents OFFLINE = settings -> switch (settings) {
        case SourceSettings.Directory directory -> DirectorySource.read(directory);
        case SourceSettings.Kubernetes _ -> List.of();
    };

    /**
     * Every document of a source, in the order of their names.
     *
     * @throws SourceException when the source as a whole cannot be read
     */
    List<Document> of(SourceSettings settings) throws SourceException;
}
