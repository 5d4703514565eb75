package dev.sixgate.edge.loopback;

import dev.sixgate.edge.loopback.RawHttp2Client.Frame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP/2 backend with prior knowledge that sends exactly the frames a test's script says. */
public final class RawHttp2Backend implements AutoCloseable {
    /** Runs once for each connection, on a thread of its own; the connection is closed when it returns. */
    public interface Script {
        void serve(RawHttp2Backend own, RawHttp2Client edge) throws Exception;
    }

    public final AtomicInteger accepted = new AtomicInteger();

    /** Every HEADERS frame that {@link #request} read. */
    public final BlockingQueue<Frame> heads = new LinkedBlockingQueue<>();

    private final ServerSocket listener;
    private final List<Socket> open = new CopyOnWriteArrayList<>();

    /** @param settings payload of the first SETTINGS frame */
    public RawHttp2Backend(byte[] settings, Script script) {
        try {
            listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(() -> {
            while (!listener.isClosed()) {
                try {
                    Socket socket = listener.accept();
                    open.add(socket);
                    accepted.incrementAndGet();
                    Thread.ofVirtual().start(() -> {
                        try (RawHttp2Client edge = new RawHttp2Client(socket, settings)) {
                            script.serve(this, edge);
                        } catch (Exception | AssertionError e) {
                            // The test sees what did not come.
                        }
                    });
                } catch (IOException e) {
                    return;
                }
            }
        });
    }

    /** The next request's HEADERS; SETTINGS are acknowledged on the way. Null at the end of the connection. */
    public Frame request(RawHttp2Client edge) throws IOException {
        for (Frame frame = edge.read(); frame != null; frame = edge.read()) {
            if (frame.type() == RawHttp2Client.SETTINGS && frame.flags() == 0)
                edge.frame(RawHttp2Client.SETTINGS, RawHttp2Client.ACK, 0, new byte[0]);
            if (frame.type() != RawHttp2Client.HEADERS) continue;
            heads.add(frame);
            return frame;
        }
        return null;
    }

    /** Until so many connections were made. */
    public void waitFor(int connections) {
        while (accepted.get() < connections) Thread.onSpinWait();
    }

    public int port() {
        return listener.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) socket.close();
    }
}
