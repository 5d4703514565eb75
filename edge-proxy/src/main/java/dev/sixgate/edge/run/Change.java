package dev.sixgate.edge.run;

import org.jspecify.annotations.Nullable;

/**
 * One thing that differs between two configurations.
 *
 * @param noun in the operator's words: {@code listener}, {@code app}, {@code service}, {@code backend}, {@code weight},
 *     {@code route}, {@code certificate}, {@code limit}, {@code check}, {@code port}, {@code peer} or {@code setting}
 * @param name of the thing, such as {@code shop.http} or {@code shop/ams-1}
 * @param app that it belongs to; null: none
 * @param service of the app, where it belongs to one only
 * @param backend of the app, where it concerns one only
 * @param document that says it; null: the first file
 * @param pointer RFC 6901, in the newer text, or in the older one for what is gone; empty: it is written nowhere
 * @param before as it was written; null: it was not there
 * @param after as it is written; null: it is gone
 * @param restart whether it takes one, and nothing of the configuration is used until then
 * @param live connections and requests under way that began with the older version and go on with it; -1: not asked
 */
public record Change(
        Kind kind,
        String noun,
        String name,
        @Nullable String app,
        @Nullable String service,
        @Nullable String backend,
        @Nullable String document,
        String pointer,
        @Nullable String before,
        @Nullable String after,
        boolean restart,
        long live) {
    /** What became of it. */
    public enum Kind {
        ADDED('+'),
        REMOVED('-'),
        CHANGED('~');

        private final char sign;

        Kind(char sign) {
            this.sign = sign;
        }
    }

    /** Of no app, written at a place of the first file or nowhere. */
    static Change of(Kind kind, String noun, String name, String pointer) {
        return new Change(kind, noun, name, null, null, null, null, pointer, null, null, false, -1);
    }

    Change needingRestart() {
        return new Change(kind, noun, name, app, service, backend, document, pointer, before, after, true, live);
    }

    Change values(@Nullable String was, @Nullable String is) {
        return new Change(kind, noun, name, app, service, backend, document, pointer, was, is, restart, live);
    }

    Change live(long count) {
        return new Change(kind, noun, name, app, service, backend, document, pointer, before, after, restart, count);
    }

    /** Such as {@code ~ weight shop/ams-1: 1 → 5 (/apps/shop/backends/0/weight), 12 live, takes a restart}. */
    public String text() {
        StringBuilder text = new StringBuilder().append(kind.sign).append(' ').append(noun);
        text.append(' ').append(name);
        if (before != null && after != null)
            text.append(": ").append(before).append(" → ").append(after);
        else if (after != null) text.append(": ").append(after);
        else if (before != null) text.append(": was ").append(before);
        if (!pointer.isEmpty()) {
            text.append(" (");
            if (document != null) text.append(document).append(' ');
            text.append(pointer).append(')');
        }
        if (live > 0) text.append(", ").append(live).append(" live");
        if (restart) text.append(", takes a restart");
        return text.toString();
    }
}
