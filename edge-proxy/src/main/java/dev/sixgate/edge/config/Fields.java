package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonArray;
import dev.sixgate.edge.config.JsonNode.JsonLiteral;
import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.JsonNode.JsonText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one object by type. Each getter tells what is wrong with a value and then answers as if the key were absent,
 * so that one reading finds every problem.
 */
final class Fields {
    /** File names, metric labels and log lines are made of these. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,62}");

    private final JsonObject object;
    private final Problems problems;

    /** Tells of keys that {@code keys} does not know, or knows as not built yet. */
    Fields(JsonObject object, KeyCatalogue keys, Problems problems) {
        this.object = object;
        this.problems = problems;
        for (String key : object.members().keySet()) {
            if (keys.built().contains(key)) continue;
            Spot spot = object.keySpot(key);
            if (keys.notBuiltYet().contains(key))
                problems.error(Code.JSON_008, spot, Quoted.of(key) + " is not supported yet", "remove it");
            else problems.error(Code.JSON_003, spot, "unknown key " + Quoted.of(key), unknown(key, keys));
        }
    }

    private static String unknown(String key, KeyCatalogue keys) {
        List<String> all = new ArrayList<>(keys.built());
        all.addAll(keys.notBuiltYet());
        String question = NearestWord.question(key, all);
        return (question == null ? "" : question + " ") + "known here: " + String.join(", ", keys.built());
    }

    /** The object under {@code node}, or empty with a problem told. */
    static Optional<Fields> of(@Nullable JsonNode node, String what, KeyCatalogue keys, Problems problems) {
        if (node == null) return Optional.empty();
        if (node instanceof JsonObject object) return Optional.of(new Fields(object, keys, problems));
        problems.error(Code.JSON_004, node.spot(), what + " must be an object, found " + node.found(), null);
        return Optional.empty();
    }

    Problems problems() {
        return problems;
    }

    JsonObject object() {
        return object;
    }

    boolean has(String key) {
        return object.members().containsKey(key);
    }

    @Nullable
    JsonNode get(String key) {
        var member = object.members().get(key);
        return member == null ? null : member.value();
    }

    /** Of the value, or of the object when the key is absent. */
    Spot spot(String key) {
        JsonNode node = get(key);
        return node == null ? object.spot() : node.spot();
    }

    Spot keySpot(String key) {
        return object.keySpot(key);
    }

    /** Tells that {@code key} is missing, if it is. */
    boolean require(String key, @Nullable String help) {
        if (has(key)) return true;
        problems.error(Code.JSON_009, object.spot(), "the key " + Quoted.of(key) + " is missing here", help);
        return false;
    }

    @Nullable
    String text(String key) {
        JsonText node = textNode(key);
        return node == null ? null : node.text();
    }

    @Nullable
    JsonText textNode(String key) {
        JsonNode node = get(key);
        return node == null ? null : asText(Quoted.of(key), node, problems);
    }

    static @Nullable JsonText asText(String what, JsonNode node, Problems problems) {
        if (node instanceof JsonText text) return text;
        boolean quotable = node instanceof JsonLiteral literal && literal.isNumber();
        problems.error(
                Code.JSON_004,
                node.spot(),
                what + " must be a string, found " + node.found(),
                quotable ? "put it in quotes" : null);
        return null;
    }

    /** A name that fits file names, metric labels and logs. */
    @Nullable
    String name(String key) {
        JsonText node = textNode(key);
        return node == null ? null : asName(node.text(), node.spot());
    }

    @Nullable
    String asName(String name, Spot spot) {
        if (NAME.matcher(name).matches()) return name;
        problems.error(
                Code.JSON_010,
                spot,
                Quoted.of(name) + " is not a name",
                "letters, digits, \"-\", \"_\" and \".\", at most 63, starting with a letter or digit");
        return null;
    }

    /** One of {@code words}; {@code later} ones are documented but not built yet. */
    @Nullable
    String word(String key, List<String> words, List<String> later) {
        JsonText node = textNode(key);
        return node == null ? null : asWord(Quoted.of(key), node, words, later);
    }

    @Nullable
    String asWord(String what, JsonText node, List<String> words, List<String> later) {
        if (words.contains(node.text())) return node.text();
        if (later.contains(node.text()))
            problems.error(Code.JSON_008, node.spot(), Quoted.of(node.text()) + " is not supported yet");
        else
            problems.error(
                    Code.JSON_010,
                    node.spot(),
                    what + " cannot be " + Quoted.of(node.text()),
                    "one of: " + String.join(", ", words));
        return null;
    }

    boolean flag(String key) {
        JsonNode node = get(key);
        if (node instanceof JsonLiteral literal) {
            if (literal.literal().equals("true")) return true;
            if (literal.literal().equals("false")) return false;
        }
        if (node == null) return false;
        boolean quoted = node instanceof JsonText text && text.text().matches("true|false");
        problems.error(
                Code.JSON_004,
                node.spot(),
                Quoted.of(key) + " must be true or false, found " + node.found(),
                quoted ? "remove the quotes" : null);
        return false;
    }

