package dev.sixgate.edge.listener;

/** A port that cannot be listened on, in a plain sentence that says why and what to do. */
public final class ListenException extends Exception {
    private static final long serialVersionUID = 1;

    ListenException(String sentence) {
        super(sentence, null, false, false);
    }
}
