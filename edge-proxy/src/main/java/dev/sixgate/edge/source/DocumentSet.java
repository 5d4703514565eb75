package dev.sixgate.edge.source;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The documents of one reading, and what became of each. Immutable. */
public final class DocumentSet {
    public static final DocumentSet EMPTY = new DocumentSet(List.of(), List.of());

    private final Map<String, Document> served = new HashMap<>();
    private final List<DocumentStanding> standings;

    /**
     * @param served the versions that are used, last good ones included
     * @param standings of all, those that are not used at all included
     */
    public DocumentSet(List<Document> served, List<DocumentStanding> standings) {
        for (Document document : served) this.served.put(document.name(), document);
        this.standings = List.copyOf(standings);
    }

    /** The version that is used; null: none is. */
    public @Nullable Document served(String name) {
        return served.get(name);
    }

    /** Of the versions that are used. */
    public Set<String> servedNames() {
        return Set.copyOf(served.keySet());
    }

    public List<DocumentStanding> standings() {
        return standings;
    }
}
