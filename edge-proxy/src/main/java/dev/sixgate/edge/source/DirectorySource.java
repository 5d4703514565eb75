package dev.sixgate.edge.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The files of a directory as documents. */
final class DirectorySource {
    /** Of all documents together. */
    static final int MAX_TOTAL_BYTES = 256 << 20;

    private DirectorySource() {}

    static List<Document> read(SourceSettings.Directory settings) throws SourceException {
        List<Document> documents = new ArrayList<>();
        long total = 0;
        for (Path file : files(settings.path())) {
            String name =
                    Path.of(settings.written()).resolve(file.getFileName()).toString();
            Document document = document(settings, name, file);
            documents.add(document);
            if (document.json() != null) total += document.json().length;
            if (total > MAX_TOTAL_BYTES)
                throw new SourceException("holds more than " + (MAX_TOTAL_BYTES >> 20) + " MiB of documents");
        }
        return documents;
    }

    private static List<Path> files(Path directory) throws SourceException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (!name.endsWith(".json") || name.startsWith(".") || Files.isDirectory(entry)) continue;
                if (files.size() == Document.MAX_COUNT)
                    throw new SourceException("holds more than " + Document.MAX_COUNT + " documents");
                files.add(entry);
            }
        } catch (NoSuchFileException e) {
            throw new SourceException("does not exist");
        } catch (AccessDeniedException e) {
            throw new SourceException("may not be read by this user");
        } catch (IOException | DirectoryIteratorException e) {
            throw new SourceException(Files.isRegularFile(directory) ? "is not a directory" : "cannot be listed");
        }
        files.sort(Comparator.comparing(file -> file.getFileName().toString()));
        return files;
    }

    private static Document document(SourceSettings.Directory settings, String name, Path file) {
        String trouble;
        try {
            if (!Files.exists(file)) trouble = "is a link to a file that does not exist";
            else if (!Files.isRegularFile(file)) trouble = "is not a regular file; pipes and devices are not read";
            else
                try (InputStream in = Files.newInputStream(file)) {
                    byte[] json = in.readNBytes(Document.MAX_BYTES + 1);
                    if (json.length <= Document.MAX_BYTES)
                        return Document.of(name, json, settings.shown(), settings.path());
                    trouble = "is larger than " + (Document.MAX_BYTES >> 20) + " MiB, the most a document may have";
                }
        } catch (AccessDeniedException e) {
            trouble = "may not be read by this user";
        } catch (IOException e) {
            trouble = "cannot be read";
        }
        return Document.unreadable(name, trouble, settings.shown(), settings.path());
    }
}
