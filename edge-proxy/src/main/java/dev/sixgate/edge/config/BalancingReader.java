package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.http.FieldName;
import dev.sixgate.edge.servicemap.BackendPolicy;
import dev.sixgate.edge.servicemap.Concurrency;
import dev.sixgate.edge.servicemap.LoadBalancing;
import dev.sixgate.edge.servicemap.LoadBalancing.KeyPart;
import dev.sixgate.edge.servicemap.LoadBalancing.Policy;
import dev.sixgate.edge.servicemap.LoadBalancing.SpillAt;
import dev.sixgate.edge.servicemap.OutlierDetection;
import dev.sixgate.edge.servicemap.RequestPolicy;
import dev.sixgate.edge.servicemap.SessionPersistence;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a service uses its backends: {@code load_balancing}, {@code concurrency}, {@code session_persistence} and the like. */
final class BalancingReader {
    private static final List<String> POLICIES = words(Policy.values());
    private static final List<String> SPILLS = words(SpillAt.values());
    private static final List<String> SESSIONS = List.of("Cookie", "Header", "ClientIP");
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration YEAR = Duration.ofDays(365);

    private final Problems problems;
    private final LoadBalancing base;
    private final RequestPolicy requests;

    /**
     * @param top for {@code defaults}
     * @param order of regions, nearest first; empty: the edge's own before all others
     */
    BalancingReader(Problems problems, Fields top, List<String> order) {
        this.problems = problems;
        LoadBalancing plain = LoadBalancing.DEFAULT;
        LoadBalancing near = new LoadBalancing(
                plain.policy(), plain.key(), plain.nearest(), plain.spillAt(), order, plain.slowStart());
        Fields defaults = top.object("defaults", KeyCatalogue.DEFAULTS).orElse(null);
        this.base = defaults == null ? near : loadBalancing(defaults, near);
        this.requests = defaults == null
                ? RequestPolicy.DEFAULT
                : new RequestPolicyReader(problems).read(defaults, RequestPolicy.DEFAULT, List.of());
    }

    /** {@code timeouts} and {@code retry} of a service. */
    RequestPolicy requests(Fields service) {
        return new RequestPolicyReader(problems).read(service, requests, List.of());
    }

    /** @param raw whether no port of the service speaks HTTP, so that only connections can be counted */
    BackendPolicy policy(Fields service, boolean raw) {
        String whenAllUnhealthy = service.word("when_all_unhealthy", List.of("try_all", "fail"), List.of());
        boolean tryAll = whenAllUnhealthy == null || whenAllUnhealthy.equals("try_all");
        return new BackendPolicy(
                loadBalancing(service, base),
                concurrency(service, raw),
                tryAll,
                persistence(service, raw),
                new CheckReader(problems).read(service),
                outliers(service, raw, tryAll));
    }

    private @Nullable OutlierDetection outliers(Fields service, boolean raw, boolean tryAll) {
        Fields fields = service.object("outlier_detection", KeyCatalogue.OUTLIER_DETECTION)
                .orElse(null);
        if (fields == null) return null;
        if (raw)
            problems.warning(
                    Code.PORT_012,
                    service.keySpot("outlier_detection"),
                    "outlier_detection has no effect: no port of this service has the handler \"http\", whose answers"
                            + " it goes by");
        OutlierDetection plain = OutlierDetection.DEFAULT;
        OutlierDetection read = new OutlierDetection(
                fields.whole("consecutive_5xx", plain.consecutive5xx(), 1, 1_000),
                fields.duration("base_ejection_time", plain.baseEjectionTime(), Duration.ofMillis(1), HOUR),
                fields.whole("max_ejection_percent", plain.maxEjectionPercent(), 1, 100));
        if (read.maxEjectionPercent() == 100 && !tryAll)
            problems.warning(
                    Code.LB_006,
                    fields.spot("max_ejection_percent"),
                    "max_ejection_percent 100 with when_all_unhealthy \"fail\": " + read.consecutive5xx()
                            + " bad answers in a row of each backend take the app offline",
                    "\"max_ejection_percent\": 50");
        return read;
    }

    private LoadBalancing loadBalancing(Fields parent, LoadBalancing before) {
        Fields fields =
                parent.object("load_balancing", KeyCatalogue.LOAD_BALANCING).orElse(null);
        if (fields == null) return before;
        String policy = fields.word("policy", POLICIES, List.of());
        String locality = fields.word("locality", List.of("nearest", "any"), List.of());
        String spill = fields.word("spill_at", SPILLS, List.of());
        LoadBalancing read = new LoadBalancing(
                policy == null ? before.policy() : Policy.values()[POLICIES.indexOf(policy)],
                fields.has("key") ? key(fields) : before.key(),
                locality == null ? before.nearest() : locality.equals("nearest"),
                spill == null ? before.spillAt() : SpillAt.values()[SPILLS.indexOf(spill)],
                before.regions(),
                fields.duration("slow_start", before.slowStart(), Duration.ZERO, HOUR));
        if (fields.has("key") && !read.policy().hashes())
            problems.warning(
                    Code.LB_007,
                    fields.keySpot("key"),
                    "\"key\" has no effect: the policy " + read.policy().name().toLowerCase(Locale.ROOT)
                            + " hashes nothing",
                    "\"policy\": \"ring_hash\" or \"maglev\", or remove it");
        return read;
    }

