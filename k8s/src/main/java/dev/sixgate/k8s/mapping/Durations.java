package dev.sixgate.k8s.mapping;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations of the Gateway API (GEP-2257), such as {@code 1h30m} or {@code 500ms}. */
final class Durations {
    private static final Pattern WHOLE = Pattern.compile("([0-9]{1,5}(h|m|s|ms)){1,4}");
    private static final Pattern PART = Pattern.compile("([0-9]{1,5})(ms|h|m|s)");
    private static final long DAY_MILLIS = 86_400_000;

    private Durations() {}

    /**
     * @return milliseconds
     * @throws Unsupported when it is none, or longer than a day
     */
    static long millis(String text) throws Unsupported {
        if (!WHOLE.matcher(text).matches())
            throw new Unsupported("\"" + text + "\" is no duration such as 10s or 1m30s");
        long millis = 0;
        Matcher part = PART.matcher(text);
        while (part.find())
            millis += Long.parseLong(part.group(1))
                    * switch (part.group(2)) {
                        case "h" -> 3_600_000L;
                        case "m" -> 60_000L;
                        case "s" -> 1_000L;
                        default -> 1L;
                    };
        if (millis > DAY_MILLIS) throw new Unsupported("\"" + text + "\" is longer than a day");
        return millis;
    }

    /** In the operator's words: one number and one unit. */
    static String text(long millis) {
        if (millis % 3_600_000 == 0) return millis / 3_600_000 + "h";
        if (millis % 60_000 == 0) return millis / 60_000 + "m";
        return millis % 1_000 == 0 ? millis / 1_000 + "s" : millis + "ms";
    }
}
