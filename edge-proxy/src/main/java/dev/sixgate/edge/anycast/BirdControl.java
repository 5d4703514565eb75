package dev.sixgate.edge.anycast;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** One conversation with BIRD over its control socket, as {@code birdc} has: lines of four digits, then a space or, before more, a dash. */
final class BirdControl implements AutoCloseable {
    private static final int MAX_ANSWER_BYTES = 1 << 20;
    private static final int TIMEOUT_SECONDS = 5;
    private static final ScheduledExecutorService WATCH = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("sixgate-bird-watch").factory());

    private final SocketChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(4096).flip();

    /** @param code the first four digits: 0 and 1 are well, 8 and 9 are errors */
    record Answer(int code, List<String> lines) {
        boolean ok() {
            return code < 8000;
        }

        String text() {
            return String.join("; ", lines);
        }
    }

    /** @throws IOException with a plain sentence */
    BirdControl(Path socket) throws IOException {
        if (!Files.exists(socket)) throw new IOException("there is no socket " + socket + ": is BIRD running?");
        channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            bounded(this::read);
        } catch (IOException e) {
            channel.close();
            throw new IOException(socket + ": " + e.getMessage());
        }
    }

    /** Blocks, at most a few seconds. @throws IOException with a plain sentence */
    Answer ask(String command) throws IOException {
        return bounded(() -> {
            ByteBuffer out = ByteBuffer.wrap((command + "\n").getBytes(StandardCharsets.UTF_8));
            while (out.hasRemaining()) channel.write(out);
            return read();
        });
    }

    private interface Asking {
        Answer go() throws IOException;
    }

    /** A socket channel has no read time-out; closing it ends the read. */
    private Answer bounded(Asking asking) throws IOException {
        ScheduledFuture<?> cut = WATCH.schedule(
                () -> {
                    channel.close();
                    return null;
                },
                TIMEOUT_SECONDS,
                TimeUnit.SECONDS);
        try {
            return asking.go();
        } catch (java.nio.channels.AsynchronousCloseException e) {
            throw new IOException("BIRD did not answer within " + TIMEOUT_SECONDS + " s");
        } finally {
            cut.cancel(false);
        }
    }

    private Answer read() throws IOException {
        List<String> lines = new ArrayList<>();
        int bytes = 0;
        while (true) {
            String line = line();
            bytes += line.length();
            if (bytes > MAX_ANSWER_BYTES) throw new IOException("BIRD answers without end");
            boolean coded = line.length() >= 5 && line.substring(0, 4).chars().allMatch(c -> c >= '0' && c <= '9');
            String text = line.substring(Math.min(line.length(), coded ? 5 : 1));
            if (!text.isBlank()) lines.add(text.strip());
            if (coded && line.charAt(4) == ' ') return new Answer(Integer.parseInt(line, 0, 4, 10), lines);
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            if (!buffer.hasRemaining()) {
                buffer.clear();
                int read = channel.read(buffer);
                buffer.flip();
                if (read < 0) throw new IOException("BIRD closed the connection");
            }
            byte next = buffer.get();
            if (next == '\n') return line.toString();
            if (line.length() < 4096) line.append((char) (next & 0xff));
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
