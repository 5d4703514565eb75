package dev.sixgate.edge.source;

/** A source cannot be read; the message is a sentence without the source's name, such as {@code does not exist}. */
public final class SourceException extends Exception {
    private static final long serialVersionUID = 1;

    public SourceException(String sentence) {
        super(sentence, null, false, false);
    }

    public String sentence() {
        return String.valueOf(getMessage());
    }
}
