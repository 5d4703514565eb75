package dev.sixgate.edge.loopback;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A client that sends exactly the bytes a test wrote; blocking, for ten seconds at most. */
public final class RawClient implements AutoCloseable {
    private final Socket socket = new Socket();
    private final InputStream in;

    RawClient(InetSocketAddress edge) {
        try {
            socket.setReceiveBufferSize(16 << 10);
            socket.connect(edge, 10_000);
            socket.setSoTimeout(10_000);
            socket.setTcpNoDelay(true);
            in = socket.getInputStream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    public RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    /** A GET for "app.example". */
    public RawClient get(String path) throws IOException {
        return send("GET " + path + " HTTP/1.1\r\nHost: app.example\r\n\r\n");
    }

    /** @return a head with its empty line, or what came before the connection ended */
    public String readHead() throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) break;
            head.write(next);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    /** @return fewer bytes only at the end of the connection */
    public String read(int bytes) throws IOException {
        return new String(in.readNBytes(bytes), StandardCharsets.ISO_8859_1);
    }

    /** Head and body, by its Content-Length. */
    public String readResponse() throws IOException {
        String head = readHead();
        for (String line : head.split("\r\n"))
            if (line.toLowerCase(Locale.ROOT).startsWith("content-length: "))
                return head + read(Integer.parseInt(line.substring(16)));
        return head;
    }

    /** Everything up to the end of the connection, be it a close or a reset. */
    public String readAll() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try {
            for (int next = in.read(); next >= 0; next = in.read()) all.write(next);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the connection did not end; so far: " + all, e);
        } catch (IOException e) {
            all.writeBytes("[reset]".getBytes(StandardCharsets.US_ASCII));
        }
        return all.toString(StandardCharsets.ISO_8859_1);
    }

    /** Tells the server that nothing more will come; still reads. */
    public void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    /** Closes in the middle of a test. */
    public void leave() {
        close();
    }

    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