    int whole(String key, int absent, int least, int most) {
        JsonNode node = get(key);
        if (node == null) return absent;
        if (!(node instanceof JsonLiteral literal) || !literal.literal().matches("-?[0-9]+")) {
            boolean quoted = node instanceof JsonText text && text.text().matches("-?[0-9]+");
            problems.error(
                    Code.JSON_004,
                    node.spot(),
                    Quoted.of(key) + " must be a whole number, found " + node.found(),
                    quoted ? "remove the quotes" : null);
            return absent;
        }
        long value = literal.literal().length() > 18 ? Long.MAX_VALUE : Long.parseLong(literal.literal());
        if (value >= least && value <= most) return (int) value;
        problems.error(
                Code.JSON_010,
                node.spot(),
                Quoted.of(key) + " is " + Quoted.bare(literal.literal()) + ", which is not between " + least + " and "
                        + most);
        return absent;
    }

    /** 0 to 1. */
    double share(String key, double absent) {
        JsonNode node = get(key);
        if (node == null) return absent;
        if (!(node instanceof JsonLiteral literal) || !literal.isNumber()) {
            problems.error(Code.JSON_004, node.spot(), Quoted.of(key) + " must be a number, found " + node.found());
            return absent;
        }
        double value = Double.parseDouble(literal.literal());
        if (value >= 0 && value <= 1) return value;
        problems.error(
                Code.JSON_010,
                node.spot(),
                Quoted.of(key) + " is " + literal.literal() + ", which is not between 0 and 1");
        return absent;
    }

    Duration duration(String key, Duration absent, Duration least, Duration most) {
        JsonNode node = get(key);
        if (node == null) return absent;
        String text = quantity(key, node, "s", "a duration such as \"10s\"", Units.DURATIONS);
        if (text == null) return absent;
        Duration value = Units.duration(text);
        if (value == null) {
            problems.error(
                    Code.JSON_010,
                    node.spot(),
                    Quoted.of(key) + ": " + Quoted.of(text) + " is not a duration",
                    "a number and one of " + Units.DURATIONS);
            return absent;
        }
        if (value.compareTo(least) >= 0 && value.compareTo(most) <= 0) return value;
        problems.error(
                Code.JSON_010,
                node.spot(),
                Quoted.of(key) + " is " + Quoted.of(text) + ", which is not between " + Units.text(least) + " and "
                        + Units.text(most));
        return absent;
    }

    long size(String key, long absent, long least, long most) {
        JsonNode node = get(key);
        if (node == null) return absent;
        String text = quantity(key, node, "B", "a size such as \"64KiB\"", Units.SIZES);
        if (text == null) return absent;
        Long value = Units.bytes(text);
        if (value == null) {
            problems.error(
                    Code.JSON_010,
                    node.spot(),
                    Quoted.of(key) + ": " + Quoted.of(text) + " is not a size",
                    "a number and one of " + Units.SIZES);
            return absent;
        }
        if (value >= least && value <= most) return value;
        problems.error(
                Code.JSON_010,
                node.spot(),
                Quoted.of(key) + " is " + Quoted.of(text) + ", which is not between " + Units.text(least) + " and "
                        + Units.text(most));
        return absent;
    }

    /** The text of a quantity that has a unit at least. */
    private @Nullable String quantity(String key, JsonNode node, String unit, String what, String units) {
        String bare = null;
        if (node instanceof JsonLiteral literal && literal.isNumber()) bare = literal.literal();
        else if (node instanceof JsonText text && Units.isBareNumber(text.text())) bare = text.text();
        if (bare != null) {
            problems.error(
                    Code.JSON_005,
                    node.spot(),
                    Quoted.of(key) + ": " + Quoted.bare(bare) + " has no unit",
                    "write \"" + Quoted.bare(bare) + unit + "\" if that is meant; units are " + units);
            return null;
        }
        if (node instanceof JsonText text) return text.text();
        problems.error(Code.JSON_004, node.spot(), Quoted.of(key) + " must be " + what + ", found " + node.found());
        return null;
    }

    Optional<Fields> object(String key, KeyCatalogue keys) {
        return of(get(key), Quoted.of(key), keys, problems);
    }

    /** Empty when absent or not an array. */
    List<JsonNode> array(String key) {
        JsonNode node = get(key);
        if (node == null) return List.of();
        if (node instanceof JsonArray array) return array.items();
        problems.error(
                Code.JSON_004,
                node.spot(),
                Quoted.of(key) + " must be an array, found " + node.found(),
                node instanceof JsonText ? "put it in [ ]" : null);
        return List.of();
    }

    /** The strings of an array; other items are told of and left out. */
    List<JsonText> texts(String key) {
        List<JsonText> texts = new ArrayList<>();
        for (JsonNode item : array(key)) {
            JsonText text = asText("an item of " + Quoted.of(key), item, problems);
            if (text != null) texts.add(text);
        }
        return texts;
    }
}
