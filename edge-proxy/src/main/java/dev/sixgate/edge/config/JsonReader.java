package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonArray;
import dev.sixgate.edge.config.JsonNode.JsonLiteral;
import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.JsonNode.JsonText;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;

/** Strict JSON to a tree with positions: no duplicate key, nothing behind the document, no comment but {@code "//"} keys. */
final class JsonReader {
    static final int MAX_DEPTH = 64;
    static final int MAX_VALUES = 1_000_000;
    static final int MAX_KEY_LENGTH = 1_000;
    static final int MAX_NUMBER_LENGTH = 100;

    private static final String COMMENT_KEY = "//";
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNameLength(MAX_KEY_LENGTH)
                    .maxNumberLength(MAX_NUMBER_LENGTH)
                    .maxStringLength(ConfigReader.MAX_BYTES)
                    .build())
            .build();

    private final String file;
    private final String text;
    private final Problems problems;
    private int values;

    private JsonReader(String file, String text, Problems problems) {
        this.file = file;
        this.text = text;
        this.problems = problems;
    }

    /** Null, with a problem told, when the bytes are not one JSON document. */
    static @Nullable JsonNode read(String file, byte[] bytes, Problems problems) {
        String text = decode(file, bytes, problems);
        return text == null ? null : new JsonReader(file, text, problems).parse();
    }

    private static @Nullable String decode(String file, byte[] bytes, Problems problems) {
        Spot start = new Spot(file, 1, 1, "");
        if (startsWith(bytes, 0xfe, 0xff) || startsWith(bytes, 0xff, 0xfe)) {
            problems.error(Code.JSON_007, start, "the file is UTF-16; JSON is UTF-8", "save it as UTF-8");
            return null;
        }
        boolean marked = startsWith(bytes, 0xef, 0xbb, 0xbf);
        if (marked)
            problems.error(
                    Code.JSON_007, start, "the file starts with a byte order mark", "save it as UTF-8 without BOM");
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (marked) in.position(3);
        CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
        CoderResult result = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT)
                .decode(in, out, true);
        String text = out.flip().toString();
        if (!result.isError()) return text;
        int[] position = JsonSyntax.lineAndColumn(text, text.length());
        problems.error(
                Code.JSON_001,
                new Spot(file, position[0], position[1], ""),
                String.format("the byte 0x%02x is not UTF-8", in.get(in.position())),
                "save the file as UTF-8");
        return null;
    }

    private static boolean startsWith(byte[] bytes, int... wanted) {
        if (bytes.length < wanted.length) return false;
        for (int i = 0; i < wanted.length; i++) if ((bytes[i] & 0xff) != wanted[i]) return false;
        return true;
    }

    private @Nullable JsonNode parse() {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            if (parser.nextToken() == null) return mistake(null);
            JsonNode root = value(parser, null, "");
            if (root == null) return null;
            return parser.nextToken() == null ? root : mistake(null);
        } catch (JacksonException e) {
            return mistake(e);
        }
    }

    /** The value at the parser's token. Recursion is bounded by {@link #MAX_DEPTH}. Null: too many values. */
    private @Nullable JsonNode value(JsonParser parser, @Nullable JsonNode parent, String token) {
        TokenStreamLocation location = parser.currentTokenLocation();
        int line = location.getLineNr();
        int column = location.getColumnNr();
        if (++values > MAX_VALUES) {
            problems.error(
                    Code.JSON_001,
                    new Spot(file, line, column, ""),
                    "the file holds more than " + MAX_VALUES + " values",
                    null);
            return null;
        }
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser, new JsonObject(file, parent, token, line, column));
            case START_ARRAY -> array(parser, new JsonArray(file, parent, token, line, column));
            case VALUE_STRING -> new JsonText(file, parent, token, line, column, parser.getString());
            default -> new JsonLiteral(file, parent, token, line, column, parser.getString());
        };
    }

    private @Nullable JsonNode object(JsonParser parser, JsonObject object) {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            TokenStreamLocation location = parser.currentTokenLocation();
            parser.nextToken();
            JsonNode value = value(parser, object, key);
            if (value == null) return null;
            if (key.equals(COMMENT_KEY)) continue;
            var member = new JsonObject.Member(location.getLineNr(), location.getColumnNr(), value);
            var first = object.members().putIfAbsent(key, member);
            if (first != null)
                problems.error(
                        Code.JSON_002,
                        new Spot(
                                file,
                                member.line(),
                                member.column(),
                                object.keySpot(key).pointer()),
                        Quoted.of(key) + " appears twice in this object (first at " + first.line() + ":"
                                + first.column() + "); the second would silently win",
                        "merge them");
        }
        return object;
    }

    private @Nullable JsonNode array(JsonParser parser, JsonArray array) {
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            JsonNode item = value(parser, array, Integer.toString(array.items().size()));
            if (item == null) return null;
            array.items().add(item);
        }
        return array;
    }

    private @Nullable JsonNode mistake(@Nullable JacksonException parsers) {
        JsonSyntax.Mistake mistake = JsonSyntax.first(text);
        if (mistake != null) {
            int[] position = JsonSyntax.lineAndColumn(text, mistake.offset());
            problems.error(
                    mistake.code(), new Spot(file, position[0], position[1], ""), mistake.message(), mistake.help());
            return null;
        }
        TokenStreamLocation location = parsers == null ? null : parsers.getLocation();
        problems.error(
                Code.JSON_001,
                new Spot(
                        file,
                        location == null ? 1 : location.getLineNr(),
                        location == null ? 1 : location.getColumnNr(),
                        ""),
                "this is not JSON" + (parsers == null ? "" : ": " + Quoted.bare(parsers.getOriginalMessage())),
                null);
        return null;
    }
}
