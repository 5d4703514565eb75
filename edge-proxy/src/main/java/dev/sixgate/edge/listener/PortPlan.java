package dev.sixgate.edge.listener;

import dev.sixgate.edge.servicemap.AddressRange;
import dev.sixgate.edge.servicemap.Handler;
import dev.sixgate.edge.servicemap.HostIndex.PortRules;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.Rule;
import dev.sixgate.edge.servicemap.TlsOptions;
import dev.sixgate.edge.tls.QuicTls;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a new connection on a port gets before its host is known. Options are those of the service that takes any host, or
 * else of the first one.
 *
 * @param bySni TLS is passed through, to the service that its ClientHello names
 */
record PortPlan(int port, PortBinding binding, boolean bySni) {
    /** @throws ListenException when services share the port and do not agree on what is spoken there */
    static PortPlan of(PortRules rules) throws ListenException {
        Rule first = rules.first();
        for (Rule rule : rules.all())
            if (!rule.port().handlers().equals(first.port().handlers()))
                throw new ListenException("port " + rules.port() + " has handlers "
                        + words(first.port().handlers())
                        + " by " + first.app().name() + "." + first.service().name() + " and "
                        + words(rule.port().handlers()) + " by " + rule.app().name() + "."
                        + rule.service().name() + "; services that share a port need the same handlers");
        boolean raw = !first.port().handlers().contains(Handler.TLS)
                && !first.port().handlers().contains(Handler.HTTP);
        boolean named = rules.all().stream().anyMatch(rule -> !rule.anyHost());
        return new PortPlan(rules.port(), first.port(), raw && named);
    }

    /** On a private address the port alone tells which service is meant. */
    PortPlan withoutSni() {
        return new PortPlan(port, binding, false);
    }

    boolean tls() {
        return binding.handlers().contains(Handler.TLS);
    }

    /** Whether HTTP/3 is spoken here over UDP. */
    boolean http3() {
        return tls() && http() && binding.tls().alpn().contains(TlsOptions.H3) && QuicTls.isAvailable();
    }

    /** What tells clients that HTTP/3 is spoken here too (RFC 7838); null: it is not. */
    @Nullable
    String altSvc() {
        return http3() ? "h3=\":" + port + "\"; ma=86400" : null;
    }

    boolean http() {
        return binding.handlers().contains(Handler.HTTP);
    }

    /** Whether a connection from there begins with a PROXY protocol head. */
    boolean expectsProxyHeader(InetAddress peer) {
        for (AddressRange range : binding.proxyProtocol().acceptFrom()) if (range.contains(peer)) return true;
        return false;
    }

    /** In the operator's words, such as {@code ["tls","http"]}. */
    static String words(List<Handler> handlers) {
        StringBuilder text = new StringBuilder("[");
        for (Handler handler : handlers) {
            if (text.length() > 1) text.append(',');
            text.append('"')
                    .append(handler.name().toLowerCase(java.util.Locale.ROOT))
                    .append('"');
        }
        return text.append(']').toString();
    }
}
