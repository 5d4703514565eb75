package dev.sixgate.edge.http;

import dev.sixgate.edge.servicemap.RouteFilter.Field;
import dev.sixgate.edge.servicemap.RouteFilter.HeaderModifier;
import java.util.List;

/** Changes fields as an operator wrote it; the configuration has checked names and values. */
public final class HeaderEdits {
    private HeaderEdits() {}

    public static void apply(Fields fields, HeaderModifier edits) {
        for (String name : edits.remove()) fields.dropNamed(name);
        set(fields, edits.set());
        for (Field field : edits.add()) fields.add(field.name(), field.value());
    }

    /** Each in place of what stood there by its name. */
    public static void set(Fields fields, List<Field> values) {
        for (Field field : values) {
            fields.dropNamed(field.name());
            fields.add(field.name(), field.value());
        }
    }
}
