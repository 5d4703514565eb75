package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonArray;
import dev.sixgate.edge.config.JsonNode.JsonLiteral;
import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.run.Change;
import dev.sixgate.edge.run.Change.Kind;
import dev.sixgate.edge.run.Snapshot;
import dev.sixgate.edge.source.Document;
import dev.sixgate.edge.source.DocumentSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What two texts of the operator's JSON do not have in common. Members of arrays are recognised by what identifies them: a
 * name, a port, an address.
 */
public final class WrittenChanges {
    /** More are not listed. */
    static final int MAX_CHANGES = 10_000;

    private static final int MAX_SHOWN = 80;
    private static final List<String> IDENTITIES =
            List.of("name", "port", "start_port", "certificate", "address", "app");

    private final @Nullable String document;
    private final List<Change> changes;

    private WrittenChanges(@Nullable String document, List<Change> changes) {
        this.document = document;
        this.changes = changes;
    }

    /** @param before and {@code after}: good ones; null: that text was not kept */
    public static List<Change> between(Reading before, Reading after) {
        return between(before.snapshot(), before.text(), after.snapshot(), after.text());
    }

    /** As {@link #between(Reading, Reading)}. */
    public static List<Change> between(
            @Nullable Snapshot before, byte @Nullable [] text, @Nullable Snapshot after, byte @Nullable [] newText) {
        List<Change> changes = new ArrayList<>();
        if (before == null || text == null || after == null || newText == null) return changes;
        new WrittenChanges(null, changes).compare(parse(text), parse(newText));
        DocumentSet old = before.documents();
        DocumentSet now = after.documents();
        TreeSet<String> names = new TreeSet<>(old.servedNames());
        names.addAll(now.servedNames());
        for (String name : names) {
            Document was = old.served(name);
            Document is = now.served(name);
            if (was != null && is != null && was.version().equals(is.version())) continue;
            new WrittenChanges(name, changes).compare(parse(was), parse(is));
        }
        return changes;
    }

    private static JsonNode parse(@Nullable Document document) {
        byte[] json = document == null ? null : document.json();
        return parse(json == null ? new byte[] {'{', '}'} : json);
    }

    private static JsonNode parse(byte[] json) {
        JsonNode node = JsonReader.read("", json, new Problems());
        if (node == null) throw new IllegalArgumentException("only what was read as JSON before can be compared");
        return node;
    }

    private void compare(JsonNode before, JsonNode after) {
        compare(WrittenPlace.top(topApp(after, topApp(before, "app"))), before, after);
    }

    private static String topApp(JsonNode top, String otherwise) {
        return top instanceof JsonObject object
                        && object.members().get("app") instanceof JsonObject.Member member
                        && member.value() instanceof JsonText text
                ? text.text()
                : otherwise;
    }

    private void compare(WrittenPlace place, JsonNode before, JsonNode after) {
        if (before instanceof JsonObject old && after instanceof JsonObject now) members(place, of(old), of(now));
        else if (before instanceof JsonArray old && after instanceof JsonArray now) items(place, old, now);
        else if (!shown(before).equals(shown(after))) add(Kind.CHANGED, place, after, shown(before), shown(after));
    }

    private static Map<String, JsonNode> of(JsonObject object) {
        Map<String, JsonNode> members = new LinkedHashMap<>();
        object.members().forEach((key, member) -> members.put(key, member.value()));
        members.remove("$schema");
        return members;
    }

    private void members(WrittenPlace place, Map<String, JsonNode> before, Map<String, JsonNode> after) {
        after.forEach((key, value) -> {
            JsonNode old = before.get(key);
            WrittenPlace there = place.key(key);
            if (old != null) compare(there, old, value);
            else whole(Kind.ADDED, there, value);
        });
        before.forEach((key, value) -> {
            if (!after.containsKey(key)) whole(Kind.REMOVED, place.key(key), value);
        });
    }

