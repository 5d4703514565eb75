package dev.sixgate.edge.demo;

import java.io.PrintStream;
import java.util.List;

/** What the demo tells its reader: what runs, and what to type. */
final class DemoGuide {
    private DemoGuide() {}

    static void print(Demo demo, List<Try> tries, PrintStream out) {
        out.println("An edge on loopback, without root, and nodes that it reaches over WireGuard only:");
        out.println();
        for (DemoNode node : demo.nodes())
            out.printf(
                    "  %s  [%s]  WireGuard at 127.0.0.1:%d  key %s%n",
                    node.region(), node.address(), node.endpoint().getPort(), node.publicKey());
        out.println();
        out.printf(
                "  http://%1$s:%2$d/   https://%1$s:%3$d/   TCP echo on %4$d%n",
                DemoFiles.HOST,
                demo.ports().http(),
                demo.ports().https(),
                demo.ports().echo());
        out.println();
        out.println("Try, from another shell:");
        for (Try attempt : tries) {
            out.println();
            out.println("  # " + attempt.what());
            out.println("  " + attempt.line());
        }
        out.println();
        out.println("(curl's telnet has no end of its own: after 2 s its time-out ends it, with exit code 28.)");
        out.println();
        out.println("  # what the edge knows of itself, of its peers and of the requests that failed");
        for (String path : List.of("status", "mesh", "explain"))
            out.println(
                    "  curl --unix-socket " + demo.files().directory().resolve("admin.sock") + " http://edge/" + path);
        out.println();
        out.println("The operator's JSON is " + demo.files().configuration() + ". Ctrl-C stops everything.");
        out.flush();
    }
}
