package dev.sixgate.certs.acme;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A certificate could not be had. The message is a plain sentence for the operator. */
final class AcmeFailure extends Exception {
    private static final long serialVersionUID = 1;

    private final transient @Nullable Instant retryAt;

    AcmeFailure(String sentence) {
        this(sentence, null);
    }

    /** @param retryAt when the CA says to come back; null: it does not */
    AcmeFailure(String sentence, @Nullable Instant retryAt) {
        super(sentence, null, false, false);
        this.retryAt = retryAt;
    }

    @Nullable
    Instant retryAt() {
        return retryAt;
    }
}