    private List<KeyPart> key(Fields fields) {
        List<KeyPart> parts = new ArrayList<>();
        for (JsonText item : fields.texts("key")) {
            KeyPart part = keyPart(item.text());
            if (part != null) parts.add(part);
            else
                problems.error(
                        Code.JSON_010,
                        item.spot(),
                        Quoted.of(item.text()) + " is nothing that can be hashed",
                        "client_ip, client_port, host, path, \"header:NAME\" or \"cookie:NAME\"");
        }
        return parts.isEmpty() ? LoadBalancing.DEFAULT.key() : parts;
    }

    private static @Nullable KeyPart keyPart(String text) {
        int colon = text.indexOf(':');
        String name = colon < 0 ? "" : text.substring(colon + 1);
        if (colon >= 0 && !isToken(name)) return null;
        return switch (colon < 0 ? text : text.substring(0, colon + 1)) {
            case "client_ip" -> new KeyPart(KeyPart.Kind.CLIENT_IP, "");
            case "client_port" -> new KeyPart(KeyPart.Kind.CLIENT_PORT, "");
            case "host" -> new KeyPart(KeyPart.Kind.HOST, "");
            case "path" -> new KeyPart(KeyPart.Kind.PATH, "");
            case "header:" -> new KeyPart(KeyPart.Kind.HEADER, name);
            case "cookie:" -> new KeyPart(KeyPart.Kind.COOKIE, name);
            default -> null;
        };
    }

    private static boolean isToken(String name) {
        return name.matches("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}");
    }

    private Concurrency concurrency(Fields service, boolean raw) {
        Fields fields = service.object("concurrency", KeyCatalogue.CONCURRENCY).orElse(null);
        if (fields == null) return Concurrency.UNLIMITED;
        String type = fields.word("type", List.of("requests", "connections"), List.of());
        if (raw && "requests".equals(type))
            problems.warning(
                    Code.LB_002,
                    fields.spot("type"),
                    "concurrency type \"requests\" on a raw TCP service; only \"connections\" can be counted",
                    "\"type\": \"connections\"");
        else if (!raw && "connections".equals(type))
            problems.warning(
                    Code.LB_002,
                    fields.spot("type"),
                    "concurrency type \"connections\" on an HTTP service; requests are what is counted",
                    "\"type\": \"requests\"");
        int soft = fields.whole("soft_limit", Concurrency.NO_LIMIT, 1, Concurrency.NO_LIMIT);
        int hard = fields.whole("hard_limit", Concurrency.NO_LIMIT, 1, Concurrency.NO_LIMIT);
        if (fields.has("soft_limit") && soft > hard)
            problems.error(
                    Code.LB_001,
                    fields.spot("soft_limit"),
                    "soft_limit " + soft + " is above hard_limit " + hard,
                    "the soft limit is where others are taken first, the hard one is never passed");
        Fields queue = fields.object("queue", KeyCatalogue.QUEUE).orElse(null);
        if (queue == null)
            return new Concurrency(soft, hard, Concurrency.DEFAULT_QUEUE, Concurrency.DEFAULT_QUEUE_TIMEOUT);
        return new Concurrency(
                soft,
                hard,
                queue.whole("max", Concurrency.DEFAULT_QUEUE, 0, 1_000_000),
                queue.duration("timeout", Concurrency.DEFAULT_QUEUE_TIMEOUT, Duration.ofMillis(1), HOUR));
    }

    /** Null: absent, or told as a problem. */
    @Nullable
    SessionPersistence persistence(Fields service, boolean raw) {
        Fields fields =
                service.object("session_persistence", KeyCatalogue.SESSION).orElse(null);
        if (fields == null) return null;
        String word = fields.has("type") ? fields.word("type", SESSIONS, List.of()) : "Cookie";
        if (word == null) return null;
        SessionPersistence.Type type = SessionPersistence.Type.values()[SESSIONS.indexOf(word)];
        boolean byAddress = type == SessionPersistence.Type.CLIENT_IP;
        if (raw && !byAddress) {
            problems.error(
                    Code.JSON_010,
                    fields.spot("type"),
                    "session persistence by " + word + " on a raw TCP service, which has no headers",
                    "\"type\": \"ClientIP\"");
            return null;
        }
        JsonText name = byAddress ? null : fields.textNode("name");
        if (name != null && !(isToken(name.text()) && (word.equals("Cookie") || FieldName.isFree(name.text())))) {
            problems.error(
                    Code.JSON_010,
                    name.spot(),
                    Quoted.of(name.text()) + " cannot be the name of a session's " + word.toLowerCase(Locale.ROOT),
                    "\"sixgate_session\", say");
            return null;
        }
        String absent = word.equals("Cookie") ? "sixgate_session" : "X-Session-Backend";
        return new SessionPersistence(
                type,
                byAddress ? "" : name == null ? absent : name.text(),
                fields.duration("absolute_timeout", Duration.ZERO, Duration.ofSeconds(1), YEAR));
    }

    private static <E extends Enum<E>> List<String> words(E[] values) {
        return Arrays.stream(values)
                .map(value -> value.name().toLowerCase(Locale.ROOT))
                .toList();
    }
}
