package dev.sixgate.edge.loopback;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A backend that does with each connection what the test's script says, byte for byte. */
public final class ScriptedBackend implements AutoCloseable {
    /** Runs once for each connection, on a thread of its own; the connection is closed when it returns. */
    public interface Script {
        void serve(Connection connection) throws Exception;
    }

    public final AtomicInteger accepted = new AtomicInteger();

    /** Every request head that was read, with its empty line. */
    public final BlockingQueue<String> heads = new LinkedBlockingQueue<>();

    /** What scripts threw. */
    public final List<Throwable> failures = new CopyOnWriteArrayList<>();

    private final ServerSocket listener;
    private final List<Connection> open = new CopyOnWriteArrayList<>();

    public ScriptedBackend(Script script) {
        try {
            listener = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(() -> accept(script));
    }

    /** Gives the same answer to every request whose head it reads; bodies must be read by a script of the test's own. */
    public static ScriptedBackend answering(String response) {
        return new ScriptedBackend(connection -> {
            while (connection.readHead() != null) connection.send(response);
        });
    }

    /** A port on which nothing listens. */
    public static int refusingPort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return listener.getLocalPort();
    }

    private void accept(Script script) {
        while (!listener.isClosed()) {
            try {
                Connection connection = new Connection(listener.accept());
                accepted.incrementAndGet();
                open.add(connection);
                Thread.ofVirtual().start(() -> {
                    try (connection) {
                        script.serve(connection);
                    } catch (Exception e) {
                        if (!listener.isClosed()) failures.add(e);
                    }
                });
            } catch (IOException e) {
                return;
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Connection connection : open) connection.close();
    }

    /** One accepted connection; blocking, for ten seconds at most. */
    public final class Connection implements AutoCloseable {
        private final Socket socket;
        private final InputStream in;

        Connection(Socket socket) throws IOException {
            this.socket = socket;
            this.in = socket.getInputStream();
            socket.setSoTimeout(10_000);
            socket.setTcpNoDelay(true);
        }

        /** @return null at the end of the connection */
        public @Nullable String readHead() throws IOException {
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
                int next = in.read();
                if (next < 0) return null;
                head.write(next);
            }
            String text = head.toString(StandardCharsets.ISO_8859_1);
            heads.add(text);
            return text;
        }

        /** @return fewer bytes only at the end of the connection */
        public String read(int bytes) throws IOException {
            return new String(in.readNBytes(bytes), StandardCharsets.ISO_8859_1);
        }

        /** @return -1 at the end */
        public int readByte() throws IOException {
            return in.read();
        }

        public void send(String text) throws IOException {
            send(text.getBytes(StandardCharsets.ISO_8859_1));
        }

        public void send(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        }

        public InputStream input() {
            return in;
        }

        /** Tells the client that nothing more will come; still reads. */
        public void endOutput() throws IOException {
            socket.shutdownOutput();
        }

        /** Ends the connection with a reset. */
        public void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
