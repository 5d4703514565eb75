package dev.sixgate.k8s;

import java.util.List;

/**
 * What a set of objects amounts to.
 *
 * @param documents in the order of their names
 * @param verdicts on every object that was looked at, in the order of kind, namespace and name
 */
public record Translation(List<Document> documents, List<Verdict> verdicts) {
    public Translation {
        documents = List.copyOf(documents);
        verdicts = List.copyOf(verdicts);
    }
}
