package dev.sixgate.edge.admin;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks a running edge over its admin socket. Blocks up to the time-out; for the command line. */
public final class AdminClient {
    public static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_ANSWER_BYTES = 64 << 20;

    private AdminClient() {}

    /** @param body text, mostly JSON; see {@link AdminApi} */
    public record Answer(int status, String body) {
        public boolean ok() {
            return status / 100 == 2;
        }
    }

    /** @throws IOException with a plain sentence: no edge answers there, or not in time */
    public static Answer get(Path socket, String path) throws IOException {
        return ask(socket, "GET", path, TIMEOUT);
    }

    /** @throws IOException as {@link #get} */
    public static Answer post(Path socket, String path) throws IOException {
        return ask(socket, "POST", path, TIMEOUT);
    }

    /**
     * @param path with its query, encoded already
     * @throws IOException as {@link #get}
     */
    public static Answer ask(Path socket, String method, String path, Duration timeout) throws IOException {
        if (path.chars().anyMatch(c -> c <= ' ' || c >= 0x7f))
            throw new IOException("\"" + path + "\" is no path to ask for");
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            FutureTask<Answer> exchange = new FutureTask<>(() -> exchange(channel, socket, method, path));
            // Blocking channels know no time-out; closing the channel ends whatever it waits for.
            Thread.ofVirtual().name("sixgate-admin-client").start(exchange);
            return exchange.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IOException("the edge on " + socket + " did not answer within " + timeout.toSeconds() + " s");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) throw cause;
            throw new IOException("asking the edge on " + socket + " failed: " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking the edge on " + socket);
        }
    }

    /** @throws IOException with a plain sentence */
    static void connect(SocketChannel channel, Path socket) throws IOException {
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            throw new IOException(
                    Files.exists(socket)
                            ? "no edge answers on " + socket + " (" + e.getMessage() + "); is it running, and yours?"
                            : "there is no admin socket " + socket + "; is the edge running? --admin names another");
        }
    }

    private static Answer exchange(SocketChannel channel, Path socket, String method, String path) throws IOException {
        connect(channel, socket);
        String request = method + " " + path + " HTTP/1.1\r\nHost: sixgate\r\nContent-Length: 0\r\n"
                + "Accept: application/json\r\nConnection: close\r\n\r\n";
        ByteBuffer out = StandardCharsets.US_ASCII.encode(request);
        while (out.hasRemaining()) channel.write(out);
        ByteArrayOutputStream in = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
        while (channel.read(buffer) >= 0) {
            in.write(buffer.array(), 0, buffer.position());
            buffer.clear();
            if (in.size() > MAX_ANSWER_BYTES) throw new IOException("the answer on " + socket + " has no end");
        }
        return parse(in.toString(StandardCharsets.UTF_8), socket);
    }

    private static Answer parse(String answer, Path socket) throws IOException {
        int end = answer.indexOf("\r\n\r\n");
        if (end < 0 || !answer.startsWith("HTTP/1.1 ") || answer.length() < 12)
            throw new IOException("what answers on " + socket + " is no edge");
        try {
            return new Answer(Integer.parseInt(answer.substring(9, 12)), answer.substring(end + 4));
        } catch (NumberFormatException e) {
            throw new IOException("what answers on " + socket + " is no edge");
        }
    }
}
