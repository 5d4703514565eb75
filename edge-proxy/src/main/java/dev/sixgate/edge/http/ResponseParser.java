package dev.sixgate.edge.http;

import dev.sixgate.edge.explain.Reason;
import io.netty.buffer.ByteBuf;

/** The gate for a backend's HTTP/1 responses: as strict as that for requests, every failure is BACKEND_PROTOCOL. */
public final class ResponseParser {
    private static final int MAX_FIELDS = 256;
    private static final int ROOM_FOR_OURS = 128; // the fields that the proxy adds

    /** Bound on a response's head; {@link HeadScanner} counts it. */
    public static final int MAX_HEAD_BYTES = 64 << 10;

    private ResponseParser() {}

    /**
     * Reads one head.
     *
     * @param in starts with the head, {@code length} bytes as {@link HeadScanner} counted them; they are consumed
     * @param request which it answers
     */
    public static ResponseHead parse(ByteBuf in, int length, RequestHead request) throws BadMessageException {
        byte[] bytes = new byte[length + ROOM_FOR_OURS];
        in.readBytes(bytes, 0, length);
        try {
            return parse(bytes, length, request);
        } catch (BadMessageException e) {
            Reason reason = e.reason() == Reason.BACKEND_NO_UPGRADE ? e.reason() : Reason.BACKEND_PROTOCOL;
            throw new BadMessageException(reason, e.detail());
        }
    }

    private static ResponseHead parse(byte[] bytes, int length, RequestHead request) throws BadMessageException {
        // HTTP/1.x SP 3DIGIT [SP reason] CRLF; backends that leave out the last space are many.
        boolean wellFormed = length > 15
                && bytes[0] == 'H'
                && bytes[1] == 'T'
                && bytes[2] == 'T'
                && bytes[3] == 'P'
                && bytes[4] == '/'
                && bytes[5] == '1'
                && bytes[6] == '.'
                && (bytes[7] == '0' || bytes[7] == '1')
                && bytes[8] == ' '
                && bytes[9] >= '1'
                && bytes[9] <= '9'
                && Ascii.isDigit(bytes[10])
                && Ascii.isDigit(bytes[11])
                && (bytes[12] == ' ' || bytes[12] == '\r');
        int lineEnd = 12;
        while (wellFormed && Ascii.isFieldValue(bytes[lineEnd])) lineEnd++;
        if (!wellFormed || bytes[lineEnd] != '\r' || bytes[lineEnd + 1] != '\n')
            throw BadMessageException.malformed("the status line is not well-formed");
        Version version = bytes[7] == '1' ? Version.HTTP_1_1 : Version.HTTP_1_0;
        int status = (bytes[9] - '0') * 100 + (bytes[10] - '0') * 10 + bytes[11] - '0';
        Fields fields = FieldParser.parse(bytes, lineEnd + 2, length, MAX_FIELDS);

        long framed = FieldParser.bodyLength(fields, version);
        boolean close = FieldParser.lists(fields, FieldName.CONNECTION, "close");
        boolean persistent = version == Version.HTTP_1_1 && !close;
        boolean bodiless = status < 200
                || status == 204
                || status == 304
                || request.method().equals("HEAD");
        long bodyLength = bodiless ? BodyLength.NONE : framed == BodyLength.NONE ? BodyLength.UNTIL_CLOSE : framed;
        if (status == 101 && !(request.webSocket() && "websocket".equalsIgnoreCase(fields.first(FieldName.UPGRADE))))
            throw BadMessageException.malformed("the backend switches to a protocol that was not asked for");
        if (request.webSocket() && request.version() == Version.HTTP_2) checkOpening(status, fields, request);
        return new ResponseHead(status, version, fields, bodyLength, framed < 0 ? BodyLength.NONE : framed, persistent);
    }

    /** What a client of HTTP/1.1 checks itself; over HTTP/2 any 2xx would tell it that the WebSocket is open. */
    private static void checkOpening(int status, Fields fields, RequestHead request) throws BadMessageException {
        if (status >= 200 && status < 300)
            throw new BadMessageException(
                    Reason.BACKEND_NO_UPGRADE, "the backend answers " + status + " and does not switch protocols");
        String key = request.fields().find(WebSocketKey.FIELD);
        if (status == 101 && key != null && !WebSocketKey.answer(key).equals(fields.find(WebSocketKey.ANSWER_FIELD)))
            throw BadMessageException.malformed("the backend's Sec-WebSocket-Accept does not fit the key");
        if (status == 101) fields.dropNamed(WebSocketKey.ANSWER_FIELD);
    }
}
