package dev.sixgate.edge.http;

/** The version a message came in; upstream it is always HTTP/1.1. */
public enum Version {
    HTTP_1_0("1.0"),
    HTTP_1_1("1.1"),
    HTTP_2("2.0"),
    HTTP_3("3.0");

    private final String number;

    Version(String number) {
        this.number = number;
    }

    /** As in {@code Via} (RFC 9110 §7.6.3). */
    public String number() {
        return number;
    }
}
