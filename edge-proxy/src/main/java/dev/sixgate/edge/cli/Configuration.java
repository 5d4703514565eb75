package dev.sixgate.edge.cli;

import dev.sixgate.edge.config.ConfigReader;
import dev.sixgate.edge.config.Problem;
import dev.sixgate.edge.config.ProblemPrinter;
import dev.sixgate.edge.config.Reading;
import dev.sixgate.edge.config.Surroundings;
import dev.sixgate.edge.config.WrittenChanges;
import dev.sixgate.edge.run.Change;
import dev.sixgate.edge.run.SnapshotSource;
import dev.sixgate.edge.source.DocumentSet;
import dev.sixgate.edge.source.Documents;
import dev.sixgate.edge.source.LiveDocuments;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/** Reads the operator's file for commands that need what it says. */
final class Configuration {
    private Configuration() {}

    /** Prints every problem to {@code err}. Without a snapshot the file cannot be used: exit code 3. Documents with errors are left out of it. */
    static Reading read(Path file, PrintWriter err) {
        return read(file, Documents.OFFLINE, err);
    }

    /** @param documents where documents of {@code sources} come from */
    static Reading read(Path file, Documents documents, PrintWriter err) {
        Reading reading = ConfigReader.read(file, Surroundings.ofThisProcess(), documents, DocumentSet.EMPTY);
        err.print(ProblemPrinter.text(reading.problems()));
        err.flush();
        return reading;
    }

    /** The file and its documents, read again whenever asked. */
    static SnapshotSource source(Path file, LiveDocuments documents) {
        return new SnapshotSource() {
            @Override
            public Reading read(DocumentSet running) {
                return reading(ConfigReader.read(file, Surroundings.ofThisProcess(), documents, running));
            }

            @Override
            public Reading look(DocumentSet running) {
                return reading(ConfigReader.read(file, Surroundings.ofThisProcess(), documents.unchanged(), running));
            }

            @Override
            public SnapshotSource at(Path other) {
                return source(other, documents);
            }

            @Override
            public List<Change> compare(Reading before, Reading after) {
                return WrittenChanges.between(before.snapshot(), before.text(), after.snapshot(), after.text());
            }

            @Override
            public void served(DocumentSet served) {
                documents.served(served);
            }
        };
    }

    /** As a running edge keeps it. */
    static SnapshotSource.Reading reading(dev.sixgate.edge.config.Reading reading) {
        return SnapshotSource.Reading.of(
                reading.snapshot(), lines(reading.problems()), reading.files(), reading.text());
    }

    private static List<String> lines(List<Problem> problems) {
        return problems.stream()
                .limit(ProblemPrinter.MAX_PROBLEMS)
                .map(p -> "[%s] %s:%d:%d %s %s%s"
                        .formatted(
                                p.code(),
                                p.file(),
                                p.line(),
                                p.column(),
                                p.pointer(),
                                p.message(),
                                p.help() == null ? "" : "; help: " + p.help()))
                .toList();
    }
}
