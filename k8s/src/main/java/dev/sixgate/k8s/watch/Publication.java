package dev.sixgate.k8s.watch;

import dev.sixgate.k8s.Document;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Documents as the sink has them, and how to bring it up to date. One thread at a time. */
final class Publication {
    private final Map<String, Document> known = new LinkedHashMap<>();
    private boolean begun;

    /** Tells the sink what changed, if anything did. */
    void publish(List<Document> documents, DocumentSink sink) {
        Map<String, Document> fresh = new LinkedHashMap<>();
        for (Document document : documents) fresh.put(document.name(), document);
        boolean changed = !begun;
        for (Document document : documents)
            if (!document.equals(known.get(document.name()))) {
                sink.put(document);
                changed = true;
            }
        for (String name : new ArrayList<>(known.keySet()))
            if (!fresh.containsKey(name)) {
                sink.remove(name);
                changed = true;
            }
        known.clear();
        known.putAll(fresh);
        begun = true;
        if (changed) sink.synced();
    }
}
