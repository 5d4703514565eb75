package dev.sixgate.edge.demo;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * One thing to try: a line for the reader's shell, and the same done by ourselves. Neither needs a resolver that knows the
 * name: the line connects to the address and sends the name.
 *
 * @param line what to type
 * @param attempt does the same
 */
record Try(String what, String line, Attempt attempt) {
    /**
     * @param answer in a few words
     * @param servedBy the fdaa:: address, or {@code -} when the edge answered itself
     */
    record Outcome(boolean passed, String answer, String servedBy) {
        static Outcome failed(Throwable cause) {
            String message = cause.getMessage();
            return new Outcome(false, message == null ? cause.getClass().getSimpleName() : message, "-");
        }
    }

    interface Attempt {
        /** Blocks; bounded by time-outs of its own. */
        Outcome run() throws Exception;
    }

    Outcome run() {
        try {
            return attempt.run();
        } catch (Exception e) {
            return Outcome.failed(e);
        }
    }

    static List<Try> all(Demo demo) {
        DemoPorts ports = demo.ports();
        String host = DemoFiles.HOST;
        List<Try> tries = new ArrayList<>();
        for (InetAddress address : demo.addresses()) {
            boolean ipv6 = address.getAddress().length > 4;
            String literal = ipv6 ? "[::1]" : "127.0.0.1";
            String family = ipv6 ? "IPv6" : "IPv4";
            var http = new InetSocketAddress(address, ports.http());
            var https = new InetSocketAddress(address, ports.https());
            var echo = new InetSocketAddress(address, ports.echo());
            String secure = "curl --cacert " + demo.files().root() + " --resolve '" + host + ":" + ports.https() + ":"
                    + literal + "'";
            tries.add(new Try(
                    "HTTP/1.1 over " + family,
                    "curl --resolve '%s:%d:%s' http://%s:%d/"
                            .formatted(host, ports.http(), literal, host, ports.http()),
                    () -> HttpTry.plain(http, host)));
            tries.add(new Try(
                    "HTTPS, HTTP/1.1 over " + family,
                    "%s --http1.1 https://%s:%d/".formatted(secure, host, ports.https()),
                    () -> HttpTry.tls(https, host, demo.files().root())));
            tries.add(new Try(
                    "HTTPS, HTTP/2 over " + family,
                    "%s --http2 https://%s:%d/".formatted(secure, host, ports.https()),
                    () -> Http2Try.run(https, host, demo.files().root())));
            tries.add(new Try(
                    "TCP echo over " + family,
                    "echo hello | curl -sN -m 2 'telnet://%s:%d' || test $? = 28".formatted(literal, ports.echo()),
                    () -> EchoTry.run(echo, demo.nodes())));
        }
        tries.add(new Try(
                "a host that nobody serves",
                "curl -i -H 'Host: nobody.localhost' http://127.0.0.1:%d/".formatted(ports.http()),
                () -> HttpTry.unknownHost(
                        new InetSocketAddress(demo.addresses().getFirst(), ports.http()), "nobody.localhost")));
        return tries;
    }
}
