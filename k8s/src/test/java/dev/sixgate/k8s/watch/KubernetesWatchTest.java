package dev.sixgate.k8s.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.k8s.Document;
import dev.sixgate.k8s.Kinds;
import dev.sixgate.k8s.MappingSettings;
import dev.sixgate.k8s.Verdict;
import dev.sixgate.k8s.watch.WatchState.KindState;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against an API server that makes faults. */
class KubernetesWatchTest {
    private static final String SLICES = "/apis/discovery.k8s.io/v1/endpointslices";
    private static final String SERVICES = "/api/v1/services";
    private static final WatchTimes TIMES =
            new WatchTimes(Duration.ofMillis(5), Duration.ofMillis(200), Duration.ofMinutes(5), Duration.ofMinutes(5));

    private final MiniKube cluster;
    private final KubernetesClient client;
    private final Mailbox mailbox = new Mailbox();
    private KubernetesWatch watch;

    KubernetesWatchTest() throws IOException {
        cluster = new MiniKube();
        client = cluster.client();
    }

    /** The documents that the sink has, and a signal whenever anything changed. */
    private static final class Mailbox implements DocumentSink {
        private final Map<String, Document> next = new TreeMap<>();
        private Map<String, Document> documents = Map.of();
        private List<Verdict> verdicts = List.of();
        private int publications;

        @Override
        public synchronized void put(Document document) {
            next.put(document.name(), document);
        }

        @Override
        public synchronized void remove(String name) {
            assertThat(next.remove(name)).isNotNull();
        }

        @Override
        public synchronized void synced() {
            documents = Map.copyOf(next);
            publications++;
            notifyAll();
        }

        synchronized void told(List<Verdict> told) {
            verdicts = told;
            notifyAll();
        }

        synchronized String json(String name) {
            Document document = documents.get(name);
            return document == null ? "" : document.json();
        }

        synchronized void await(BooleanSupplier reached) throws InterruptedException {
            long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
            while (!reached.getAsBoolean()) {
                long left = (end - System.nanoTime()) / 1_000_000;
                assertThat(left).as("documents %s", documents.keySet()).isPositive();
                wait(Math.min(left, 20)); // states of the watch change without a signal
            }
        }
    }

    private void begin() {
        watch = KubernetesWatch.start(
                client,
                MappingSettings.DEFAULT,
                TIMES,
                mailbox,
                (objects, translation) -> mailbox.told(translation.verdicts()));
    }

    @AfterEach
    void end() {
        if (watch != null) watch.close();
        client.close();
        cluster.close();
    }

    private static String service(String name) {
        return """
            apiVersion: v1
            kind: Service
            metadata: { name: %s, namespace: default }
            spec: { ipFamilyPolicy: SingleStack, ipFamilies: ["IPv6"], ports: [ { name: http, port: 80 } ] }
            """.formatted(name);
    }

    private static String slice(String service, int from, int count) {
        StringBuilder endpoints = new StringBuilder();
        for (int i = from; i < from + count; i++) endpoints.append("{ addresses: [\"fdaa::%x\"] }, ".formatted(i));
        return """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: { name: %s-1, namespace: default, labels: { kubernetes.io/service-name: %s } }
            addressType: IPv6
            ports: [ { name: http, port: 8080 } ]
            endpoints: [ %s ]
            """.formatted(service, service, endpoints);
    }

    private KindState state(Kinds kind) {
        return watch.state().kinds().stream()
                .filter(one -> one.kind() == kind)
                .findFirst()
                .orElseThrow();
    }

    private boolean serves(String service, int address) {
        return mailbox.json("kubernetes/service/default/" + service)
                .contains("\"fdaa::" + Integer.toHexString(address) + "\"");
    }

    private void serving(String service, int address) throws InterruptedException {
        mailbox.await(() -> serves(service, address));
    }

    private void watching() throws InterruptedException {
        mailbox.await(() -> watch.state().kinds().stream().allMatch(KindState::watched));
    }

    @Test
    void what_a_cluster_holds_is_given_out_at_once_and_changes_follow() throws Exception {
        cluster.put(service("kuard"));
        cluster.put(slice("kuard", 1, 3));
        begin();
        serving("kuard", 3);
        assertThat(mailbox.publications).isEqualTo(1);
        watching();
        assertThat(watch.state().age()).isZero();
        cluster.put(slice("kuard", 7, 1));
        serving("kuard", 7);
        assertThat(serves("kuard", 3)).isFalse();
        cluster.delete(SERVICES, "default/kuard");
        mailbox.await(() -> mailbox.documents.isEmpty());
        assertThat(state(Kinds.SERVICE).lists()).isEqualTo(1);
    }

