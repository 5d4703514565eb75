package dev.sixgate.k8s.mapping;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Host names that a listener and a route have in common. Empty text: any host. */
final class Hostnames {
    private Hostnames() {}

    /** None: they have nothing in common. */
    static List<String> shared(String listener, @Nullable List<String> route) {
        if (route == null || route.isEmpty()) return List.of(listener);
        Set<String> shared = new LinkedHashSet<>();
        for (String name : route) {
            String both = shared(listener, name.toLowerCase(Locale.ROOT));
            if (both != null) shared.add(both);
        }
        return new ArrayList<>(shared);
    }

    private static @Nullable String shared(String a, String b) {
        if (a.isEmpty() || a.equals(b)) return b;
        boolean aStands = covers(b, a);
        return aStands ? a : covers(a, b) ? b : null;
    }

    /** Whether a wildcard stands for all that {@code name} does; {@code *} is one label or more. */
    private static boolean covers(String wildcard, String name) {
        return wildcard.startsWith("*.")
                && name.endsWith(wildcard.substring(1))
                && name.length() > wildcard.length() - 1;
    }
}
