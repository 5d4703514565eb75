package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Document;
import dev.sixgate.k8s.ObjectRef;
import java.util.List;
import java.util.Map;

/**
 * A document with one app.
 *
 * @param app as in {@code apps}
 * @param certificates as in {@code certificates.files}
 */
record AppDocument(ObjectRef origin, Map<String, Object> app, List<Map<String, Object>> certificates) {
    static AppDocument of(ObjectRef origin, Map<String, Object> app) {
        return new AppDocument(origin, app, List.of());
    }

    /** The app's. */
    String name() {
        return Names.app(origin);
    }

    Document document() {
        Map<String, Object> tree = Json.object("apps", Json.object(name(), app));
        if (!certificates.isEmpty()) tree.put("certificates", Json.object("files", certificates));
        return Document.of(Names.document(origin), Json.text(tree), origin);
    }
}
