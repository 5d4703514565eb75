package dev.sixgate.edge.run;

/** Why an edge did not start, in a plain sentence; nothing of it is left running. */
public final class EdgeStartException extends Exception {
    private static final long serialVersionUID = 1;

    EdgeStartException(String sentence) {
        super(sentence, null, false, false);
    }
}
