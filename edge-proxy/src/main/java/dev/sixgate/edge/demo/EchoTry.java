package dev.sixgate.edge.demo;

import dev.sixgate.edge.demo.Try.Outcome;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Bytes there and back through raw TCP, ended by half-close. */
final class EchoTry {
    private static final int TIMEOUT_MILLIS = 15_000;

    private EchoTry() {}

    static Outcome run(InetSocketAddress address, List<DemoNode> nodes) throws IOException {
        List<Integer> before = counts(nodes);
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(address, TIMEOUT_MILLIS);
            socket.getOutputStream().write("hello\n".getBytes(StandardCharsets.US_ASCII));
            String echoed = new String(socket.getInputStream().readNBytes(6), StandardCharsets.US_ASCII);
            socket.shutdownOutput();
            boolean ended = socket.getInputStream().read() < 0;
            List<Integer> after = counts(nodes);
            String servedBy = "-";
            for (int i = 0; i < nodes.size(); i++)
                if (after.get(i) > before.get(i))
                    servedBy = nodes.get(i).address().toString();
            return new Outcome(
                    echoed.equals("hello\n") && ended && !servedBy.equals("-"),
                    "echoed \"" + echoed.strip() + "\"" + (ended ? ", then end of stream" : ", but no end of stream"),
                    servedBy);
        }
    }

    private static List<Integer> counts(List<DemoNode> nodes) {
        return nodes.stream().map(node -> node.app().echoed()).toList();
    }
}
