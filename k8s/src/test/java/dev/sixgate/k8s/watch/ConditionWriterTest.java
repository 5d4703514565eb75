package dev.sixgate.k8s.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.k8s.KubernetesObjects;
import dev.sixgate.k8s.MappingSettings;
import dev.sixgate.k8s.Translation;
import dev.sixgate.k8s.manifest.ManifestReader;
import dev.sixgate.k8s.mapping.Translator;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConditionWriterTest {
    private static final String NOW = "2026-11-23T12:00:00Z";
    private static final String CONTROLLER = "sixgate.internal/gateway-controller";
    private static final String SERVICE = "/api/v1/namespaces/default/services/legacy/status";
    private static final String ROUTE = "/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes/site/status";
    private static final String OBJECTS = """
        apiVersion: v1
        kind: Service
        metadata: { name: legacy, namespace: default, generation: 3 }
        spec: { ipFamilies: ["IPv4"], ports: [ { port: 80 } ] }
        status: { conditions: [ { type: Theirs, status: "True", reason: Kept, message: "", lastTransitionTime: "2020-01-01T00:00:00Z" } ] }
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: { name: public, namespace: default }
        spec: { gatewayClassName: sixgate, listeners: [ { name: http, port: 80, protocol: HTTP } ] }
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: { name: theirs, namespace: default }
        spec: { gatewayClassName: cilium, listeners: [ { name: http, port: 80, protocol: HTTP } ] }
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: site, namespace: default }
        spec: { parentRefs: [ { name: public }, { name: theirs } ], rules: [ { backendRefs: [ { name: legacy, port: 80 } ] } ] }
        status: { parents: [ { controllerName: example.com/other, parentRef: { name: theirs }, conditions: [] } ] }
        """;

    private static void await(BooleanSupplier reached) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        synchronized (NOW) {
            while (!reached.getAsBoolean() && System.nanoTime() < end) NOW.wait(10);
        }
        assertThat(reached.getAsBoolean()).isTrue();
    }

    private static JsonNode condition(JsonNode conditions, String type) {
        for (JsonNode condition : conditions)
            if (condition.path("type").asString().equals(type)) return condition;
        throw new AssertionError("no condition " + type + " in " + conditions);
    }

    @Test
    void verdicts_become_conditions_once_beside_those_of_others() throws Exception {
        try (MiniKube cluster = new MiniKube();
                KubernetesClient client = cluster.client();
                ConditionWriter writer = new ConditionWriter(
                        client, CONTROLLER, InstantSource.fixed(Instant.parse(NOW)), Duration.ofMillis(1))) {
            cluster.put(OBJECTS);
            ManifestReader reader = new ManifestReader();
            reader.read("objects", OBJECTS);
            KubernetesObjects objects = new KubernetesObjects(reader.objects());
            Translation translation = Translator.translate(objects, MappingSettings.DEFAULT);
            writer.told(objects, translation);
            await(() -> cluster.patches().size() == 3);

            JsonNode service = JsonMapper.shared()
                    .readTree(cluster.patches().get(SERVICE))
                    .path("status")
                    .path("conditions");
            assertThat(condition(service, "Theirs").path("reason").asString()).isEqualTo("Kept");
            assertThat(condition(service, "Accepted").toString())
                    .contains(
                            "\"status\":\"False\"",
                            "UnsupportedIPFamily",
                            "SG-K8S-001",
                            NOW,
                            "\"observedGeneration\":3");
            JsonNode parents = JsonMapper.shared()
                    .readTree(cluster.patches().get(ROUTE))
                    .path("status")
                    .path("parents");
            assertThat(parents.size()).isEqualTo(2);
            assertThat(parents.path(0).path("controllerName").asString()).isEqualTo("example.com/other");
            assertThat(parents.path(1).path("parentRef").path("name").asString())
                    .isEqualTo("public");
            JsonNode own = parents.path(1).path("conditions");
            assertThat(condition(own, "Accepted").path("status").asString()).isEqualTo("True");
            assertThat(condition(own, "ResolvedRefs").path("reason").asString()).isEqualTo("BackendNotFound");

            // The same word again is not written; what the edge says of a document is.
            writer.told(objects, translation);
            writer.served(Map.of("kubernetes/httproute/default/site", "[SG-ROUTE-004] no regular expression"));
            await(() -> cluster.patches().get(ROUTE).contains("Programmed"));
            assertThat(cluster.patches().get(ROUTE)).contains("SG-ROUTE-004");
            assertThat(cluster.requests("PATCH")).isEqualTo(4);
        }
    }

    @Test
    void a_status_that_says_so_already_is_left_alone() throws Exception {
        try (MiniKube cluster = new MiniKube();
                KubernetesClient client = cluster.client();
                ConditionWriter writer = new ConditionWriter(
                        client, CONTROLLER, InstantSource.fixed(Instant.parse(NOW)), Duration.ofMillis(1))) {
            String good = OBJECTS.substring(0, OBJECTS.indexOf("---"))
                    .replace("IPv4", "IPv6")
                    .replace("2020-01-01T00:00:00Z", NOW);
            String told = good.replace(
                    "type: Theirs, status: \"True\", reason: Kept, message: \"\"",
                    "type: Accepted, status: \"True\", observedGeneration: 3, reason: Accepted, message: \"\"");
            cluster.put(told);
            ManifestReader reader = new ManifestReader();
            reader.read("objects", told);
            reader.read("more", OBJECTS.substring(OBJECTS.indexOf("---") + 4, OBJECTS.lastIndexOf("---")));
            cluster.put(OBJECTS.substring(OBJECTS.indexOf("---") + 4, OBJECTS.lastIndexOf("---")));
            KubernetesObjects objects = new KubernetesObjects(reader.objects());
            writer.told(objects, Translator.translate(objects, MappingSettings.DEFAULT));
            await(() -> !cluster.patches().isEmpty());
            assertThat(cluster.patches())
                    .hasSize(1)
                    .allSatisfy((path, _) -> assertThat(path).contains("/gateways/public"));
        }
    }
}
