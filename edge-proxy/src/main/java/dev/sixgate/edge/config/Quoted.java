package dev.sixgate.edge.config;

/** An operator's words inside a message: cut when long, and unable to move a terminal's cursor. */
final class Quoted {
    private static final int MAX_LENGTH = 100;

    private Quoted() {}

    /** In double quotes. */
    static String of(String text) {
        return '"' + bare(text) + '"';
    }

    static String bare(String text) {
        StringBuilder shown = new StringBuilder();
        int[] points = text.codePoints().limit(MAX_LENGTH + 1L).toArray();
        for (int i = 0; i < Math.min(points.length, MAX_LENGTH); i++) {
            int point = points[i];
            boolean invisible = Character.isISOControl(point)
                    || Character.getType(point) == Character.FORMAT
                    || Character.getType(point) == Character.SURROGATE
                    || point == 0x2028
                    || point == 0x2029;
            if (invisible) shown.append(String.format("\\u%04x", point));
            else shown.appendCodePoint(point);
        }
        return points.length > MAX_LENGTH ? shown.append('…').toString() : shown.toString();
    }
}
