package dev.sixgate.edge.http;

/**
 * A response's head that has passed the gate.
 *
 * @param status 100 to 999
 * @param fields still with their hop-by-hop fields
 * @param bodyLength of the body that follows here: {@link BodyLength#NONE} for HEAD, 1xx, 204 and 304, whatever is
 *     declared
 * @param declaredLength the Content-Length that was declared, else {@link BodyLength#NONE}
 * @param persistent whether the backend lets the connection go on
 */
public record ResponseHead(
        int status, Version version, Fields fields, long bodyLength, long declaredLength, boolean persistent) {
    public boolean isInterim() {
        return status < 200 && status != 101;
    }
}
