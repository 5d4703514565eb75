package dev.sixgate.edge.http;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Who the client is, as backends read it: X-Forwarded-For, -Proto, -Host, -Port, -Client-Cert and Forwarded (RFC 7239). They replace
 * whatever the client sent. Made once for a connection, or for each request where trusted proxies speak for many clients.
 */
public final class ForwardedFields {
    private final byte[] fixed;
    private final String forwarded;
    private final String forwardedHops;
    private final @Nullable String claimedHost;
    private final byte[] clientAddress;
    private final @Nullable String requestId;
    private final String fallbackHost;

    /** Of a connection that comes from the client itself, as far as we can know. */
    public ForwardedFields(ConnectionContext connection) {
        this(
                connection,
                new ClientIdentity(connection.client(), List.of(), connection.tls() != null, null, 0, null),
                connection.tls() == null ? null : connection.tls().clientCertificate());
    }

    /** Of one request that came through trusted proxies, whose certificate is not the client's. */
    public ForwardedFields(ConnectionContext connection, ClientIdentity identity) {
        this(connection, identity, null);
    }

    private ForwardedFields(ConnectionContext connection, ClientIdentity identity, @Nullable String certificate) {
        String client = text(identity.client().getAddress());
        String scheme = identity.secure() ? "https" : "http";
        int port = identity.port() == 0 ? connection.port() : identity.port();
        StringBuilder addresses = new StringBuilder(client);
        StringBuilder nodes = new StringBuilder();
        for (InetAddress hop : identity.hops()) {
            addresses.append(", ").append(text(hop));
            nodes.append(", for=").append(node(text(hop)));
        }
        this.fixed = ("x-forwarded-for: " + addresses + "\r\nx-forwarded-proto: " + scheme + "\r\nx-forwarded-port: "
                        + port + "\r\n"
                        + (certificate == null ? "" : ClientCertificate.FIELD + ": " + certificate + "\r\n"))
                .getBytes(StandardCharsets.US_ASCII);
        this.forwarded = "forwarded: for=" + node(client) + ";proto=" + scheme;
        this.forwardedHops = nodes.toString();
        this.claimedHost = identity.host();
        this.clientAddress = client.getBytes(StandardCharsets.US_ASCII);
        this.requestId = identity.requestId();
        this.fallbackHost = hostText(connection.local());
    }

    private static String node(String address) {
        return address.indexOf(':') < 0 ? address : "\"[" + address + "]\"";
    }

    /** @return what goes upstream as X-Request-Id: a trusted proxy's, or else ours */
    String requestId(String ours) {
        return requestId == null ? ours : requestId;
    }

    /** Writes the client's address as a field of the operator's choice. */
    void writeClientAddress(ByteBuf out, String field) {
        ByteBufUtil.writeAscii(out, field);
        ByteBufUtil.writeAscii(out, ": ");
        out.writeBytes(clientAddress);
        ByteBufUtil.writeAscii(out, "\r\n");
    }

    /** @return what stands in Host: the request's own word, or our address when it had none (HTTP/1.0) */
    String host(Authority authority) {
        return authority.text().isEmpty() ? fallbackHost : authority.text();
    }

    void writeTo(ByteBuf out, Authority authority) {
        out.writeBytes(fixed);
        String host = claimedHost == null ? authority.text() : claimedHost;
        ByteBufUtil.writeAscii(out, forwarded);
        if (!host.isEmpty()) {
            boolean token = Ascii.isToken(host);
            ByteBufUtil.writeAscii(out, token ? ";host=" : ";host=\"");
            ByteBufUtil.writeAscii(out, host);
            if (!token) out.writeByte('"');
            ByteBufUtil.writeAscii(out, forwardedHops);
            ByteBufUtil.writeAscii(out, "\r\nx-forwarded-host: ");
            ByteBufUtil.writeAscii(out, host);
        } else ByteBufUtil.writeAscii(out, forwardedHops);
        ByteBufUtil.writeAscii(out, "\r\n");
    }

    /** Tells the same fields one by one, for a protocol that does not write them as lines. */
    void forEach(Authority authority, BiConsumer<String, String> field) {
        String lines = new String(fixed, StandardCharsets.US_ASCII);
        for (String line : lines.split("\r\n")) {
            int colon = line.indexOf(':');
            field.accept(line.substring(0, colon), line.substring(colon + 2));
        }
        String host = claimedHost == null ? authority.text() : claimedHost;
        String node = forwarded.substring("forwarded: ".length());
        if (host.isEmpty()) field.accept("forwarded", node + forwardedHops);
        else {
            String quoted = Ascii.isToken(host) ? host : '"' + host + '"';
            field.accept("forwarded", node + ";host=" + quoted + forwardedHops);
            field.accept("x-forwarded-host", host);
        }
    }

    String clientAddress() {
        return new String(clientAddress, StandardCharsets.US_ASCII);
    }

    int encodedBytes(Authority authority) {
        int host = claimedHost == null ? authority.text().length() : claimedHost.length();
        return fixed.length
                + forwarded.length()
                + forwardedHops.length()
                + 2 * host
                + 40
                + clientAddress.length
                + (requestId == null ? 0 : requestId.length());
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
