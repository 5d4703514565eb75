package dev.sixgate.k8s.manifest;

/** A manifest cannot be read; the message is a sentence with its name and place. */
public final class ManifestException extends Exception {
    private static final long serialVersionUID = 1;

    public ManifestException(String sentence) {
        super(sentence, null, false, false);
    }

    public String sentence() {
        return String.valueOf(getMessage());
    }
}
