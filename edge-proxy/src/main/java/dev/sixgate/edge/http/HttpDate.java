package dev.sixgate.edge.http;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The Date field's text (RFC 9110 §5.6.7), made once a second. */
public final class HttpDate {
    private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private record Made(long second, String text) {}

    private static volatile Made last = new Made(Long.MIN_VALUE, "");

    private HttpDate() {}

    public static String now() {
        long second = System.currentTimeMillis() / 1000;
        Made made = last;
        if (made.second != second) {
            made = new Made(second, FORMAT.format(Instant.ofEpochSecond(second)));
            last = made;
        }
        return made.text;
    }
}
