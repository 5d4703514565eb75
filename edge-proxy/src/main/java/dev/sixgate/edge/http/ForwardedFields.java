package dev.sixgate.edge.http;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * Who the client is, as backends read it: X-Forwarded-For, -Proto, -Host, -Port and Forwarded (RFC 7239). They replace
 * whatever the client sent. The part that is the same for all requests of a connection is encoded once.
 */
public final class ForwardedFields {
    private final byte[] fixed;
    private final String forwarded;
    private final String fallbackHost;

    public ForwardedFields(ConnectionContext connection) {
        String client = text(connection.client().getAddress());
        String scheme = connection.tls() == null ? "http" : "https";
        this.fixed = ("x-forwarded-for: " + client + "\r\nx-forwarded-proto: " + scheme + "\r\nx-forwarded-port: "
                        + connection.port() + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        String node = client.indexOf(':') < 0 ? client : "\"[" + client + "]\"";
        this.forwarded = "forwarded: for=" + node + ";proto=" + scheme;
        this.fallbackHost = hostText(connection.local());
    }

    /** @return what stands in Host: the request's own word, or our address when it had none (HTTP/1.0) */
    String host(Authority authority) {
        return authority.text().isEmpty() ? fallbackHost : authority.text();
    }

    void writeTo(ByteBuf out, Authority authority) {
        out.writeBytes(fixed);
        String host = authority.text();
        ByteBufUtil.writeAscii(out, forwarded);
        if (!host.isEmpty()) {
            boolean token = Ascii.isToken(host);
            ByteBufUtil.writeAscii(out, token ? ";host=" : ";host=\"");
            ByteBufUtil.writeAscii(out, host);
            ByteBufUtil.writeAscii(out, token ? "\r\nx-forwarded-host: " : "\"\r\nx-forwarded-host: ");
            ByteBufUtil.writeAscii(out, host);
        }
        ByteBufUtil.writeAscii(out, "\r\n");
    }

    int encodedBytes(Authority authority) {
        return fixed.length + forwarded.length() + 2 * authority.text().length() + 40;
    }

    /** Canonical text without zone. IPv4 clients of a dual-stack socket come as IPv4 already. */
    static String text(InetAddress address) {
        return address instanceof Inet6Address six ? Ipv6Address.of(six).toString() : address.getHostAddress();
    }

    private static String hostText(InetSocketAddress address) {
        String text = text(address.getAddress());
        return (text.indexOf(':') < 0 ? text : "[" + text + "]") + ":" + address.getPort();
    }
}
