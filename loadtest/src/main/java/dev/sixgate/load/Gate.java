package dev.sixgate.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One condition that a run must meet, such as {@code p99<50ms}, {@code errors<0.1%} or {@code rate>=1000/s}.
 *
 * @param percentile for {@link Metric#PERCENTILE} only
 * @param bound milliseconds, a share of 1, requests a second, or requests
 */
record Gate(String text, Metric metric, double percentile, Comparison comparison, double bound) {
    private static final Pattern GATE = Pattern.compile(
            "(?<metric>[a-z]+[0-9.]*)\\s*(?<sign><=|>=|<|>|=)\\s*(?<number>[0-9]+(\\.[0-9]+)?)\\s*(?<unit>[a-zµ/%]*)");
    private static final String KNOWN =
            "p50, p99, p99.9 and other percentiles, mean and max in us, ms or s; errors in % or as a count; rate in"
                    + " /s; requests";

    enum Metric {
        PERCENTILE,
        MEAN,
        MAX,
        ERROR_SHARE,
        ERROR_COUNT,
        RATE,
        REQUESTS
    }

    enum Comparison {
        BELOW("<"),
        AT_MOST("<="),
        ABOVE(">"),
        AT_LEAST(">=");

        final String sign;

        Comparison(String sign) {
            this.sign = sign;
        }

        boolean holds(double value, double bound) {
            return switch (this) {
                case BELOW -> value < bound;
                case AT_MOST -> value <= bound;
                case ABOVE -> value > bound;
                case AT_LEAST -> value >= bound;
            };
        }
    }

    /**
     * Reads conditions separated by commas; all must hold.
     *
     * @throws IllegalArgumentException with a sentence that says what to write instead
     */
    static List<Gate> parse(String text) {
        List<Gate> gates = new ArrayList<>();
        for (String part : text.split(",", -1)) gates.add(one(part.strip()));
        return List.copyOf(gates);
    }

    private static Gate one(String text) {
        Matcher matcher = GATE.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches())
            throw new IllegalArgumentException(
                    "\"" + text + "\" is not a gate; write a metric, a sign and a number with"
                            + " its unit, such as \"p99<50ms,errors<0.1%\"");
        Comparison comparison = comparison(text, matcher.group("sign"));
        String name = matcher.group("metric");
        double number = Double.parseDouble(matcher.group("number"));
        String unit = matcher.group("unit");
        return switch (name) {
            case "mean" -> new Gate(text, Metric.MEAN, 0, comparison, millis(text, number, unit));
            case "max" -> new Gate(text, Metric.MAX, 0, comparison, millis(text, number, unit));
            case "errors" ->
                unit.equals("%")
                        ? new Gate(text, Metric.ERROR_SHARE, 0, comparison, number / 100)
                        : new Gate(text, Metric.ERROR_COUNT, 0, comparison, bare(text, number, unit, "% or nothing"));
            case "rate" ->
                new Gate(text, Metric.RATE, 0, comparison, unit.equals("/s") ? number : bare(text, number, unit, "/s"));
            case "requests" -> new Gate(text, Metric.REQUESTS, 0, comparison, bare(text, number, unit, "nothing"));
            default ->
                new Gate(text, Metric.PERCENTILE, percentile(text, name), comparison, millis(text, number, unit));
        };
    }

    private static Comparison comparison(String text, String sign) {
        for (Comparison comparison : Comparison.values()) if (comparison.sign.equals(sign)) return comparison;
        throw new IllegalArgumentException("\"" + text + "\": a measured value is never exactly equal; use < or >");
    }

    private static double percentile(String text, String name) {
        if (name.startsWith("p")) {
            try {
                double percentile = Double.parseDouble(name.substring(1));
                if (percentile > 0 && percentile <= 100) return percentile;
            } catch (NumberFormatException _) {
                // Said below, with all other unknown metrics.
            }
        }
        throw new IllegalArgumentException("\"" + text + "\": unknown metric \"" + name + "\"; known are " + KNOWN);
    }

    private static double millis(String text, double number, String unit) {
        return switch (unit) {
            case "us", "µs" -> number / 1000;
            case "ms" -> number;
            case "s" -> number * 1000;
            case "" ->
                throw new IllegalArgumentException(
                        "\"" + text + "\" has no unit; write \"" + text + "ms\" if you mean" + " milliseconds");
            default -> throw new IllegalArgumentException("\"" + text + "\": a time has the unit us, ms or s");
        };
    }

    private static double bare(String text, double number, String unit, String allowed) {
        if (unit.isEmpty()) return number;
        throw new IllegalArgumentException("\"" + text + "\": the unit here is " + allowed);
    }

    double value(Summary summary) {
        return switch (metric) {
            case PERCENTILE -> summary.percentileMillis(percentile);
            case MEAN -> summary.meanMillis();
            case MAX -> summary.maxMillis();
            case ERROR_SHARE -> summary.errors();
            case ERROR_COUNT -> summary.failures();
            case RATE -> summary.rate();
            case REQUESTS -> summary.requests();
        };
    }

    /** A run without a single request meets no gate: nothing was shown. */
    boolean holds(Summary summary) {
        return summary.requests() > 0 && comparison.holds(value(summary), bound);
    }

    String verdict(Summary summary) {
        double value = value(summary);
        String found = switch (metric) {
            case PERCENTILE, MEAN, MAX -> Summary.millis(value);
            case ERROR_SHARE -> Summary.percent(value);
            case RATE -> String.format(Locale.ROOT, "%,.1f/s", value);
            case ERROR_COUNT, REQUESTS -> String.format(Locale.ROOT, "%,.0f", value);
        };
        return "gate      " + text + "  " + (holds(summary) ? "held" : "FAILED") + ": "
                + (summary.requests() == 0 ? "no request was made" : "it was " + found);
    }
}
