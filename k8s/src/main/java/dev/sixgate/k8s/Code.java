package dev.sixgate.k8s;

/** Why an object, or a part of one, is not served; each has its place in {@code docs/reference/kubernetes.md}. */
public enum Code {
    /** Anything but SingleStack IPv6. */
    K8S_001,
    /** A field, a value or a reference that cannot be served. */
    K8S_002,
    /** An endpoint outside the accepted ranges. */
    ADDR_002;

    /** As printed, such as {@code SG-K8S-001}. */
    @Override
    public String toString() {
        return "SG-" + name().replace('_', '-');
    }
}