    private void items(WrittenPlace place, JsonArray before, JsonArray after) {
        Map<String, JsonNode> old = identified(before);
        Map<String, JsonNode> now = identified(after);
        int at = changes.size();
        now.forEach((id, value) -> {
            JsonNode was = old.get(id);
            WrittenPlace there = place.item(id);
            if (was != null) compare(there, was, value);
            else whole(Kind.ADDED, there, value);
        });
        old.forEach((id, value) -> {
            if (!now.containsKey(id)) whole(Kind.REMOVED, place.item(id), value);
        });
        List<String> stayedBefore =
                old.keySet().stream().filter(now::containsKey).toList();
        List<String> stayedAfter =
                now.keySet().stream().filter(old::containsKey).toList();
        if (changes.size() == at && !stayedBefore.equals(stayedAfter))
            add(Kind.CHANGED, place, after, "order " + String.join(", ", stayedBefore), String.join(", ", stayedAfter));
    }

    /** By name, by port and so on; by place where two would be called the same. */
    private static Map<String, JsonNode> identified(JsonArray array) {
        Map<String, JsonNode> byId = new LinkedHashMap<>();
        Map<String, JsonNode> byPlace = new LinkedHashMap<>();
        for (JsonNode item : array.items()) {
            byPlace.put(item.token(), item);
            byId.put(identity(item), item);
        }
        return byId.size() == byPlace.size() ? byId : byPlace;
    }

    private static String identity(JsonNode item) {
        if (!(item instanceof JsonObject object)) return shown(item);
        for (String key : IDENTITIES) {
            JsonObject.Member member = object.members().get(key);
            if (member == null || member.value() instanceof JsonObject || member.value() instanceof JsonArray) continue;
            String id = shown(member.value());
            JsonObject.Member service = key.equals("app") ? object.members().get("service") : null;
            return service == null ? id : id + "." + shown(service.value());
        }
        return item.token();
    }

    /** Something that stands in one text only; of containers each member is told of. */
    private void whole(Kind kind, WrittenPlace place, JsonNode value) {
        if (place.isContainer() && value instanceof JsonObject object)
            of(object).forEach((key, member) -> whole(kind, place.key(key), member));
        else if (place.isContainer() && value instanceof JsonArray array)
            identified(array).forEach((id, item) -> whole(kind, place.item(id), item));
        else
            add(
                    kind,
                    place,
                    value,
                    kind == Kind.REMOVED ? scalar(value) : null,
                    kind == Kind.ADDED ? scalar(value) : null);
    }

    private static @Nullable String scalar(JsonNode value) {
        return value instanceof JsonObject ? null : shown(value);
    }

    private void add(Kind kind, WrittenPlace place, JsonNode at, @Nullable String before, @Nullable String after) {
        if (changes.size() == MAX_CHANGES) return;
        // A name that is all there is to say is not said twice.
        boolean same = named(place, after) || named(place, before);
        changes.add(new Change(
                kind,
                place.noun(),
                place.name(),
                place.app(),
                place.service(),
                place.backend(),
                document,
                at.pointer(),
                same ? null : before,
                same ? null : after,
                false,
                -1));
    }

    private static boolean named(WrittenPlace place, @Nullable String value) {
        return value != null && (place.name().equals(value) || place.name().endsWith("/" + value));
    }

    private static String shown(JsonNode node) {
        String text = switch (node) {
            case JsonText value -> value.text();
            case JsonLiteral value -> value.literal();
            case JsonArray array ->
                "["
                        + String.join(
                                ", ",
                                array.items().stream()
                                        .map(WrittenChanges::shown)
                                        .toList()) + "]";
            case JsonObject object -> object(object);
        };
        String bare = Quoted.bare(text);
        return bare.length() <= MAX_SHOWN || !(node instanceof JsonText) ? bare : bare.substring(0, MAX_SHOWN) + "…";
    }

    private static String object(JsonObject object) {
        StringBuilder text = new StringBuilder("{");
        object.members().forEach((key, member) -> {
            if (text.length() > 1) text.append(", ");
            text.append(key).append(": ").append(shown(member.value()));
        });
        return text.append('}').toString();
    }
}
