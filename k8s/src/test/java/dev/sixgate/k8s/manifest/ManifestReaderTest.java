package dev.sixgate.k8s.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.k8s.ObjectRef;
import io.fabric8.kubernetes.api.model.Service;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestReaderTest {
    private static final String SERVICE = """
        apiVersion: v1
        kind: Service
        metadata: { name: kuard, namespace: web, annotations: { a: "b" } }
        spec: { ports: [ { port: 443, targetPort: https } ] }
        """;

    private final ManifestReader reader = new ManifestReader();

    @Test
    void lists_are_unpacked_and_empty_documents_passed_over() throws Exception {
        reader.read(
                "list.yaml",
                "---\n---\napiVersion: v1\nkind: List\nitems:\n- "
                        + SERVICE.strip().replace("\n", "\n  "));
        assertThat(reader.objects())
                .extracting(ObjectRef::of)
                .containsExactly(new ObjectRef("Service", "web", "kuard"));
        Service service = (Service) reader.objects().getFirst();
        assertThat(service.getSpec().getPorts().getFirst().getTargetPort().getStrVal())
                .isEqualTo("https");
    }

    @Test
    void json_is_read_too() throws Exception {
        reader.read("a.json", "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"web\"}}");
        assertThat(reader.objects()).extracting(ObjectRef::of).containsExactly(new ObjectRef("Namespace", "", "web"));
    }

    @Test
    void kinds_that_mean_nothing_are_named() throws Exception {
        reader.read("a.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: kuard, namespace: web }\n");
        assertThat(reader.objects()).isEmpty();
        assertThat(reader.passedOver()).containsExactly("Deployment web/kuard");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'a: [' | a.yaml:1:5: ",
                "'a: 1\na: 2' | a.yaml:2:1: found duplicate key a",
                "'- 1' | a.yaml, document 1 is no object",
                "'kind: Service' | a.yaml, document 1 has no apiVersion and kind",
                "'{apiVersion: v1, kind: Service, metadata: {}}' | a.yaml, document 1 has no metadata.name",
                "'{apiVersion: v1, kind: Service, metadata: {name: a}, spec: 7}' | Service a at /spec: ",
                "'a: !!javax.script.ScriptEngineManager []' | a.yaml:1:4: ",
            })
    void what_is_no_object_is_told_with_its_place(String text, String sentence) {
        assertThatThrownBy(() -> reader.read("a.yaml", text))
                .isInstanceOf(ManifestException.class)
                .hasMessageContaining(sentence);
    }

    @Test
    void aliases_that_multiply_are_refused() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 10; i++)
            bomb.append("a%d: &a%d [%s]\n".formatted(i, i, "*a" + (i - 1) + (", *a" + (i - 1)).repeat(9)));
        assertThatThrownBy(() -> reader.read("bomb.yaml", bomb.toString())).isInstanceOf(ManifestException.class);
    }

    @Test
    void any_damage_is_an_object_less_or_a_sentence() {
        Random random = new Random(7);
        for (int round = 0; round < 2_000; round++) {
            StringBuilder text = new StringBuilder(SERVICE);
            for (int i = 0; i < 3; i++)
                text.setCharAt(
                        random.nextInt(text.length()), "{}[]:-,&*!'\"#\n\t 0az\u0000é".charAt(random.nextInt(21)));
            try {
                new ManifestReader().read("a.yaml", text.toString());
            } catch (ManifestException e) {
                assertThat(e.sentence()).startsWith("a.yaml").doesNotContain("Exception");
            }
        }
    }
}
