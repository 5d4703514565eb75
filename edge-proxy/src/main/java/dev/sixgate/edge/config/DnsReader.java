package dev.sixgate.edge.config;

import dev.sixgate.edge.config.Addresses.HostAndPort;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.dns.DnsSettings;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code dns}: where names are answered, which, and who is asked for others. */
final class DnsReader {
    private final Scope scope;
    private final Problems problems;

    DnsReader(Scope scope) {
        this.scope = scope;
        this.problems = scope.problems();
    }

    /** Null: absent. @param hasMesh whether the edge has one */
    @Nullable
    DnsSettings read(Fields top, boolean hasMesh) {
        Fields fields = top.object("dns", KeyCatalogue.DNS).orElse(null);
        if (fields == null) return null;
        fields.require("listen", "\"listen\": [\"[::1]:5353\", \"mesh\"]");
        fields.require("zones", "\"zones\": [\"internal\", \"flycast\"]");
        List<InetSocketAddress> listen = new ArrayList<>();
        int meshPort = 0;
        for (JsonText item : fields.texts("listen")) {
            if (item.text().equals("mesh") || item.text().startsWith("mesh:")) {
                meshPort = meshPort(item, hasMesh);
                continue;
            }
            InetSocketAddress address = address(item, "dns.listen");
            if (address == null) continue;
            if (listen.contains(address))
                problems.error(Code.JSON_011, item.spot(), Quoted.of(item.text()) + " appears twice", "remove one");
            else listen.add(address);
            exposed(item, address.getAddress());
        }
        return new DnsSettings(listen, meshPort, zones(fields), forward(fields));
    }

    private int meshPort(JsonText item, boolean hasMesh) {
        if (!hasMesh)
            problems.error(
                    Code.JSON_010,
                    item.spot(),
                    "dns.listen " + Quoted.of(item.text()) + ": this edge has no mesh",
                    "add \"mesh\", or remove it here");
        if (item.text().equals("mesh")) return DnsSettings.PORT;
        String port = item.text().substring("mesh:".length());
        if (port.matches("[1-9][0-9]{0,4}") && Integer.parseInt(port) <= 65535) return Integer.parseInt(port);
        problems.error(
                Code.JSON_010,
                item.spot(),
                Quoted.of(item.text()) + " has no port between 1 and 65535",
                "\"mesh\" for port 53, or \"mesh:5353\"");
        return 0;
    }

    private @Nullable InetSocketAddress address(JsonText item, String what) {
        HostAndPort at = new Addresses(problems).addressMaybePort(item, what);
        return at == null ? null : new InetSocketAddress(at.address(), at.port() == 0 ? DnsSettings.PORT : at.port());
    }

    /** Names of an app are nobody's business outside. */
    private void exposed(JsonText item, InetAddress address) {
        boolean unique = address instanceof Inet6Address && (address.getAddress()[0] & 0xfe) == 0xfc;
        if (address.isLoopbackAddress() || address.isSiteLocalAddress() || unique) return;
        problems.warning(
                Code.DNS_001,
                item.spot(),
                "dns.listen " + Quoted.of(item.text())
                        + " answers anyone who reaches it with the names and addresses of" + " all apps",
                "\"mesh\", or a loopback or private address");
    }

    private Set<String> zones(Fields fields) {
        Set<String> zones = new LinkedHashSet<>();
        for (JsonText item : fields.texts("zones")) {
            String zone = Addresses.hostname(item.text(), false);
            boolean known =
                    zone != null && (zone.equals("internal") || zone.equals("flycast") || zone.indexOf('.') > 0);
            if (!known)
                problems.error(
                        Code.JSON_010,
                        item.spot(),
                        Quoted.of(item.text()) + " is no zone that can be answered",
                        "\"internal\", \"flycast\", or a cluster's domain such as \"cluster.local\"");
            else if (!zones.add(zone))
                problems.error(Code.JSON_011, item.spot(), Quoted.of(item.text()) + " appears twice", "remove one");
        }
        return zones;
    }

    private List<InetSocketAddress> forward(Fields fields) {
        List<InetSocketAddress> servers = new ArrayList<>();
        for (JsonText item : fields.texts("forward")) {
            if (!item.text().equals("system")) {
                InetSocketAddress address = address(item, "dns.forward");
                if (address != null) servers.add(address);
                continue;
            }
            List<InetAddress> system = scope.surroundings().nameServers();
            if (system.isEmpty())
                problems.warning(
                        Code.DNS_002,
                        item.spot(),
                        "dns.forward \"system\": /etc/resolv.conf names no server, so that other names are refused",
                        "write a server's address");
            for (InetAddress each : system) servers.add(new InetSocketAddress(each, DnsSettings.PORT));
        }
        return servers;
    }
}
