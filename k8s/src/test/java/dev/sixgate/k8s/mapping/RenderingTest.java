package dev.sixgate.k8s.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.k8s.Document;
import dev.sixgate.k8s.KubernetesObjects;
import dev.sixgate.k8s.MappingSettings;
import dev.sixgate.k8s.manifest.ManifestReader;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One folder of {@code render/} a case: {@code objects.yaml}, the JSON that they amount to, and what is said about them. */
class RenderingTest {
    static Stream<Path> cases() throws IOException, URISyntaxException {
        Path folder = Path.of(RenderingTest.class.getResource("/render").toURI());
        try (Stream<Path> cases = Files.list(folder)) {
            return cases.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void objects_amount_to_the_golden_document(Path folder) throws Exception {
        Rendering rendering = Rendering.of(new KubernetesObjects(objects(folder)), MappingSettings.DEFAULT);
        String verdicts =
                rendering.verdicts().stream().map(verdict -> verdict + "\n").collect(Collectors.joining());
        if (Boolean.getBoolean("sixgate.golden")) {
            Path source =
                    Path.of("src/test/resources/render", folder.getFileName().toString());
            Files.writeString(source.resolve("expected.json"), rendering.json());
            Files.writeString(source.resolve("expected.txt"), verdicts);
        }
        assertThat(rendering.json()).isEqualTo(Files.readString(folder.resolve("expected.json")));
        assertThat(verdicts).isEqualTo(Files.readString(folder.resolve("expected.txt")));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void the_order_in_which_objects_came_changes_nothing(Path folder) throws Exception {
        List<HasMetadata> objects = new ArrayList<>(objects(folder));
        Rendering first = Rendering.of(new KubernetesObjects(objects), MappingSettings.DEFAULT);
        for (int seed = 0; seed < 20; seed++) {
            Collections.shuffle(objects, new Random(seed));
            Rendering again = Rendering.of(new KubernetesObjects(objects), MappingSettings.DEFAULT);
            assertThat(again.json()).as("seed %d", seed).isEqualTo(first.json());
            assertThat(again.verdicts()).containsExactlyInAnyOrderElementsOf(first.verdicts());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void documents_hold_the_same_apps_one_each(Path folder) throws Exception {
        KubernetesObjects objects = new KubernetesObjects(objects(folder));
        List<Document> documents =
                Translator.translate(objects, MappingSettings.DEFAULT).documents();
        String whole = Rendering.of(objects, MappingSettings.DEFAULT).json();
        assertThat(documents).extracting(Document::name).doesNotHaveDuplicates().isSorted();
        for (Document document : documents) {
            String app = document.json().lines().skip(2).findFirst().orElseThrow();
            assertThat(whole).contains(app);
        }
    }

    private static List<HasMetadata> objects(Path folder) throws Exception {
        ManifestReader reader = new ManifestReader();
        reader.read("objects.yaml", Files.readString(folder.resolve("objects.yaml")));
        return reader.objects();
    }
}
