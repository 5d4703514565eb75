package dev.sixgate.edge.http;

import io.netty.util.AsciiString;

/** The gate for a backend's responses that come as a list of fields (RFC 9113 §8.2 and §8.3.2): as strict as for requests. */
public final class ResponseAssembly {
    /** Fields of a head or of trailers. */
    public static final int MAX_FIELDS = 256;

    private final Fields fields = new Fields();
    private int status;
    private int count;

    /** The next field, in the order received. */
    public void field(AsciiString name, AsciiString value) throws BadMessageException {
        if (++count > MAX_FIELDS) throw BadMessageException.tooLarge("there are more than " + MAX_FIELDS + " fields");
        RequestAssembly.checkValue(value);
        if (!name.isEmpty() && name.charAt(0) == ':') {
            if (fields.size() > 0 || status != 0 || !name.contentEquals(":status"))
                throw BadMessageException.malformed("a pseudo-header field is unknown, misplaced or there twice");
            status = status(value);
            return;
        }
        RequestAssembly.checkName(name);
        FieldName known = FieldName.find(name.array(), name.arrayOffset(), name.arrayOffset() + name.length());
        if (known != null)
            switch (known) {
                case CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, TRANSFER_ENCODING, UPGRADE, TE ->
                    throw BadMessageException.malformed(
                            "a field of the connection (" + known.text() + ") has no place here");
                default -> {}
            }
        fields.add(name, value);
    }

    private static int status(AsciiString value) throws BadMessageException {
        boolean digits = value.length() == 3
                && Ascii.isDigit(value.byteAt(0))
                && Ascii.isDigit(value.byteAt(1))
                && Ascii.isDigit(value.byteAt(2));
        int status = digits ? value.parseInt() : 0;
        if (status < 100 || status == 101) throw BadMessageException.malformed(":status is no status of HTTP/2");
        return status;
    }

    /**
     * All fields of a head were given.
     *
     * @param bodyless whether the stream ended with the head
     */
    public ResponseHead finish(RequestHead request, boolean bodyless) throws BadMessageException {
        if (status == 0) throw BadMessageException.malformed(":status is missing");
        if (status < 200 && bodyless) throw BadMessageException.malformed("the stream ends with an interim response");
        long declared = FieldParser.bodyLength(fields, Version.HTTP_2);
        boolean none = status < 200
                || status == 204
                || status == 304
                || request.method().equals("HEAD");
        if (bodyless && declared > 0 && !none)
            throw BadMessageException.malformed("content-length announces a body that does not come");
        long length =
                none ? BodyLength.NONE : bodyless ? 0 : declared == BodyLength.NONE ? BodyLength.UNKNOWN : declared;
        return new ResponseHead(status, Version.HTTP_2, fields, length, declared, true);
    }

    /** Trailers that passed the same gate, without those that may only stand in a head. */
    public Fields finishTrailers() throws BadMessageException {
        if (status != 0) throw BadMessageException.malformed("a pseudo-header field stands in the trailers");
        HopByHop.stripTrailers(fields);
        return fields;
    }
}
