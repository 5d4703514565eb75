package dev.sixgate.anycast;

/** A plan lacks what a daemon needs; the message is a whole sentence. */
public final class PlanException extends Exception {
    private static final long serialVersionUID = 1;

    PlanException(String sentence) {
        super(sentence, null, false, false);
    }

    public String sentence() {
        return String.valueOf(getMessage());
    }
}
