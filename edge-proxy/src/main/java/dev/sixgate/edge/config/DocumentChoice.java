package dev.sixgate.edge.config;

import dev.sixgate.edge.source.Document;
import dev.sixgate.edge.source.DocumentSet;
import dev.sixgate.edge.source.DocumentStanding;
import dev.sixgate.edge.source.Documents;
import dev.sixgate.edge.source.SourceException;
import dev.sixgate.edge.source.SourceSettings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which version of each document one reading uses: the offered one; when that is refused the one that is served now; when
 * that does not fit any more either, none. Sources are asked once, however often the choice changes.
 */
final class DocumentChoice {
    /** Why a version is not used. */
    private record Refusal(List<Problem> problems, boolean lastGoodToo) {}

    private final Documents sources;
    private final DocumentSet running;
    private final Map<SourceSettings, List<Document>> offered = new LinkedHashMap<>();
    private final Map<String, Refusal> refusals = new LinkedHashMap<>();

    /** @param running what is served now */
    DocumentChoice(Documents sources, DocumentSet running) {
        this.sources = sources;
        this.running = running;
    }

    /** Asks the source, unless it was asked before. */
    void ask(SourceSettings settings) throws SourceException {
        if (!offered.containsKey(settings)) offered.put(settings, sources.of(settings));
    }

    /**
     * The versions to use, those first that are served already: who comes later and clashes with one of them is refused, and
     * never the other way round.
     */
    List<Document> chosen() {
        List<Document> chosen = new ArrayList<>();
        for (Document document : offered()) {
            Document version = version(document);
            if (version != null) chosen.add(version);
        }
        chosen.sort(Comparator.comparingInt(this::age)); // stable: the order of names within an age
        return chosen;
    }

    private List<Document> offered() {
        return offered.values().stream().flatMap(List::stream).toList();
    }

    private @Nullable Document version(Document document) {
        Refusal refusal = refusals.get(document.name());
        if (refusal == null) return document;
        return refusal.lastGoodToo ? null : running.served(document.name());
    }

    private int age(Document document) {
        Document known = running.served(document.name());
        return known == null ? 2 : known.version().equals(document.version()) ? 0 : 1;
    }

    /**
     * Steps back from the versions in which an error was found.
     *
     * @return false: no error is in a document
     */
    boolean refuse(List<Problem> problems) {
        Map<String, List<Problem>> byFile =
                problems.stream().filter(Problem::isError).collect(Collectors.groupingBy(Problem::file));
        boolean any = false;
        for (Document document : offered()) {
            List<Problem> errors = byFile.get(document.name());
            Document used = version(document);
            if (errors == null || used == null) continue;
            any = true;
            Refusal before = refusals.get(document.name());
            Document known = running.served(document.name());
            boolean noOther = known == null || known.version().equals(used.version());
            refusals.put(document.name(), new Refusal(before == null ? errors : before.problems, noOther));
        }
        return any;
    }

    /** Of the versions that are not used. */
    List<Problem> problems() {
        return refusals.values().stream()
                .flatMap(refusal -> refusal.problems.stream())
                .toList();
    }

    DocumentSet result() {
        List<DocumentStanding> standings = new ArrayList<>();
        for (Document document : offered()) {
            Document used = version(document);
            Refusal refusal = refusals.get(document.name());
            standings.add(new DocumentStanding(
                    document.name(),
                    document.origin(),
                    document.version(),
                    used == null ? null : used.version(),
                    refusal == null ? null : sentence(refusal.problems.getFirst())));
        }
        return new DocumentSet(chosen(), standings);
    }

    private static String sentence(Problem problem) {
        return "[" + problem.code() + "] " + problem.line() + ":" + problem.column() + " " + problem.pointer() + ": "
                + problem.message();
    }
}
