package dev.sixgate.edge.http;

/** Reads field lines as RFC 9112 §5 writes them, and nothing that merely looks like them. */
final class FieldParser {
    private FieldParser() {}

    /**
     * @param bytes the whole head, owned by the result; {@code [from, to)} are field lines, the last one empty; room behind them is
     *     for fields to be added
     */
    static Fields parse(byte[] bytes, int from, int to, int maxFields) throws BadMessageException {
        Fields fields = new Fields(bytes, to, 16);
        int i = from;
        while (bytes[i] != '\r') {
            if (fields.size() == maxFields)
                throw BadMessageException.tooLarge("there are more than " + maxFields + " fields");
            int nameFrom = i;
            while (Ascii.isToken(bytes[i])) i++;
            int nameTo = i;
            if (bytes[i] != ':' || nameFrom == nameTo)
                throw BadMessageException.malformed(badName(bytes[i], i == nameFrom));
            i++;
            while (isBlank(bytes[i])) i++;
            int valueFrom = i;
            while (Ascii.isFieldValue(bytes[i])) i++;
            if (bytes[i] != '\r' || bytes[i + 1] != '\n')
                throw BadMessageException.malformed(
                        "a field value holds a bare CR, a NUL or another control character");
            int valueTo = i;
            while (valueTo > valueFrom && isBlank(bytes[valueTo - 1])) valueTo--;
            fields.mark(nameFrom, nameTo, valueFrom, valueTo);
            i += 2;
        }
        if (i + 2 != to || bytes[i + 1] != '\n')
            throw BadMessageException.malformed("a field line starts with a bare CR");
        return fields;
    }

    private static String badName(byte found, boolean atStart) {
        if (isBlank(found) && atStart) return "a field line starts with white space (line folding)";
        if (isBlank(found)) return "white space stands between a field name and its colon";
        if (found == '\r') return "a field line has no colon";
        return "a field name is empty or holds a character that is not allowed";
    }

    private static boolean isBlank(byte c) {
        return c == ' ' || c == '\t';
    }

    /**
     * The body length that Content-Length and Transfer-Encoding declare, in the one form that no two parsers read
     * differently (RFC 9112 §6): either one Content-Length of digits, or one Transfer-Encoding that is exactly
     * {@code chunked}, never both.
     *
     * @return a length, {@link BodyLength#UNKNOWN} for chunked or {@link BodyLength#NONE} when neither is there
     */
    static long bodyLength(Fields fields, Version version) throws BadMessageException {
        int length = only(fields, FieldName.CONTENT_LENGTH, "Content-Length");
        int encoding = only(fields, FieldName.TRANSFER_ENCODING, "Transfer-Encoding");
        if (encoding >= 0) {
            if (length >= 0) throw BadMessageException.ambiguous("both Content-Length and Transfer-Encoding are there");
            if (version == Version.HTTP_1_0)
                throw BadMessageException.ambiguous("Transfer-Encoding stands in an HTTP/1.0 message");
            if (!fields.value(encoding).equalsIgnoreCase("chunked"))
                throw BadMessageException.ambiguous("Transfer-Encoding is not exactly chunked");
            return BodyLength.UNKNOWN;
        }
        return length < 0 ? BodyLength.NONE : decimal(fields.value(length));
    }

    private static int only(Fields fields, FieldName name, String text) throws BadMessageException {
        int first = fields.indexOf(name, 0);
        if (first >= 0 && fields.indexOf(name, first + 1) >= 0)
            throw BadMessageException.ambiguous(text + " is there twice");
        return first;
    }

    /** Digits only: no sign, no list, no white space, no more than fits. */
    static long decimal(String text) throws BadMessageException {
        if (text.isEmpty() || text.length() > 18)
            throw BadMessageException.ambiguous("Content-Length is not a number of 1 to 18 digits");
        long value = 0;
        for (int i = 0; i < text.length(); i++) {
            if (!Ascii.isDigit(text.charAt(i)))
                throw BadMessageException.ambiguous("Content-Length is not a number of 1 to 18 digits");
            value = value * 10 + text.charAt(i) - '0';
        }
        return value;
    }

    /** Whether one of the comma-separated members of the fields called {@code name} is {@code member}, in any case. */
    static boolean lists(Fields fields, FieldName name, String member) {
        for (int i = fields.indexOf(name, 0); i >= 0; i = fields.indexOf(name, i + 1))
            for (String part : fields.value(i).split(",", -1)) if (part.strip().equalsIgnoreCase(member)) return true;
        return false;
    }
}
