package dev.sixgate.load;

import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What a run measured.
 *
 * @param nanos how long it was measured
 * @param latencies of every request, failed ones too, in nanoseconds
 * @param messages why requests failed, and how often
 */
record Summary(long successes, long failures, long nanos, Histogram latencies, Map<String, Long> messages) {
    private static final int SHOWN_MESSAGES = 5;

    long requests() {
        return successes + failures;
    }

    /** Failed share, 0 to 1; 0 when nothing was asked. */
    double errors() {
        return requests() == 0 ? 0 : (double) failures / requests();
    }

    /** Requests a second. */
    double rate() {
        return nanos == 0 ? 0 : requests() * 1e9 / nanos;
    }

    double percentileMillis(double percentile) {
        return latencies.getValueAtPercentile(percentile) / 1e6;
    }

    double maxMillis() {
        return latencies.getMaxValue() / 1e6;
    }

    double meanMillis() {
        return latencies.getMean() / 1e6;
    }

    /** The table on the terminal; ends with a line break. */
    String text() {
        StringBuilder text = new StringBuilder(512);
        line(text, "requests", "%,d in %.1f s", requests(), nanos / 1e9);
        line(text, "rate", "%,.1f/s", rate());
        line(text, "errors", "%,d (%s)", failures, percent(errors()));
        line(
                text,
                "latency",
                "p50 %s   p90 %s   p99 %s   p99.9 %s   max %s",
                millis(percentileMillis(50)),
                millis(percentileMillis(90)),
                millis(percentileMillis(99)),
                millis(percentileMillis(99.9)),
                millis(maxMillis()));
        messages.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
                .limit(SHOWN_MESSAGES)
                .forEach(message -> line(text, "failed", "%,d × %s", message.getValue(), message.getKey()));
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String format, Object... values) {
        text.append("%-10s".formatted(name))
                .append(String.format(Locale.ROOT, format, values))
                .append(System.lineSeparator());
    }

    static String millis(double millis) {
        return String.format(Locale.ROOT, millis < 10 ? "%.2f ms" : millis < 100 ? "%.1f ms" : "%,.0f ms", millis);
    }

    static String percent(double share) {
        return String.format(Locale.ROOT, share > 0 && share < 0.001 ? "%.3f%%" : "%.2f%%", share * 100);
    }
}
