package dev.sixgate.edge.config;

import org.jspecify.annotations.Nullable;

/**
 * Finds the first place where a text leaves the grammar of RFC 8259 and says it for people. The parser decides whether a
 * document is good; this walks a bad one again, because a parser's own words are for programmers.
 */
final class JsonSyntax {
    /** @param offset in UTF-16 units */
    record Mistake(
            Code code, int offset, String message, @Nullable String help) {}

    private static final class Found extends RuntimeException {
        private static final long serialVersionUID = 1;
        final transient Mistake mistake;

        Found(Mistake mistake) {
            super(null, null, false, false);
            this.mistake = mistake;
        }
    }

    private final String text;
    private int at;
    private int depth;

    private JsonSyntax(String text) {
        this.text = text;
    }

    /** Null when there is none. */
    static @Nullable Mistake first(String text) {
        try {
            new JsonSyntax(text).document();
            return null;
        } catch (Found found) {
            return found.mistake;
        }
    }

    /** {@code line:column}, both from 1. */
    static String position(String text, int offset) {
        int[] position = lineAndColumn(text, offset);
        return position[0] + ":" + position[1];
    }

    /** LF, CR and CRLF each end a line. */
    static int[] lineAndColumn(String text, int offset) {
        int line = 1;
        int start = 0;
        for (int i = 0; i < Math.min(offset, text.length()); i++) {
            char c = text.charAt(i);
            if (c == '\n' || c == '\r' && (i + 1 >= text.length() || text.charAt(i + 1) != '\n')) {
                line++;
                start = i + 1;
            }
        }
        return new int[] {line, offset - start + 1};
    }

    private void document() {
        skipSpace();
        if (end()) throw syntax("the file is empty", "start with { }");
        value();
        skipSpace();
        if (!end())
            throw new Found(new Mistake(
                    Code.JSON_007, at, "there is more after the end of the document: " + here(), "remove it"));
    }

    private void value() {
        char c = peek();
        switch (c) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case '\'' -> throw syntax("found a single quote; strings stand in double quotes", null);
            case ',', '}', ']', ':' -> throw syntax("expected a value, found " + Quoted.of(String.valueOf(c)), null);
            default -> scalar();
        }
    }

    private void object() {
        int open = enter();
        at++;
        skipSpaceInside('}', open);
        if (take('}')) {
            depth--;
            return;
        }
        while (true) {
            if (peek() != '"') throw key();
            int key = at;
            string();
            if (at - key > JsonReader.MAX_KEY_LENGTH) {
                at = key;
                throw syntax("a key is longer than " + JsonReader.MAX_KEY_LENGTH + " characters", null);
            }
            skipSpaceInside('}', open);
            if (!take(':')) throw syntax("expected \":\" after this key, found " + here(), null);
            skipSpaceInside('}', open);
            value();
            if (endOrComma('}', open)) return;
            if (peek() == '}') throw trailingComma('}');
        }
    }

    private Found key() {
        char c = peek();
        if (c == ',') return syntax("expected a key, found \",\"", "remove the comma");
        return syntax("expected a key in double quotes, found " + here(), null);
    }

    private void array() {
        int open = enter();
        at++;
        skipSpaceInside(']', open);
        if (take(']')) {
            depth--;
            return;
        }
        while (true) {
            value();
            if (endOrComma(']', open)) return;
            if (peek() == ']') throw trailingComma(']');
        }
    }

    private int enter() {
        if (++depth > JsonReader.MAX_DEPTH)
            throw syntax("nested deeper than " + JsonReader.MAX_DEPTH + " levels, which no configuration needs", null);
        return at;
    }

    /** After a value: true at the closing bracket, false behind a comma. */
    private boolean endOrComma(char close, int open) {
        skipSpaceInside(close, open);
        if (take(close)) {
            depth--;
            return true;
        }
        if (take(',')) {
            skipSpaceInside(close, open);
            return false;
        }
        throw syntax(
                "expected \",\" or \"" + close + "\" after this value; the " + kind(close) + " opened at "
                        + position(text, open) + " is still open",
                null);
    }

    private Found trailingComma(char close) {
        return syntax("found \",\" before \"" + close + "\"; strict JSON has no trailing comma", "remove the comma");
    }

    private void string() {
        int open = at++;
        while (true) {
            if (end()) {
                at = open;
                throw syntax("the string opened here is never closed", "add the second \"");
            }
            char c = text.charAt(at);
            if (c == '"') {
                at++;
                return;
            }
            if (c == '\n' || c == '\r')
                throw syntax(
                        "the string opened at " + position(text, open) + " does not end on its line",
                        "add the second \", or write \\n for a line break");
            if (c < ' ')
                throw syntax("a string may not hold the control character " + Quoted.of(String.valueOf(c)), null);
            at++;
            if (c == '\\') escape();
        }
    }

    private void escape() {
        if (end()) return;
        char c = text.charAt(at);
        if ("\"\\/bfnrt".indexOf(c) >= 0) {
            at++;
            return;
        }
        boolean unicode = c == 'u' && at + 5 <= text.length();
        for (int i = 1; unicode && i <= 4; i++)
            unicode = text.charAt(at + i) < 128 && Character.digit(text.charAt(at + i), 16) >= 0;
        if (!unicode) throw syntax("\"\\" + Quoted.bare(String.valueOf(c)) + "\" is not an escape of JSON", "\"\\\\\"");
        at += 5;
    }

    private void scalar() {
        int start = at;
        while (!end() && " \t\r\n,:{}[]\"/".indexOf(text.charAt(at)) < 0) at++;
        String word = text.substring(start, at);
        if (word.equals("true") || word.equals("false") || word.equals("null")) return;
        at = start;
        if (word.length() > JsonReader.MAX_NUMBER_LENGTH)
            throw syntax("expected a value, found " + Quoted.of(word), null);
        if (!word.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?"))
            throw syntax(
                    Quoted.of(word.isEmpty() ? String.valueOf(peek()) : word) + " is not a JSON value",
                    "strings stand in double quotes");
        at = start + word.length();
    }

    private void skipSpace() {
        while (!end() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
        if (end()) return;
        String comment = text.startsWith("//", at)
                ? "//"
                : text.startsWith("/*", at) ? "/*" : text.charAt(at) == '#' ? "#" : null;
        if (comment != null)
            throw new Found(new Mistake(
                    Code.JSON_007,
                    at,
                    "found " + Quoted.of(comment) + " comment; this is strict JSON",
                    "use a \"//\" key"));
    }

    private void skipSpaceInside(char close, int open) {
        skipSpace();
        if (end())
            throw syntax(
                    "the file ends here; the " + kind(close) + " opened at " + position(text, open) + " is still open",
                    "add the missing \"" + close + "\"");
    }

    private static String kind(char close) {
        return close == '}' ? "object" : "array";
    }

    private String here() {
        if (end()) return "the end of the file";
        return peek() == '"' ? "a string" : Quoted.of(text.substring(at, text.offsetByCodePoints(at, 1)));
    }

    private char peek() {
        return text.charAt(at);
    }

    private boolean take(char wanted) {
        if (end() || peek() != wanted) return false;
        at++;
        return true;
    }

    private boolean end() {
        return at >= text.length();
    }

    private Found syntax(String message, @Nullable String help) {
        return new Found(new Mistake(Code.JSON_001, at, message, help));
    }
}