    @Test
    void a_network_policy_follows_the_pods_that_it_selects() throws Exception {
        cluster.put("""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: closed, namespace: default }
            spec: { podSelector: { matchLabels: { app: kuard } } }
            """);
        cluster.put(pod("kuard-1", "fdaa::1"));
        begin();
        String name = "kubernetes/networkpolicy/default/closed";
        mailbox.await(() -> mailbox.json(name).contains("\"fdaa::1\""));
        watching();
        cluster.put(pod("kuard-2", "fdaa::2"));
        mailbox.await(() -> mailbox.json(name).contains("\"fdaa::1\", \"fdaa::2\""));
        cluster.delete("/apis/networking.k8s.io/v1/networkpolicies", "default/closed");
        mailbox.await(() -> mailbox.documents.isEmpty());
    }

    private static String pod(String name, String address) {
        return """
            apiVersion: v1
            kind: Pod
            metadata: { name: %s, namespace: default, labels: { app: kuard } }
            status: { phase: Running, podIP: "%s" }
            """.formatted(name, address);
    }

    @Test
    void a_refused_object_is_told_of() throws Exception {
        cluster.put(service("legacy").replace("IPv6", "IPv4"));
        begin();
        mailbox.await(() -> !mailbox.verdicts.isEmpty());
        assertThat(mailbox.verdicts).extracting(Verdict::reason).containsExactly("UnsupportedIPFamily");
        assertThat(watch.state().refusals()).isEqualTo(1);
    }

    @Test
    void a_cut_watch_is_resumed_where_it_was() throws Exception {
        cluster.put(service("kuard"));
        begin();
        watching();
        for (int i = 1; i <= 5; i++) {
            cluster.put(slice("kuard", i, 1));
            serving("kuard", i);
            cluster.cutWatches();
        }
        cluster.put(slice("kuard", 9, 1)); // while nobody watches
        serving("kuard", 9);
        assertThat(state(Kinds.ENDPOINT_SLICE).lists())
                .as("resumed, not listed")
                .isEqualTo(1);
    }

    @Test
    void a_server_that_ends_every_watch_at_once_is_followed_all_the_same() throws Exception {
        cluster.put(service("kuard"));
        begin();
        watching();
        cluster.endWatchesAtOnce(true);
        for (int i = 1; i <= 2; i++) {
            cluster.put(slice("kuard", i, 1));
            serving("kuard", i);
        }
        assertThat(cluster.requests(SLICES)).as("not in a tight loop").isLessThan(100);
    }

    @Test
    void a_watch_that_is_too_old_is_listed_again() throws Exception {
        cluster.put(service("kuard"));
        cluster.put(slice("kuard", 1, 1));
        begin();
        watching();
        cluster.compact();
        cluster.cutWatches();
        mailbox.await(() -> state(Kinds.ENDPOINT_SLICE).lists() >= 2);
        watching();
        cluster.put(slice("kuard", 2, 1));
        serving("kuard", 2);
    }

    @Test
    void while_the_api_server_is_away_what_was_known_stays_and_its_age_shows() throws Exception {
        cluster.put(service("kuard"));
        cluster.put(slice("kuard", 1, 1));
        begin();
        serving("kuard", 1);
        watching();
        cluster.away(true);
        mailbox.await(() ->
                watch.state().age().toMillis() > 50 && state(Kinds.SERVICE).problem() != null);
        assertThat(state(Kinds.SERVICE).problem()).contains("503");
        assertThat(serves("kuard", 1)).isTrue();
        assertThat(mailbox.publications).isEqualTo(1);
        cluster.put(slice("kuard", 2, 1));
        cluster.away(false);
        serving("kuard", 2);
        mailbox.await(() -> watch.state().age().isZero());
    }

    @Test
    void a_list_that_lost_more_than_half_is_held_until_the_next_says_so_too() throws Exception {
        for (int i = 0; i < 4; i++) {
            cluster.put(service("s" + i));
            cluster.put(slice("s" + i, 16 * i + 1, 2));
        }
        begin();
        serving("s3", 49);
        watching();
        cluster.failOnce("endpointslices?limit", 200, """
            {"apiVersion":"v1","kind":"List","metadata":{"resourceVersion":"900"},"items":[]}\
            """);
        cluster.compact();
        cluster.cutWatches();
        mailbox.await(() -> state(Kinds.ENDPOINT_SLICE).held());
        assertThat(serves("s3", 49)).isTrue();
        mailbox.await(() -> !state(Kinds.ENDPOINT_SLICE).held());
        assertThat(serves("s0", 1)).as("the lie was not believed").isTrue();

        watching();
        cluster.forget(SLICES, name -> !name.contains("s0"));
        cluster.cutWatches();
        mailbox.await(() -> !serves("s3", 49));
        assertThat(serves("s0", 1)).as("what two lists say is believed").isTrue();
    }

