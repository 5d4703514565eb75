package dev.sixgate.edge.http3;

import dev.sixgate.edge.http.BadMessageException;
import dev.sixgate.edge.http.BodyLength;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.LocalAnswer;
import dev.sixgate.edge.http.RequestAssembly;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.http.ResponseHead;
import dev.sixgate.edge.http.Version;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http3.DefaultHttp3Headers;
import io.netty.handler.codec.http3.Http3Headers;
import io.netty.util.AsciiString;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Between Netty's field sections and the heads of {@code edge.http}. */
final class Http3Heads {
    private Http3Heads() {}

    static RequestHead request(Http3Headers headers, boolean endOfStream, int maxFields) throws BadMessageException {
        return assembled(headers, maxFields).finish(endOfStream);
    }

    /**
     * Whether the head alone does not tell if a body follows, and hardly one does: then it is better to wait for what comes
     * next than to promise the backend a body.
     */
    static boolean mayEndHere(Http3Headers headers) {
        if (headers.contains("content-length")) return false;
        CharSequence method = headers.method();
        return method != null
                && (AsciiString.contentEquals(method, "GET")
                        || AsciiString.contentEquals(method, "HEAD")
                        || AsciiString.contentEquals(method, "DELETE")
                        || AsciiString.contentEquals(method, "OPTIONS"));
    }

    static @Nullable Fields trailers(Http3Headers headers, int maxFields) throws BadMessageException {
        return assembled(headers, maxFields).finishTrailers();
    }

    private static RequestAssembly assembled(Http3Headers headers, int maxFields) throws BadMessageException {
        RequestAssembly assembly = new RequestAssembly(Version.HTTP_3, maxFields);
        for (Map.Entry<CharSequence, CharSequence> header : headers)
            assembly.field(AsciiString.of(header.getKey()), AsciiString.of(header.getValue()));
        return assembly;
    }

    static Http3Headers response(ResponseHead head) {
        Http3Headers headers = headers(head.status(), head.fields());
        long length = head.bodyLength() >= 0 ? head.bodyLength() : head.declaredLength();
        boolean told = head.status() > 199 && head.status() != 204;
        if (length >= 0 && head.bodyLength() != BodyLength.UNKNOWN && told)
            headers.add("content-length", Long.toString(length));
        return headers;
    }

    static Http3Headers answer(LocalAnswer answer, int bodyBytes) {
        Http3Headers headers = headers(answer.status(), answer.fields());
        return answer.tellsLength() ? headers.add("content-length", Integer.toString(bodyBytes)) : headers;
    }

    static Http3Headers trailers(Fields fields) {
        return append(new DefaultHttp3Headers(false), fields);
    }

    private static Http3Headers headers(int status, Fields fields) {
        Http3Headers headers = new DefaultHttp3Headers(false, fields.size() + 2);
        headers.status(HttpResponseStatus.valueOf(status).codeAsText());
        return append(headers, fields);
    }

    private static Http3Headers append(Http3Headers headers, Fields fields) {
        for (int i = 0; i < fields.size(); i++)
            if (!fields.isDropped(i)) headers.add(fields.lowerCaseName(i), fields.sharedValue(i));
        return headers;
    }
}
