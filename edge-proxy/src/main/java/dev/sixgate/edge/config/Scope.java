package dev.sixgate.edge.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What all parts of one reading share. Remembers the files it was sent to, so that they can be watched. */
final class Scope {
    private final Path folder;
    private final Problems problems;
    private final Surroundings surroundings;
    private final List<Path> files = new ArrayList<>();

    /** @param folder relative paths start here; absolute */
    Scope(Path folder, Problems problems, Surroundings surroundings) {
        this.folder = folder.normalize();
        this.problems = problems;
        this.surroundings = surroundings;
    }

    Path folder() {
        return folder;
    }

    Problems problems() {
        return problems;
    }

    Surroundings surroundings() {
        return surroundings;
    }

    List<Path> files() {
        return files;
    }

    /** Null, with a problem told, when {@code text} cannot be a path. */
    @Nullable
    Path path(String text, Spot spot) {
        try {
            if (!text.isEmpty()) return folder.resolve(text).normalize();
        } catch (InvalidPathException e) {
            // Told below.
        }
        problems.error(Code.JSON_010, spot, Quoted.of(text) + " is not a path");
        return null;
    }

    /** Null, with a problem told, when the file cannot be read. */
    byte @Nullable [] read(String text, Spot spot, int maxBytes, @Nullable String helpWhenMissing) {
        Path file = path(text, spot);
        if (file == null) return null;
        files.add(file);
        try {
            return BoundedFile.read(file, maxBytes);
        } catch (BoundedFile.Unreadable e) {
            problems.error(
                    Code.JSON_006,
                    spot,
                    Quoted.bare(text) + " " + e.sentence() + (e.missing() ? " (looked relative to this file)" : ""),
                    e.missing() ? helpWhenMissing : null);
            return null;
        }
    }
}
