package dev.sixgate.edge.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code sixgate load}, which the launcher starts from a jar of its own: an edge carries no load generator. */
@Command(name = "load", description = "Runs load scenarios with gates (the launcher starts the bundled Gatling).")
final class LoadCommand implements Runnable {
    @Unmatched
    private String[] words = {};

    @Override
    public void run() {
        throw new Main.Failure(
                "load is in a jar of its own; start it as ./sixgate load" + " " + String.join(" ", words));
    }
}
