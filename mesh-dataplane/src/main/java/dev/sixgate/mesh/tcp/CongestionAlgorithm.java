package dev.sixgate.mesh.tcp;

/** How a connection finds out what its path takes. */
public enum CongestionAlgorithm {
    /** RFC 5681 and RFC 6582. */
    NEW_RENO,
    /** RFC 9438 with HyStart++ (RFC 9406); the default. */
    CUBIC;

    CongestionControl create(RttEstimator rtt) {
        return switch (this) {
            case NEW_RENO -> new NewReno();
            case CUBIC -> new Cubic(rtt);
        };
    }
}
