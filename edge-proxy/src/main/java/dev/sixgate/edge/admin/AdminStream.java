package dev.sixgate.edge.admin;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The body of an admin path that has no end until it is stopped. Blocks; for the command line. */
public final class AdminStream implements AutoCloseable {
    private static final int MAX_LINE_BYTES = 8 << 10;
    private static final int MAX_LINES = 100;

    private final Path socket;
    private final String path;
    private final SocketChannel channel;
    private final InputStream in;
    private final AdminClient.@Nullable Answer refusal;

    /** @throws IOException with a plain sentence: nobody answers there */
    public AdminStream(Path socket, String path) throws IOException {
        this.socket = socket;
        this.path = path;
        channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        in = new BufferedInputStream(Channels.newInputStream(channel), 64 << 10);
        try {
            AdminClient.connect(channel, socket);
            send("GET");
            refusal = head();
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Why there is no body; null: there is. */
    public AdminClient.@Nullable Answer refusal() {
        return refusal;
    }

    /**
     * Until the body ends, by itself or by {@link #stop}.
     *
     * @return what stood behind it, names in lower case
     * @throws IOException when the other side ended in its midst, or {@code out} failed
     */
    public Map<String, String> copyTo(OutputStream out) throws IOException {
        byte[] buffer = new byte[64 << 10];
        for (int left = chunk(); left > 0; left = chunk()) {
            while (left > 0) {
                int count = in.read(buffer, 0, Math.min(buffer.length, left));
                if (count < 0) throw ended();
                out.write(buffer, 0, count);
                left -= count;
            }
            line();
            if (in.available() == 0) out.flush();
        }
        out.flush();
        return fields();
    }

    /** Asks for the end in good order. From any thread. */
    public void stop() throws IOException {
        send("DELETE");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private void send(String method) throws IOException {
        ByteBuffer request = StandardCharsets.US_ASCII.encode(
                method + " " + path + " HTTP/1.1\r\nHost: sixgate\r\nContent-Length: 0\r\n\r\n");
        while (request.hasRemaining()) channel.write(request);
    }

    private AdminClient.@Nullable Answer head() throws IOException {
        String status = line();
        if (!status.matches("HTTP/1\\.1 [0-9]{3}.*"))
            throw new IOException("what answers on " + socket + " is no edge");
        Map<String, String> fields = fields();
        if (status.startsWith("200", 9)
                && fields.getOrDefault("transfer-encoding", "").equals("chunked")) return null;
        String length = fields.getOrDefault("content-length", "");
        if (!length.matches("[0-9]{1,6}")) throw new IOException("what answers on " + socket + " is no edge");
        byte[] body = in.readNBytes(Integer.parseInt(length));
        return new AdminClient.Answer(
                Integer.parseInt(status.substring(9, 12)), new String(body, StandardCharsets.UTF_8));
    }

    private int chunk() throws IOException {
        try {
            return Integer.parseInt(line(), 16);
        } catch (NumberFormatException e) {
            throw new IOException("what answers on " + socket + " is no edge");
        }
    }

    private Map<String, String> fields() throws IOException {
        Map<String, String> fields = new TreeMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            if (colon < 0 || fields.size() == MAX_LINES)
                throw new IOException("what answers on " + socket + " is no edge");
            fields.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        return fields;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) throw ended();
            if (line.length() == MAX_LINE_BYTES) throw new IOException("what answers on " + socket + " is no edge");
            if (b != '\r') line.append((char) b);
        }
        return line.toString();
    }

    private EOFException ended() {
        return new EOFException("the edge on " + socket + " has ended");
    }
}
