package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Code;
import dev.sixgate.k8s.ObjectRef;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code service.fly.io/<port>-handlers} and the like on a Service, where {@code <port>} is a port's name or number. A value that
 * is not understood is told and not used.
 */
final class FlyAnnotations {
    private static final List<String> PREFIXES = List.of("service.fly.io/", "service.sixgate.internal/");
    private static final List<String> HANDLERS = List.of("tls", "http", "proxy_proto");
    private static final Set<String> ALPN = Set.of("h3", "h2", "http/1.1");
    private static final Set<String> VERSIONS = Set.of("TLSv1.2", "TLSv1.3");
    private static final Set<String> KINDS = Set.of("requests", "connections");
    private static final int MAX_LIMIT = 1_000_000;

    private final ObjectRef service;
    private final Map<String, String> annotations;
    private final Verdicts verdicts;

    /** @param understood false: the operator wants none of it */
    FlyAnnotations(Service service, boolean understood, Verdicts verdicts) {
        this.service = ObjectRef.of(service);
        Map<String, String> written = service.getMetadata().getAnnotations();
        this.annotations = understood && written != null ? written : Map.of();
        this.verdicts = verdicts;
    }

    /** Outermost first; {@code otherwise} when nothing is written, null when it cannot be used. */
    @Nullable
    List<String> handlers(ServicePort port, List<String> otherwise) {
        List<String> words = words(port, "handlers", Set.copyOf(HANDLERS));
        if (words == null) return written(port, "handlers") == null ? otherwise : null;
        List<String> order = HANDLERS.stream().filter(words::contains).toList();
        if (order.equals(words) && !(words.contains("http") && words.contains("proxy_proto"))) return words;
        refused("handlers of port " + port.getPort() + " are " + words
                + "; possible are tls, then http or proxy_proto");
        return null;
    }

    /** {@code tls_options}; empty: nothing is written. */
    Map<String, Object> tlsOptions(ServicePort port) {
        Map<String, Object> options = Json.object();
        List<String> alpn = words(port, "tls-alpn", ALPN);
        if (alpn != null && !alpn.isEmpty()) options.put("alpn", alpn);
        List<String> versions = words(port, "tls-versions", VERSIONS);
        if (versions != null && !versions.isEmpty()) options.put("versions", versions);
        String selfSigned = written(port, "tls-default-self-signed");
        if ("true".equals(selfSigned))
            verdicts.partial(
                    service,
                    "",
                    "Approximated",
                    "tls-default-self-signed: clients without a known name get the edge's default certificate",
                    Code.K8S_002);
        return options;
    }

    /** {@code concurrency}; empty: nothing is written. */
    Map<String, Object> concurrency() {
        Map<String, Object> concurrency = Json.object();
        String kind = written("concurrency-kind");
        if (kind != null && KINDS.contains(kind)) concurrency.put("type", kind);
        else if (kind != null) refused("concurrency-kind is \"" + kind + "\"; possible are requests, connections");
        Integer soft = limit("soft");
        Integer hard = limit("hard");
        if (soft != null && hard != null && soft > hard) {
            refused("concurrency-limit-soft " + soft + " is above concurrency-limit-hard " + hard
                    + "; neither is used");
            return concurrency;
        }
        if (soft != null) concurrency.put("soft_limit", soft);
        if (hard != null) concurrency.put("hard_limit", hard);
        return concurrency;
    }

    private @Nullable Integer limit(String which) {
        String text = written("concurrency-limit-" + which);
        if (text == null) return null;
        if (text.matches("[1-9][0-9]{0,6}") && Integer.parseInt(text) <= MAX_LIMIT) return Integer.valueOf(text);
        refused("concurrency-limit-" + which + " is \"" + text + "\", not a whole number from 1 to " + MAX_LIMIT);
        return null;
    }

    /** Null: nothing is written, or not what is known. */
    private @Nullable List<String> words(ServicePort port, String what, Set<String> known) {
        String text = written(port, what);
        if (text == null) return null;
        List<String> words = Arrays.stream(text.split(","))
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .toList();
        if (known.containsAll(words) && new LinkedHashSet<>(words).size() == words.size()) return words;
        refused(what + " of port " + port.getPort() + " is \"" + text + "\"; known are "
                + String.join(", ", sorted(known)));
        return null;
    }

    private static List<String> sorted(Set<String> words) {
        return words.stream().sorted().toList();
    }

    private @Nullable String written(ServicePort port, String what) {
        String byName = port.getName() == null ? null : written(port.getName() + "-" + what);
        return byName != null ? byName : written(port.getPort() + "-" + what);
    }

    private @Nullable String written(String key) {
        for (String prefix : PREFIXES) {
            String value = annotations.get(prefix + key);
            if (value != null) return value.strip();
        }
        return null;
    }

    private void refused(String message) {
        verdicts.partial(service, "", "UnsupportedValue", message, Code.K8S_002);
    }
}
