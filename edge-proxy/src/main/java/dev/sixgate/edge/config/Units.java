package dev.sixgate.edge.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Durations and sizes: one decimal number and its unit, such as {@code 1.5s} or {@code 50MiB}. */
final class Units {
    static final String DURATIONS = "ms, s, m, h, d";
    static final String SIZES = "B, kB, MB, GB, KiB, MiB, GiB";

    private static final Map<String, Long> NANOS = Map.of(
            "ms", 1_000_000L,
            "s", 1_000_000_000L,
            "m", 60_000_000_000L,
            "h", 3_600_000_000_000L,
            "d", 86_400_000_000_000L);
    private static final Map<String, Long> BYTES = Map.of(
            "B", 1L,
            "kB", 1_000L,
            "MB", 1_000_000L,
            "GB", 1_000_000_000L,
            "KiB", 1L << 10,
            "MiB", 1L << 20,
            "GiB", 1L << 30);
    private static final Pattern QUANTITY = Pattern.compile("([0-9]{1,12}(?:\\.[0-9]{1,9})?) ?([A-Za-zµ]{0,4})");

    private Units() {}

    static boolean isBareNumber(String text) {
        return text.matches("[0-9]{1,12}(\\.[0-9]{1,9})?");
    }

    /** Null when {@code text} is no duration. */
    static @Nullable Duration duration(String text) {
        Long nanos = quantity(text, NANOS);
        return nanos == null ? null : Duration.ofNanos(nanos);
    }

    /** Bytes; null when {@code text} is no size. A fraction of a byte is no size either. */
    static @Nullable Long bytes(String text) {
        return quantity(text, BYTES);
    }

    private static @Nullable Long quantity(String text, Map<String, Long> units) {
        Matcher matcher = QUANTITY.matcher(text);
        if (!matcher.matches()) return null;
        Long unit = units.get(matcher.group(2));
        if (unit == null) return null;
        try {
            return new BigDecimal(matcher.group(1))
                    .multiply(BigDecimal.valueOf(unit))
                    .longValueExact();
        } catch (ArithmeticException e) {
            return null;
        }
    }

    /** As an operator would write it. */
    static String text(Duration duration) {
        long millis = duration.toMillis();
        if (millis == 0) return "0s";
        if (millis % 86_400_000 == 0) return millis / 86_400_000 + "d";
        if (millis % 3_600_000 == 0) return millis / 3_600_000 + "h";
        if (millis % 60_000 == 0) return millis / 60_000 + "m";
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }

    static String text(long bytes) {
        if (bytes > 0 && bytes % (1 << 30) == 0) return (bytes >> 30) + "GiB";
        if (bytes > 0 && bytes % (1 << 20) == 0) return (bytes >> 20) + "MiB";
        return bytes > 0 && bytes % (1 << 10) == 0 ? (bytes >> 10) + "KiB" : bytes + "B";
    }
}
