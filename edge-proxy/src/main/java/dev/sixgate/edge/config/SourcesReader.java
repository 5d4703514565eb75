package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.source.SourceException;
import dev.sixgate.edge.source.SourceSettings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code sources}: where further documents are. */
final class SourcesReader {
    static final int MAX_SOURCES = 100;

    private final Scope scope;
    private final Problems problems;

    SourcesReader(Scope scope) {
        this.scope = scope;
        this.problems = scope.problems();
    }

    /** Asks every source that is listed for its documents. */
    void read(Fields top, DocumentChoice choice) {
        Map<Path, Spot> seen = new LinkedHashMap<>();
        for (JsonNode item : top.array("sources")) {
            if (seen.size() == MAX_SOURCES) {
                problems.error(Code.JSON_010, item.spot(), "more than " + MAX_SOURCES + " sources are listed");
                return;
            }
            Fields fields =
                    Fields.of(item, "a source", KeyCatalogue.SOURCE, problems).orElse(null);
            SourceSettings.Directory settings = fields == null ? null : directory(fields);
            if (fields == null || settings == null) continue;
            Spot spot = fields.spot("directory");
            Spot first = seen.putIfAbsent(settings.path(), spot);
            if (first != null)
                problems.error(
                        Code.JSON_011,
                        spot,
                        settings.shown() + " is listed twice (first at " + first.positionSeenFrom(spot) + ")",
                        "remove one of the two");
            else ask(settings, spot, choice);
        }
    }

    private SourceSettings.@Nullable Directory directory(Fields fields) {
        if (!fields.require("directory", "\"directory\": \"apps.d\"")) return null;
        JsonText written = fields.textNode("directory");
        Path path = written == null ? null : scope.path(written.text(), written.spot());
        if (written == null || path == null) return null;
        if (path.equals(scope.folder())) {
            problems.error(
                    Code.JSON_010,
                    written.spot(),
                    Quoted.of(written.text()) + " is this file's own folder",
                    "give documents a folder of their own, such as \"apps.d\"");
            return null;
        }
        return new SourceSettings.Directory(path, written.text());
    }

    private void ask(SourceSettings.Directory settings, Spot spot, DocumentChoice choice) {
        scope.files().add(settings.path());
        try {
            choice.ask(settings);
        } catch (SourceException e) {
            problems.error(
                    Code.JSON_006,
                    spot,
                    Quoted.bare(settings.shown()) + " " + e.sentence(),
                    e.sentence().contains("does not exist") ? "mkdir it; it may be empty" : null);
        }
    }
}
