package dev.sixgate.edge.http2;

import dev.sixgate.edge.http.BadMessageException;
import dev.sixgate.edge.http.BodyLength;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.LocalAnswer;
import dev.sixgate.edge.http.RequestAssembly;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.http.ResponseHead;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Between Netty's header lists and the heads of {@code edge.http}. */
final class Http2Heads {
    private Http2Heads() {}

    static RequestHead request(Http2Headers headers, boolean endOfStream, int maxFields) throws BadMessageException {
        return assembled(headers, maxFields).finish(endOfStream);
    }

    static @Nullable Fields trailers(Http2Headers headers, int maxFields) throws BadMessageException {
        return assembled(headers, maxFields).finishTrailers();
    }

    private static RequestAssembly assembled(Http2Headers headers, int maxFields) throws BadMessageException {
        RequestAssembly assembly = new RequestAssembly(maxFields);
        for (Map.Entry<CharSequence, CharSequence> header : headers)
            assembly.field(AsciiString.of(header.getKey()), AsciiString.of(header.getValue()));
        return assembly;
    }

    static Http2Headers response(ResponseHead head) {
        // RFC 8441 §5: what HTTP/1.1 calls a switch of protocols is a success here.
        Http2Headers headers = headers(head.status() == 101 ? 200 : head.status(), head.fields());
        // Empty without having said so: a trailers-only answer of gRPC, which stays what it is.
        boolean unsaid = head.bodyLength() == 0 && head.declaredLength() == BodyLength.NONE;
        long length =
                head.bodyLength() > 0 || head.bodyLength() == 0 && !unsaid ? head.bodyLength() : head.declaredLength();
        boolean told = head.status() > 199 && head.status() != 204;
        if (length >= 0 && head.bodyLength() != BodyLength.UNKNOWN && told)
            headers.add("content-length", Long.toString(length));
        return headers;
    }

    static Http2Headers answer(LocalAnswer answer, int bodyBytes) {
        Http2Headers headers = headers(answer.status(), answer.fields());
        return answer.tellsLength() ? headers.add("content-length", Integer.toString(bodyBytes)) : headers;
    }

    static Http2Headers trailers(Fields fields) {
        return append(new DefaultHttp2Headers(false), fields);
    }

    private static Http2Headers headers(int status, Fields fields) {
        Http2Headers headers = new DefaultHttp2Headers(false, fields.size() + 2);
        headers.status(HttpResponseStatus.valueOf(status).codeAsText());
        return append(headers, fields);
    }

    private static Http2Headers append(Http2Headers headers, Fields fields) {
        for (int i = 0; i < fields.size(); i++)
            if (!fields.isDropped(i)) headers.add(fields.lowerCaseName(i), fields.sharedValue(i));
        return headers;
    }
}
