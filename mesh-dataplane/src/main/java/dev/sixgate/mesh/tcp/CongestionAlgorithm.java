package dev.sixgate.mesh.tcp;

/** How a connection finds out what its path takes. */
public enum CongestionAlgorithm {
    /** RFC 5681 and RFC 6582. */
    NEW_RENO,
    /** RFC 9438 with HyStart++ (RFC 9406); the default. */
    CUBIC,
    /** BBR by the rules of version 3 (draft-ietf-ccwg-bbr): for paths that lose packets without being full. */
    BBR;

    CongestionControl create(RttEstimator rtt, int seed) {
        return switch (this) {
            case NEW_RENO -> new NewReno();
            case CUBIC -> new Cubic(rtt);
            case BBR -> new Bbr(rtt, seed);
        };
    }
}
