package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.ObjectRef;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.zip.CRC32;

/** What objects are called in the operator's JSON: at most 63 letters, digits, hyphens and dots. */
final class Names {
    private static final int MAX = 63;

    private Names() {}

    /** {@code kuard.default}, as DNS has it; a Service's name has no dot, so no other kind's app is called so. */
    static String app(ObjectRef object) {
        String base = object.name() + "." + object.namespace();
        return bounded(
                object.kind().equals("Service")
                        ? base
                        : base + "." + object.kind().toLowerCase(Locale.ROOT));
    }

    static String document(ObjectRef object) {
        return "kubernetes/" + object.kind().toLowerCase(Locale.ROOT) + "/" + object.path();
    }

    /** A port of a Service, which may have no name when it is the only one. */
    static String port(String name, int number) {
        return name.isEmpty() ? "port-" + number : name;
    }

    static String bounded(String name) {
        if (name.length() <= MAX) return name;
        CRC32 crc = new CRC32();
        crc.update(name.getBytes(StandardCharsets.UTF_8));
        return name.substring(0, MAX - 9) + "-" + "%08x".formatted(crc.getValue());
    }
}
