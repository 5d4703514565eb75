package dev.sixgate.edge.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A value of an operator's document that knows where it stands, so that each complaint can say so. */
abstract sealed class JsonNode {
    private final String file;
    private final @Nullable JsonNode parent;
    private final String token;
    private final int line;
    private final int column;

    /** @param token key or index within {@code parent} */
    private JsonNode(String file, @Nullable JsonNode parent, String token, int line, int column) {
        this.file = file;
        this.parent = parent;
        this.token = token;
        this.line = line;
        this.column = column;
    }

    /** Of the value itself, not of its key. */
    Spot spot() {
        return new Spot(file, line, column, pointer());
    }

    /** RFC 6901. */
    String pointer() {
        List<String> tokens = new ArrayList<>();
        for (JsonNode node = this; node.parent != null; node = node.parent) tokens.add(node.token);
        StringBuilder pointer = new StringBuilder();
        for (String each : tokens.reversed()) pointer.append('/').append(escaped(each));
        return pointer.toString();
    }

    private static String escaped(String token) {
        return Quoted.bare(token).replace("~", "~0").replace("/", "~1");
    }

    String position() {
        return line + ":" + column;
    }

    /** The key or index under which it stands. */
    String token() {
        return token;
    }

    /** Such as {@code the string "200"}. Not for values that may be secret. */
    abstract String found();

    static final class JsonObject extends JsonNode {
        /** @param line of the key, not of the value */
        record Member(int line, int column, JsonNode value) {}

        private final Map<String, Member> members = new LinkedHashMap<>();

        JsonObject(String file, @Nullable JsonNode parent, String token, int line, int column) {
            super(file, parent, token, line, column);
        }

        Map<String, Member> members() {
            return members;
        }

        Spot keySpot(String key) {
            Member member = members.get(key);
            if (member == null) return spot();
            return new Spot(spot().file(), member.line, member.column, pointer() + "/" + escaped(key));
        }

        @Override
        String found() {
            return "an object";
        }
    }

    static final class JsonArray extends JsonNode {
        private final List<JsonNode> items = new ArrayList<>();

        JsonArray(String file, @Nullable JsonNode parent, String token, int line, int column) {
            super(file, parent, token, line, column);
        }

        List<JsonNode> items() {
            return items;
        }

        @Override
        String found() {
            return "an array";
        }
    }

    static final class JsonText extends JsonNode {
        private final String text;

        JsonText(String file, @Nullable JsonNode parent, String token, int line, int column, String text) {
            super(file, parent, token, line, column);
            this.text = text;
        }

        String text() {
            return text;
        }

        @Override
        String found() {
            return "the string " + Quoted.of(text);
        }
    }

    /** A number as it is written, {@code true}, {@code false} or {@code null}. */
    static final class JsonLiteral extends JsonNode {
        private final String literal;

        JsonLiteral(String file, @Nullable JsonNode parent, String token, int line, int column, String literal) {
            super(file, parent, token, line, column);
            this.literal = literal;
        }

        String literal() {
            return literal;
        }

        boolean isNumber() {
            return literal.charAt(0) == '-' || Character.isDigit(literal.charAt(0));
        }

        @Override
        String found() {
            return isNumber() ? "the number " + Quoted.bare(literal) : literal;
        }
    }
}
