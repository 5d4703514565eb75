package dev.sixgate.certs.pem;

import java.nio.file.Path;

/** A PEM file that cannot be used, in a plain sentence for the operator. Never holds key material. */
public final class PemProblem extends Exception {
    private static final long serialVersionUID = 1;

    /** What is wrong, so that a caller can give it a code and a mend. */
    public enum Kind {
        MISSING,
        UNREADABLE,
        TOO_LARGE,
        NOT_PEM,
        NO_CERTIFICATE,
        NO_KEY,
        ENCRYPTED_KEY,
        WRONG_PASSPHRASE,
        KEY_MISMATCH
    }

    private final Kind kind;
    private final transient Path file;

    PemProblem(Kind kind, Path file, String sentence) {
        super(sentence, null, false, false);
        this.kind = kind;
        this.file = file;
    }

    public Kind kind() {
        return kind;
    }

    public Path file() {
        return file;
    }
}
