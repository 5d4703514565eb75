package dev.sixgate.edge.loopback;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Locale;

/** A backend's WebSocket (RFC 6455): sends every data frame back as it came, answers ping and close, then ends. */
public final class WebSocketEcho implements ScriptedBackend.Script {
    public static final int TEXT = 1;
    public static final int BINARY = 2;
    public static final int CLOSE = 8;
    public static final int PING = 9;
    public static final int PONG = 10;
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    @Override
    public void serve(ScriptedBackend.Connection connection) throws Exception {
        String head = connection.readHead();
        if (head == null) return;
        connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: " + accept(head) + "\r\n\r\n");
        DataInputStream in = new DataInputStream(connection.input());
        for (int first = in.read(); first >= 0; first = in.read()) {
            int length = in.readUnsignedByte() & 0x7f;
            if (length == 126) length = in.readUnsignedShort();
            else if (length == 127) length = (int) in.readLong();
            byte[] mask = in.readNBytes(4);
            byte[] payload = in.readNBytes(length);
            for (int i = 0; i < length; i++) payload[i] ^= mask[i & 3];
            int opcode = first & 0xf;
            connection.send(frame(opcode == PING ? first & 0xf0 | PONG : first, null, payload));
            if (opcode == CLOSE) return;
        }
    }

    /** The answer to the key in {@code head}. */
    public static String accept(String head) throws Exception {
        for (String line : head.split("\r\n"))
            if (line.toLowerCase(Locale.ROOT).startsWith("sec-websocket-key: "))
                return Base64.getEncoder()
                        .encodeToString(MessageDigest.getInstance("SHA-1")
                                .digest((line.substring(19) + GUID).getBytes(StandardCharsets.ISO_8859_1)));
        throw new IOException("no key in " + head);
    }

    /**
     * One frame as it goes over the wire.
     *
     * @param first FIN and opcode; {@code mask}: null for a server's
     */
    public static byte[] frame(int first, byte[] mask, byte[] payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(first);
        int masked = mask == null ? 0 : 0x80;
        if (payload.length < 126) out.write(masked | payload.length);
        else if (payload.length < 1 << 16) {
            out.write(masked | 126);
            out.write(payload.length >>> 8);
            out.write(payload.length);
        } else {
            out.write(masked | 127);
            out.writeBytes(ByteBuffer.allocate(8).putLong(payload.length).array());
        }
        if (mask != null) out.writeBytes(mask);
        for (int i = 0; i < payload.length; i++) out.write(mask == null ? payload[i] : payload[i] ^ mask[i & 3]);
        return out.toByteArray();
    }
}
