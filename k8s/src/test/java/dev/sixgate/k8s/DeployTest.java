package dev.sixgate.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.k8s.mapping.StatusPatch;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayClass;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.json.JsonMapper;

/** The manifests that are handed out: typed, without an unknown field, and alike in both forms. */
class DeployTest {
    private static final Path DEPLOY = Path.of("deploy");
    private static final Pattern EXPRESSION = Pattern.compile("\\{\\{ ([^}]+) }}");
    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

    private static List<Path> files(String folder) throws IOException {
        try (Stream<Path> files = Files.list(DEPLOY.resolve(folder))) {
            return files.filter(file -> !file.endsWith("kustomization.yaml"))
                    .sorted()
                    .toList();
        }
    }

    private static List<Object> yaml(String text) {
        List<Object> documents = new ArrayList<>();
        new Load(LoadSettings.builder().build()).loadAllFromString(text).forEach(documents::add);
        return documents;
    }

    private static List<HasMetadata> objects(String form) throws IOException {
        List<HasMetadata> objects = new ArrayList<>();
        boolean chart = form.equals("chart");
        for (Path file : files(chart ? "chart/templates" : form)) {
            String text = Files.readString(file);
            for (Object document : yaml(chart ? rendered(text) : text))
                objects.add(SERIALIZATION.unmarshal(JsonMapper.shared().writeValueAsString(document)));
        }
        return objects;
    }

    /** What helm makes of the few expressions that we allow ourselves, with the chart's own values. */
    private static String rendered(String template) throws IOException {
        Object values =
                yaml(Files.readString(DEPLOY.resolve("chart/values.yaml"))).getFirst();
        Matcher expression = EXPRESSION.matcher(template);
        StringBuilder text = new StringBuilder();
        while (expression.find())
            expression.appendReplacement(text, Matcher.quoteReplacement(value(expression.group(1), values)));
        expression.appendTail(text);
        assertThat(text.toString()).doesNotContain("{{");
        return text.toString();
    }

    private static String value(String expression, Object values) {
        if (expression.equals(".Release.Namespace")) return "sixgate";
        String[] parts = expression.split(" \\| ", 2);
        assertThat(parts[0]).startsWith(".Values.");
        Object value = values;
        for (String key : parts[0].substring(".Values.".length()).split("\\.")) {
            value = ((Map<?, ?>) value).get(key);
            assertThat(value).as(expression).isNotNull();
        }
        if (parts.length == 1) return String.valueOf(value);
        assertThat(parts[1]).isEqualTo("toJson | quote");
        return JsonMapper.shared().writeValueAsString(JsonMapper.shared().writeValueAsString(value));
    }

    @ParameterizedTest
    @ValueSource(strings = {"base", "chart"})
    void no_object_has_a_field_that_its_kind_does_not_know(String form) throws Exception {
        List<HasMetadata> objects = objects(form);
        assertThat(objects).hasSizeGreaterThan(5);
        for (HasMetadata object : objects) known(object, ObjectRef.of(object).toString());
    }

    /** Typed objects put what they do not know into additional properties. */
    private static void known(Object object, String where) throws Exception {
        switch (object) {
            case null -> {}
            case Collection<?> items -> {
                for (Object item : items) known(item, where);
            }
            case Map<?, ?> map -> {
                for (Object value : map.values()) known(value, where);
            }
            default -> {
                if (!object.getClass().getName().startsWith("io.fabric8.kubernetes.api.model")) return;
                for (Method getter : object.getClass().getMethods()) {
                    if (!getter.getName().startsWith("get") || getter.getParameterCount() > 0) continue;
                    if (getter.getDeclaringClass() == Object.class) continue;
                    Object value = getter.invoke(object);
                    if (getter.getName().equals("getAdditionalProperties"))
                        assertThat((Map<?, ?>) value).as(where).isEmpty();
                    else known(value, where + "/" + getter.getName().substring(3));
                }
            }
        }
    }

    @Test
    void kustomization_lists_every_file() throws IOException {
        Map<?, ?> kustomization = (Map<?, ?>) yaml(Files.readString(DEPLOY.resolve("base/kustomization.yaml")))
                .getFirst();
        assertThat((List<?>) kustomization.get("resources"))
                .map(String::valueOf)
                .containsExactlyInAnyOrderElementsOf(files("base").stream()
                        .map(file -> file.getFileName().toString())
                        .toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"base", "chart"})
    void the_role_allows_what_is_followed_and_written_and_nothing_else(String form) throws IOException {
        Map<String, TreeSet<String>> wanted = new TreeMap<>();
        for (Kinds kind : Kinds.values()) {
            wanted.computeIfAbsent(kind.group() + " list,watch", _ -> new TreeSet<>())
                    .add(kind.plural());
            if (StatusPatch.isKept(new ObjectRef(kind.kind(), "", "")))
                wanted.computeIfAbsent(kind.group() + " patch", _ -> new TreeSet<>())
                        .add(kind.plural() + "/status");
        }
        Map<String, TreeSet<String>> allowed = new TreeMap<>();
        for (HasMetadata object : objects(form))
            if (object instanceof ClusterRole role)
                for (PolicyRule rule : role.getRules())
                    allowed.computeIfAbsent(
                                    rule.getApiGroups().getFirst() + " " + String.join(",", rule.getVerbs()),
                                    _ -> new TreeSet<>())
                            .addAll(rule.getResources());
        assertThat(allowed).isEqualTo(wanted);
    }

    @Test
    void the_chart_with_its_own_values_is_the_base() throws IOException {
        Map<String, HasMetadata> base = new TreeMap<>();
        for (HasMetadata object : objects("base")) base.put(object.getKind(), object);
        Map<String, HasMetadata> chart = new TreeMap<>();
        for (HasMetadata object : objects("chart")) chart.put(object.getKind(), object);
        base.remove("Namespace"); // helm makes it
        assertThat(chart.keySet()).isEqualTo(base.keySet());
        assertThat(((Deployment) chart.get("Deployment")).getSpec())
                .isEqualTo(((Deployment) base.get("Deployment")).getSpec());
        assertThat(((GatewayClass) chart.get("GatewayClass")).getSpec())
                .isEqualTo(((GatewayClass) base.get("GatewayClass")).getSpec());
        assertThat(JsonMapper.shared().readTree(config(chart)))
                .isEqualTo(JsonMapper.shared().readTree(config(base)));
    }

    private static String config(Map<String, HasMetadata> objects) {
        return ((ConfigMap) objects.get("ConfigMap")).getData().get("sixgate.json");
    }
}
