package dev.sixgate.mesh.uapi;

/** A request that is answered with an {@code errno}; the message is for our log, {@code wg} shows the number's own words. */
final class UapiException extends Exception {
    /** Linux's numbers, which {@code wg} turns into words. */
    static final int EINVAL = 22;

    static final int EPROTO = 71;
    static final int EOPNOTSUPP = 95;

    private final int errno;

    UapiException(int errno, String message) {
        super(message);
        this.errno = errno;
    }

    int errno() {
        return errno;
    }
}