    @Test
    void too_many_requests_and_pages_are_taken_as_they_come() throws Exception {
        for (int i = 0; i < 7; i++) cluster.put(service("s" + i));
        cluster.pagesOf(2);
        cluster.failOnce(SERVICES, 429, """
            {"kind":"Status","apiVersion":"v1","status":"Failure","code":429,"details":{"retryAfterSeconds":0}}\
            """);
        cluster.failOnce("continue=2", 410, """
            {"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410}\
            """);
        begin();
        mailbox.await(() -> mailbox.documents.size() == 7);
        assertThat(cluster.requests("continue=6")).isEqualTo(1);
    }

    @Test
    void late_and_repeated_events_change_nothing() throws Exception {
        cluster.repeatEvents();
        cluster.put(service("kuard"));
        begin();
        watching();
        for (int i = 1; i <= 20; i++) cluster.put(slice("kuard", i, 1));
        serving("kuard", 20);
        cluster.send(
                SLICES,
                "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"EndpointSlice\",\"apiVersion\":"
                        + "\"discovery.k8s.io/v1\",\"metadata\":{\"resourceVersion\":\"999\"}}}");
        cluster.send(
                SLICES,
                "{\"type\":\"ADDED\",\"object\":{\"kind\":\"EndpointSlice\",\"apiVersion\":\"discovery.k8s.io/v1\","
                        + "\"metadata\":{\"name\":\"odd\",\"namespace\":\"default\"},\"endpoints\":7}}");
        long events = state(Kinds.ENDPOINT_SLICE).events();
        cluster.put(slice("other", 99, 1));
        mailbox.await(() -> state(Kinds.ENDPOINT_SLICE).events() > events + 1);
        assertThat(serves("kuard", 20)).isTrue();
    }

    @Test
    void a_watch_that_is_not_even_opened_shows_and_does_not_pass_for_up_to_date() throws Exception {
        cluster.put(service("kuard"));
        begin();
        watching();
        for (int i = 0; i < 3; i++) cluster.failOnce("endpointslices?watch", 500, "");
        cluster.cutWatches();
        mailbox.await(() -> "500 to a watch".equals(state(Kinds.ENDPOINT_SLICE).problem()));
        assertThat(state(Kinds.ENDPOINT_SLICE).age()).isPositive();
        cluster.put(slice("kuard", 1, 1));
        serving("kuard", 1);
    }

    @Test
    void what_is_no_event_ends_the_watch_and_everything_is_asked_for_again() throws Exception {
        cluster.put(service("kuard"));
        begin();
        watching();
        cluster.send(SLICES, "{\"type\":");
        mailbox.await(() -> state(Kinds.ENDPOINT_SLICE).lists() == 2);
        cluster.put(slice("kuard", 1, 1));
        serving("kuard", 1);
    }

    @Test
    void a_kind_that_the_cluster_does_not_know_is_one_without_objects() throws Exception {
        for (String version : List.of("v1", "v1alpha2"))
            cluster.failOnce("/" + version + "/udproutes", 404, "{\"kind\":\"Status\",\"code\":404}");
        cluster.put(service("kuard"));
        begin();
        mailbox.await(() -> mailbox.documents.size() == 1);
        mailbox.await(() -> watch.state().complete());
        assertThat(state(Kinds.UDP_ROUTE).problem()).isNull();
    }

    @Test
    void after_a_thousand_edits_and_faults_the_map_is_the_servers() throws Exception {
        Random random = new Random(42);
        begin();
        cluster.repeatEvents();
        for (int i = 0; i < 1_000; i++) {
            int which = random.nextInt(8);
            cluster.put(i < 8 ? service("s" + i) : slice("s" + which, random.nextInt(200) + 1, random.nextInt(4)));
            if (i % 97 == 96) cluster.cutWatches();
            if (i % 301 == 300) cluster.compact();
        }
        for (int i = 0; i < 8; i++) cluster.put(slice("s" + i, 0x1000 + i, 1));
        for (int i = 0; i < 8; i++) serving("s" + i, 0x1000 + i);
        assertThat(mailbox.documents).hasSize(8);
    }
}
