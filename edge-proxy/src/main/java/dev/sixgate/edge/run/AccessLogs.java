package dev.sixgate.edge.run;

import dev.sixgate.edge.explain.JsonAccessLog;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/** Opens the access log that a snapshot asks for. */
final class AccessLogs {
    private static final int BUFFER_BYTES = 64 << 10;

    private AccessLogs() {}

    /** @return null when none is wanted */
    static @Nullable JsonAccessLog open(Snapshot.@Nullable AccessLogSettings settings) throws IOException {
        if (settings == null) return null;
        OutputStream out = switch (settings.to()) {
            case "stdout" -> kept(System.out);
            case "stderr" -> kept(System.err);
            default -> file(settings.to());
        };
        return new JsonAccessLog(
                new BufferedOutputStream(out, BUFFER_BYTES), settings.sampleSuccess(), settings.sampleError());
    }

    private static OutputStream file(String path) throws IOException {
        try {
            return new FileOutputStream(path, true);
        } catch (IOException e) {
            throw new IOException("the access log cannot be opened: " + e.getMessage());
        }
    }

    /** The process's own streams outlive any log; and they report a broken pipe by a flag instead of an exception. */
    private static OutputStream kept(PrintStream stream) {
        return new FilterOutputStream(stream) {
            @Override
            public void write(byte[] bytes, int from, int count) throws IOException {
                stream.write(bytes, from, count);
                if (stream.checkError()) throw new IOException("the stream is closed");
            }

            @Override
            public void close() {
                stream.flush();
            }
        };
    }
}
