package dev.sixgate.edge.filter;

import dev.sixgate.edge.http.Fields;

/** Tells caches what an answer depends on (RFC 9110 §12.5.5). */
final class Vary {
    private Vary() {}

    /** Adds {@code name} unless it is said already. */
    static void on(Fields fields, String name) {
        String vary = fields.joined("vary");
        if (vary != null)
            for (String said : vary.split(",")) {
                String text = said.strip();
                if (text.equals("*") || text.equalsIgnoreCase(name)) return;
            }
        fields.add("vary", name);
    }
}
