package dev.sixgate.edge.run;

import dev.sixgate.edge.source.Document;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Notices changed files by looking at them: size, times and inode of each, and of what is in a directory. That sees what
 * editors, symlink swaps and network file systems do, which change notifications do not. No thread of its own.
 */
final class FileWatcher {
    /** Entries of one directory that are looked at; as many as it may hold documents. */
    static final int MAX_ENTRIES = Document.MAX_COUNT;

    private List<Path> watched = List.of();
    private Map<Path, String> known = Map.of();
    private boolean unsettled;

    /**
     * @param paths files and directories; need not exist
     * @param stamps how they looked when they were last read, by {@link #stamps(List)}
     */
    void watch(List<Path> paths, Map<Path, String> stamps) {
        watched = List.copyOf(paths);
        known = stamps;
        unsettled = false;
    }

    List<Path> watched() {
        return watched;
    }

    /** How these look now, and what is in those that are directories. */
    static Map<Path, String> stamps(List<Path> paths) {
        Map<Path, String> stamps = new LinkedHashMap<>();
        for (Path path : paths) {
            stamps.put(path, stamp(path));
            if (Files.isDirectory(path)) for (Path entry : entries(path)) stamps.put(entry, stamp(entry));
        }
        return stamps;
    }

    /**
     * Looks once.
     *
     * @return true when something changed since {@link #watch} and has stood still since the last look, so that a file
     *     being written is not read half
     */
    boolean changed() {
        Map<Path, String> now = stamps(watched);
        if (!now.equals(known)) {
            known = now;
            unsettled = true;
            return false;
        }
        boolean settled = unsettled;
        unsettled = false;
        return settled;
    }

    /** Whether a change was seen that has not settled yet: look again soon. */
    boolean unsettled() {
        return unsettled;
    }

    private static List<Path> entries(Path directory) {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path entry : stream) {
                if (entries.size() == MAX_ENTRIES) break;
                if (!Files.isDirectory(entry)) entries.add(entry);
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            return List.of();
        }
        Collections.sort(entries);
        return entries;
    }

    private static String stamp(Path path) {
        try {
            // The change time catches a rewrite that restores the modification time.
            Map<String, Object> attributes = Files.readAttributes(path, "unix:ino,size,lastModifiedTime,ctime");
            return attributes.get("ino") + " " + attributes.get("size") + " " + attributes.get("lastModifiedTime") + " "
                    + attributes.get("ctime");
        } catch (IOException e) {
            return "absent";
        } catch (UnsupportedOperationException | IllegalArgumentException e) {
            return String.valueOf(path.toFile().lastModified());
        }
    }
}
