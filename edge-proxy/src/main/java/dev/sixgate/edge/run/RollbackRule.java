package dev.sixgate.edge.run;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * When a new configuration is to be taken back: {@code p99>250ms|error_rate>1%}. Any of the conditions is enough. {@code p50}
 * to {@code p99.9} are of the time to the first byte of an answer; {@code error_rate}, or {@code errors}, is the share of
 * requests that the edge or a backend failed.
 */
public record RollbackRule(List<Condition> conditions) {
    /** With fewer requests there is nothing to judge by. */
    public static final int MIN_REQUESTS = 20;

    private static final int MAX_CONDITIONS = 8;
    private static final Pattern LATENCY =
            Pattern.compile("p([0-9]{1,2}(?:\\.[0-9]{1,2})?) *> *([0-9]{1,9}(?:\\.[0-9]{1,3})?) ?(us|µs|ms|s)");
    private static final Pattern ERRORS =
            Pattern.compile("(?:error_rate|errors) *> *([0-9]{1,3}(?:\\.[0-9]{1,4})?) ?%");

    /** One of them; as it was written. */
    public sealed interface Condition {
        String written();
    }

    /** @param share of requests, above 0 and below 1 */
    record Latency(String written, double share, Duration most) implements Condition {}

    /** @param most share, 0 to 1 */
    record Errors(String written, double most) implements Condition {}

    public RollbackRule {
        conditions = List.copyOf(conditions);
    }

    /** @throws IllegalArgumentException with a plain sentence */
    public static RollbackRule parse(String text) {
        List<Condition> conditions = new ArrayList<>();
        for (String each : text.split("\\|", -1)) conditions.add(condition(each.strip()));
        if (conditions.size() > MAX_CONDITIONS)
            throw new IllegalArgumentException("there are more than " + MAX_CONDITIONS + " conditions");
        return new RollbackRule(conditions);
    }

    private static Condition condition(String text) {
        Matcher errors = ERRORS.matcher(text);
        if (errors.matches()) return new Errors(text, Double.parseDouble(errors.group(1)) / 100);
        Matcher latency = LATENCY.matcher(text);
        double share = latency.matches() ? Double.parseDouble(latency.group(1)) / 100 : 0;
        if (share <= 0)
            throw new IllegalArgumentException(
                    "\"" + text + "\" is no condition; write p99>250ms or error_rate>1%, several with | between");
        long unit = switch (latency.group(3)) {
            case "s" -> 1_000_000_000L;
            case "ms" -> 1_000_000L;
            default -> 1_000L;
        };
        return new Latency(
                text,
                share,
                Duration.ofNanos(new BigDecimal(latency.group(2))
                        .multiply(BigDecimal.valueOf(unit))
                        .longValue()));
    }

    /** The sentence that says which condition holds; null: none, or there were too few requests. */
    @Nullable
    String broken(Outcomes outcomes) {
        long requests = outcomes.requests();
        if (requests < MIN_REQUESTS) return null;
        for (Condition condition : conditions) {
            String found = switch (condition) {
                case Latency latency -> {
                    Duration is = outcomes.quantile(latency.share);
                    yield is.compareTo(latency.most) > 0 ? shown(is) : null;
                }
                case Errors errors -> {
                    double is = outcomes.errorRate();
                    yield is > errors.most ? Math.round(is * 1e4) / 1e2 + " %" : null;
                }
            };
            if (found != null) return condition.written() + ": " + found + " of " + requests + " requests";
        }
        return null;
    }

    private static String shown(Duration duration) {
        long micros = duration.toNanos() / 1000;
        return micros < 1000 ? micros + " µs" : Math.round(micros / 10.0) / 100.0 + " ms";
    }
}
