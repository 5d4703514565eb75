package dev.sixgate.edge.cli;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** A UDP relay on loopback that loses, without a word, what is longer than it likes. */
final class BlackHole implements AutoCloseable {
    private final DatagramSocket socket;
    private final InetSocketAddress server;
    private final int longest;
    private SocketAddress client;

    BlackHole(int serverPort, int longest) throws IOException {
        InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
        this.longest = longest;
        server = new InetSocketAddress(loopback, serverPort);
        socket = new DatagramSocket(0, loopback);
        Thread.ofPlatform().daemon().name("black-hole").start(this::relay);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    private void relay() {
        byte[] buffer = new byte[65_536];
        while (!socket.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                socket.receive(packet);
                boolean fromServer = packet.getSocketAddress().equals(server);
                if (!fromServer) client = packet.getSocketAddress();
                if (packet.getLength() > longest || client == null) continue;
                packet.setSocketAddress(fromServer ? client : server);
                socket.send(packet);
            } catch (IOException e) {
                // Closed, or the other side is: the test sees what does not arrive.
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
