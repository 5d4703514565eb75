package dev.sixgate.edge.demo;

/**
 * @param http and {@code https}, {@code echo} beside it at fixed distances, so that one number moves all three
 */
public record DemoPorts(int http) {
    public static final DemoPorts DEFAULT = new DemoPorts(8080);
    private static final int HTTPS_DISTANCE = 363;
    private static final int ECHO_DISTANCE = 920;

    /** @throws IllegalArgumentException with a plain sentence */
    public DemoPorts {
        if (http < 1 || http + ECHO_DISTANCE > 65535)
            throw new IllegalArgumentException(
                    "--port-base " + http + " is not between 1 and " + (65535 - ECHO_DISTANCE) + ": HTTPS is served "
                            + HTTPS_DISTANCE + " above it and the echo " + ECHO_DISTANCE + " above it");
    }

    public int https() {
        return http + HTTPS_DISTANCE;
    }

    public int echo() {
        return http + ECHO_DISTANCE;
    }
}
