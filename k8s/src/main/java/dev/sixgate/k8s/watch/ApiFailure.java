package dev.sixgate.k8s.watch;

import io.fabric8.kubernetes.client.KubernetesClientException;

/** The API server did not do what it was asked; the message is a sentence for operators. */
final class ApiFailure extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;
    private final long retryAfterMillis;

    /** @param status 0: there was no answer */
    ApiFailure(String sentence, int status, long retryAfterMillis) {
        super(sentence, null, false, false);
        this.status = status;
        this.retryAfterMillis = retryAfterMillis;
    }

    /** A watch came to its ordinary end. */
    static final ApiFailure CLEAN_END = new ApiFailure("the watch ended", 200, 0);

    /** There was no answer, or the rest of one is missing. */
    static ApiFailure noAnswer(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) cause = cause.getCause();
        return new ApiFailure("no answer: " + cause.getClass().getSimpleName() + " " + cause.getMessage(), 0, 0);
    }

    static ApiFailure of(KubernetesClientException e) {
        Integer seconds = e.getStatus() == null || e.getStatus().getDetails() == null
                ? null
                : e.getStatus().getDetails().getRetryAfterSeconds();
        if (e.getCode() <= 0) return noAnswer(e);
        long retryAfter = seconds == null ? e.getCode() == 429 ? 1_000 : 0 : seconds * 1_000L;
        return new ApiFailure(e.getCode() + " " + e.getMessage(), e.getCode(), retryAfter);
    }

    String sentence() {
        return String.valueOf(getMessage());
    }

    /** What was asked from is too old: a new list is needed. */
    boolean isGone() {
        return status == 410;
    }

    /** No such kind in this cluster. */
    boolean isUnknownKind() {
        return status == 404;
    }

    boolean isForbidden() {
        return status == 403;
    }

    long retryAfterMillis() {
        return retryAfterMillis;
    }
}
