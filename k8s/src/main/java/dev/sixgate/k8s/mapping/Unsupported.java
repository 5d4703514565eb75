package dev.sixgate.k8s.mapping;

/** A part of a rule cannot be served; the message names it. The rule then answers 500, so that nobody gets a wrong answer. */
final class Unsupported extends Exception {
    private static final long serialVersionUID = 1;

    Unsupported(String sentence) {
        super(sentence, null, false, false);
    }

    String sentence() {
        return String.valueOf(getMessage());
    }
}
