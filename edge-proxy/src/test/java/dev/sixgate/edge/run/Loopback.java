package dev.sixgate.edge.run;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Sockets on addresses of 127.0.0.0/8 that no other test uses, so that ports need not be guessed. */
final class Loopback implements AutoCloseable {
    private static final AtomicInteger NEXT = new AtomicInteger();
    private static final int TIMEOUT_MILLIS = 10_000;

    final InetAddress address;
    private final List<Closeable> open = new CopyOnWriteArrayList<>();

    Loopback() {
        int pid = (int) ProcessHandle.current().pid();
        address = InetAddress.ofLiteral(
                "127." + (16 + (pid >>> 8) % 200) + "." + (pid & 0xff) + "." + (1 + NEXT.incrementAndGet() % 250));
    }

    Socket connect(int port) throws IOException {
        return connect(new InetSocketAddress(address, port));
    }

    Socket connect(InetSocketAddress to) throws IOException {
        Socket socket = new Socket();
        open.add(socket);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.connect(to, TIMEOUT_MILLIS);
        return socket;
    }

    /** A server socket of the kernel's choice of port. */
    ServerSocket listen() throws IOException {
        return listen(0);
    }

    ServerSocket listen(int port) throws IOException {
        ServerSocket server = new ServerSocket();
        open.add(server);
        server.setReuseAddress(true);
        server.setSoTimeout(TIMEOUT_MILLIS);
        server.bind(new InetSocketAddress(address, port));
        return server;
    }

    /** Answers each connection's bytes with {@code prefix} and the bytes, until they end. */
    int echo(String prefix) throws IOException {
        ServerSocket server = listen();
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket client = server.accept();
                    open.add(client);
                    Thread.ofVirtual().start(() -> echo(client, prefix));
                } catch (IOException e) {
                    if (server.isClosed()) return;
                }
            }
        });
        return server.getLocalPort();
    }

    private static void echo(Socket client, String prefix) {
        try (client;
                InputStream in = client.getInputStream()) {
            byte[] buffer = new byte[8192];
            client.getOutputStream().write(prefix.getBytes());
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer))
                client.getOutputStream().write(buffer, 0, count);
        } catch (IOException e) {
            // The connection's end, whichever way.
        }
    }

    /** A port that refuses: bound and not listening, so that nobody else can take it. */
    int refusing() throws IOException {
        Socket bound = new Socket();
        open.add(bound);
        bound.bind(new InetSocketAddress(address, 0));
        return bound.getLocalPort();
    }

    static String exchange(Socket socket, String send, int receive) throws IOException {
        socket.getOutputStream().write(send.getBytes());
        return new String(socket.getInputStream().readNBytes(receive));
    }

    @Override
    public void close() throws IOException {
        for (Closeable closeable : open) closeable.close();
    }
}
