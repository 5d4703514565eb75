package dev.sixgate.k8s.manifest;

import dev.sixgate.k8s.Kinds;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Objects of manifests: YAML (or JSON, which is YAML too) of any number of documents, {@code List}s unpacked. */
public final class ManifestReader {
    /** A longer manifest is not read. */
    public static final int MAX_CHARACTERS = 16 << 20;

    private static final int MAX_ALIASES = 50;

    /** Objects without one live here, as kubectl has it. */
    private static final String DEFAULT_NAMESPACE = "default";

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final List<HasMetadata> objects = new ArrayList<>();
    private final List<String> passedOver = new ArrayList<>();

    /** Everything that means something, in the order in which it was read. */
    public List<HasMetadata> objects() {
        return List.copyOf(objects);
    }

    /** Kinds that mean nothing to an edge, such as {@code Deployment default/kuard}. */
    public List<String> passedOver() {
        return List.copyOf(passedOver);
    }

    /**
     * Adds the objects of one manifest.
     *
     * @param name how it is called in errors
     * @throws ManifestException when a part of it is no object; those before it stay
     */
    public void read(String name, String text) throws ManifestException {
        if (text.length() > MAX_CHARACTERS)
            throw new ManifestException(name + " is longer than " + (MAX_CHARACTERS >> 20) + " Mi characters");
        LoadSettings settings = LoadSettings.builder()
                .setLabel(name)
                .setCodePointLimit(MAX_CHARACTERS)
                .setMaxAliasesForCollections(MAX_ALIASES)
                .setAllowDuplicateKeys(false)
                .build();
        int number = 0;
        try {
            for (Object document : new Load(settings).loadAllFromString(text)) {
                number++;
                if (document != null) add(name + ", document " + number, document);
            }
        } catch (MarkedYamlEngineException e) {
            String place = e.getProblemMark()
                    .map(mark -> ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1))
                    .orElse("");
            throw new ManifestException(name + place + ": " + e.getProblem());
        } catch (YamlEngineException e) {
            throw new ManifestException(name + ": " + firstLine(e.getMessage()));
        }
    }

    private void add(String place, Object document) throws ManifestException {
        if (!(document instanceof Map<?, ?> object)) throw new ManifestException(place + " is no object");
        String apiVersion = text(object, "apiVersion");
        String kind = text(object, "kind");
        if (apiVersion == null || kind == null) throw new ManifestException(place + " has no apiVersion and kind");
        if (kind.endsWith("List") && object.get("items") instanceof List<?> items) {
            for (Object item : items) add(place, item);
            return;
        }
        Kinds known = Kinds.of(apiVersion, kind);
        if (known == null) {
            passedOver.add(kind + " " + nameOf(object));
            return;
        }
        try {
            HasMetadata read = MAPPER.convertValue(object, known.type());
            ObjectMeta meta = read.getMetadata();
            if (meta == null || meta.getName() == null) throw new ManifestException(place + " has no metadata.name");
            if (meta.getNamespace() == null && known != Kinds.NAMESPACE) meta.setNamespace(DEFAULT_NAMESPACE);
            objects.add(read);
        } catch (JacksonException e) {
            String where = e.getPath().isEmpty() ? "" : " at " + path(e);
            throw new ManifestException(
                    place + ", " + kind + " " + nameOf(object) + where + ": " + firstLine(e.getOriginalMessage()));
        }
    }

    private static String path(JacksonException e) {
        StringBuilder path = new StringBuilder();
        for (JacksonException.Reference step : e.getPath())
            path.append(step.getPropertyName() == null ? "/" + step.getIndex() : "/" + step.getPropertyName());
        return path.toString();
    }

    private static String nameOf(Map<?, ?> object) {
        if (!(object.get("metadata") instanceof Map<?, ?> meta)) return "without a name";
        String namespace = text(meta, "namespace");
        return (namespace == null ? "" : namespace + "/") + text(meta, "name");
    }

    private static @Nullable String text(Map<?, ?> object, String key) {
        return object.get(key) instanceof String text ? text : null;
    }

    private static String firstLine(@Nullable String message) {
        return message == null ? "cannot be read" : message.lines().findFirst().orElse("cannot be read");
    }
}
