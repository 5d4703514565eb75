package dev.sixgate.edge.loopback;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** An HTTP/2 client with prior knowledge that sends exactly the frames a test wrote; blocking, for ten seconds at most. */
public final class RawHttp2Client implements AutoCloseable {
    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int PRIORITY = 2;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;
    public static final int CONTINUATION = 9;
    public static final int END_STREAM = 1;
    public static final int ACK = 1;
    public static final int END_HEADERS = 4;

    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    /** @param headers of HEADERS, null for others */
    public record Frame(int type, int flags, int stream, byte[] payload, Http2Headers headers) {
        public boolean endsStream() {
            return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
        }

        public int errorCode() {
            ByteBuf in = Unpooled.wrappedBuffer(payload);
            return in.getInt(type == GOAWAY ? 4 : 0);
        }

        public String text() {
            return new String(payload, StandardCharsets.ISO_8859_1);
        }
    }

    private final Socket socket;
    private final DataInputStream in;
    private final DefaultHttp2HeadersEncoder encoder =
            new DefaultHttp2HeadersEncoder(Http2HeadersEncoder.NEVER_SENSITIVE, true);
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false, 1 << 20);

    /** Connects, and sends preface and empty settings. */
    public RawHttp2Client(LoopbackEdge edge) throws IOException {
        this(edge.address(), new byte[0]);
    }

    /** @param settings payload of the first SETTINGS frame */
    public RawHttp2Client(InetSocketAddress edge, byte[] settings) throws IOException {
        socket = new Socket();
        socket.connect(edge, 10_000);
        socket.setSoTimeout(10_000);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        write(PREFACE.getBytes(StandardCharsets.US_ASCII));
        frame(SETTINGS, 0, 0, settings);
    }

    /** The other role: a backend on a connection that the edge made; reads the preface, and sends settings. */
    RawHttp2Client(Socket accepted, byte[] settings) throws IOException {
        socket = accepted;
        socket.setSoTimeout(10_000);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        assertThat(new String(in.readNBytes(PREFACE.length()), StandardCharsets.US_ASCII))
                .isEqualTo(PREFACE);
        frame(SETTINGS, 0, 0, settings);
    }

    public static byte[] setting(int id, int value) {
        ByteBuf out = Unpooled.buffer(6).writeShort(id).writeInt(value);
        return ByteBufUtil.getBytes(out);
    }

    public RawHttp2Client write(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    public static byte[] encoded(int type, int flags, int stream, byte[] payload) {
        ByteBuf out = Unpooled.buffer(9 + payload.length);
        out.writeMedium(payload.length)
                .writeByte(type)
                .writeByte(flags)
                .writeInt(stream)
                .writeBytes(payload);
        return out.array();
    }

    public RawHttp2Client frame(int type, int flags, int stream, byte[] payload) throws IOException {
        return write(encoded(type, flags, stream, payload));
    }

    /** A header block; {@code fields} are {@code name: value}, in this order. */
    public byte[] block(String... fields) {
        // DefaultHttp2Headers would put pseudo-header fields in front, so each field is a block of its own.
        ByteBuf out = Unpooled.buffer();
        for (String field : fields) {
            int colon = field.indexOf(':', 1);
            Http2Headers one = new DefaultHttp2Headers(false)
                    .add(field.substring(0, colon), field.substring(colon + 1).replaceFirst("^ ", ""));
            try {
                encoder.encodeHeaders(1, one, out);
            } catch (Http2Exception e) {
                throw new AssertionError(e);
            }
        }
        return ByteBufUtil.getBytes(out);
    }

    public RawHttp2Client headers(int stream, boolean end, String... fields) throws IOException {
        return frame(HEADERS, END_HEADERS | (end ? END_STREAM : 0), stream, block(fields));
    }

    /** A GET for "app.example". */
    public RawHttp2Client get(int stream, String path) throws IOException {
        return headers(stream, true, ":method: GET", ":scheme: http", ":authority: app.example", ":path: " + path);
    }

    /** A POST for "app.example" whose body follows. */
    public RawHttp2Client post(int stream, String path) throws IOException {
        return headers(stream, false, ":method: POST", ":scheme: http", ":authority: app.example", ":path: " + path);
    }

    public RawHttp2Client data(int stream, boolean end, String text) throws IOException {
        return frame(DATA, end ? END_STREAM : 0, stream, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    public RawHttp2Client windowUpdate(int stream, int bytes) throws IOException {
        return frame(
                WINDOW_UPDATE, 0, stream, Unpooled.buffer(4).writeInt(bytes).array());
    }

    /** @return the next frame, or null at the end of the connection; a reset is an end */
    public Frame read() {
        try {
            int length = in.read();
            if (length < 0) return null;
            length = length << 16 | in.readUnsignedShort();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            int stream = in.readInt();
            byte[] payload = new byte[length];
            in.readFully(payload);
            Http2Headers headers =
                    type == HEADERS ? decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(payload)) : null;
            return new Frame(type, flags, stream, payload, headers);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("no frame came", e);
        } catch (IOException e) {
            return null;
        } catch (Http2Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Skips frames until one of {@code type}. */
    public Frame next(int type) {
        for (Frame frame = read(); frame != null; frame = read()) if (frame.type == type) return frame;
        throw new AssertionError("the connection ended before a frame of type " + type);
    }

    /** Whether a frame of this type comes before the connection's end. */
    public boolean gets(int type) {
        for (Frame frame = read(); frame != null; frame = read()) if (frame.type == type) return true;
        return false;
    }

    /** Reads up to the end of the stream, giving credit for every DATA frame. */
    public String body(int stream) throws IOException {
        StringBuilder body = new StringBuilder();
        for (Frame frame = read(); frame != null; frame = read()) {
            if (frame.type == DATA && frame.payload.length > 0) {
                windowUpdate(0, frame.payload.length);
                if (!frame.endsStream()) windowUpdate(frame.stream, frame.payload.length);
            }
            if (frame.stream != stream) continue;
            if (frame.type == DATA) body.append(frame.text());
            if (frame.type == RST_STREAM) return body + "[" + Http2Error.valueOf(frame.errorCode()) + "]";
            if (frame.endsStream()) return body.toString();
        }
        return body + "[end]";
    }

    /** Reads up to the end of the connection, and returns the error of the GOAWAY that came on the way. */
    public Http2Error goAway() {
        Http2Error error = null;
        for (Frame frame = read(); frame != null; frame = read())
            if (frame.type == GOAWAY) error = Http2Error.valueOf(frame.errorCode());
        assertThat(error).as("the error of a GOAWAY").isNotNull();
        return error;
    }

    @Override
    public void close() {
        encoder.close();
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
