package dev.sixgate.edge.sixpn;

import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who is who on the mesh, both ways: address to owner, and name to address. Immutable, and asked by operators only: a question
 * looks at every backend.
 *
 * @param networks by name; empty: none is declared
 * @param own ranges of this edge
 */
public record AddressBook(Map<String, Ipv6Prefix> networks, List<Ipv6Prefix> own, List<Peer> peers, List<App> apps) {
    /** Of backends in an answer. */
    public static final int MAX_OWNERS = 1000;

    public static final AddressBook EMPTY = new AddressBook(Map.of(), List.of(), List.of(), List.of());

    public record Peer(String name, List<Ipv6Prefix> allowedIps) {}

    /**
     * @param addresses one when an address was asked for
     * @param meant what was asked, as it was understood
     */
    public record Answer(String meant, List<Described> addresses) {
        /** With the IPv6 clients that addresses of ours stand for, as far as {@code known} remembers them. */
        public Answer withClients(EmbeddedClients known) {
            return new Answer(
                    meant,
                    addresses.stream().map(each -> each.withClient(known)).toList());
        }
    }

    /**
     * One address.
     *
     * @param network its 32 bits, such as {@code 0:48c8}, as are {@code host} and {@code machine}
     * @param networkName null: in none that is declared
     * @param hostOwner {@code this edge}, {@code peer NAME} or {@code services}; null: nobody known
     * @param free the last 16 bits in hex
     * @param client whom the address stands for, where the host is this edge; null: it is no client's
     */
    public record Described(
            String address,
            String network,
            String networkRange,
            @Nullable String networkName,
            String host,
            String hostRange,
            @Nullable String hostOwner,
            String machine,
            String free,
            @Nullable String client,
            List<Owner> owners) {
        private Described withClient(EmbeddedClients known) {
            boolean ours = client == null && "this edge".equals(hostOwner);
            InetAddress six = ours ? known.ipv6Client(Ipv6Address.parse(address)) : null;
            return six == null
                    ? this
                    : new Described(
                            address,
                            network,
                            networkRange,
                            networkName,
                            host,
                            hostRange,
                            hostOwner,
                            machine,
                            free,
                            Ipv6Address.of((Inet6Address) six).toString(),
                            owners);
        }

        /** Whether somebody or something is known to be there. */
        public boolean isKnown() {
            return hostOwner != null || !owners.isEmpty();
        }
    }

    /**
     * A backend, or an app that is served at its private address.
     *
     * @param backend empty: it is the app itself
     * @param kind such as {@code pod}; {@code private address} of an app
     * @param port 0: whatever its services say
     */
    public record Owner(String app, String backend, String kind, String region, int port) {}

    /** What is known of an IPv6 address; of an IPv4 one, the addresses that stand for it; else those of what is called so. */
    public Answer about(String asked) {
        String text = withoutPort(asked.strip());
        InetAddress address;
        try {
            address = InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            return new Answer(text, named(text));
        }
        if (address instanceof Inet4Address client)
            return new Answer(client.getHostAddress() + " as a client", embedding(client));
        Ipv6Address bits = Ipv6Address.of((Inet6Address) address);
        return new Answer(bits.toString(), List.of(describe(bits)));
    }

    /** {@code [fdaa::2]:8080}, as logs have it. */
    private static String withoutPort(String text) {
        int end = text.indexOf(']');
        return text.startsWith("[") && end > 0 ? text.substring(1, end) : text;
    }

    public Described describe(Ipv6Address address) {
        SixpnAddress bits = new SixpnAddress(address);
        String name = null;
        Ipv6Prefix range = bits.networkRange();
        for (var network : networks.entrySet()) {
            boolean longer = name == null || network.getValue().length() > range.length();
            if (!longer || !network.getValue().contains(address)) continue;
            name = network.getKey();
            range = network.getValue();
        }
        boolean ours = own.stream().anyMatch(each -> each.contains(address));
        return new Described(
                address.toString(),
                SixpnAddress.groups(bits.network()),
                range.toString(),
                name,
                SixpnAddress.groups(bits.host()),
                bits.hostRange().toString(),
                ours ? "this edge" : hostOwner(bits),
                SixpnAddress.groups(bits.machine()),
                Integer.toHexString(bits.free()),
                ours ? client(bits) : null,
                owners(address));
    }

    private @Nullable String hostOwner(SixpnAddress bits) {
        Peer best = null;
        int longest = -1;
        for (Peer peer : peers)
            for (Ipv6Prefix allowed : peer.allowedIps)
                if (allowed.contains(bits.address()) && allowed.length() > longest) {
                    best = peer;
                    longest = allowed.length();
                }
        if (best != null) return "peer " + best.name;
        boolean service = bits.host() == SixpnAddress.SERVICE_HOST
                && networks.values().stream().anyMatch(network -> network.contains(bits.address()));
        return service ? "services" : null;
    }

    /** Only a range as wide as a host's has room for clients. */
    private @Nullable String client(SixpnAddress bits) {
        InetAddress client = bits.embedded();
        boolean roomy = own.stream()
                .anyMatch(each -> each.length() <= SixpnAddress.HOST_LENGTH && each.contains(bits.address()));
        return client == null || !roomy ? null : client.getHostAddress();
    }

    private List<Owner> owners(Ipv6Address address) {
        List<Owner> owners = new ArrayList<>();
        InetAddress wanted = address.toInetAddress();
        for (App app : apps)
            if (wanted.equals(app.privateAddress())) owners.add(new Owner(app.name(), "", "private address", "", 0));
        for (App app : apps)
            for (Backend backend : app.backends())
                if (backend.address().equals(wanted) && owners.size() < MAX_OWNERS) owners.add(owner(app, backend));
        return owners;
    }

    private static Owner owner(App app, Backend backend) {
        return new Owner(app.name(), backend.name(), backend.kind(), backend.region(), backend.port());
    }

    private List<Described> embedding(Inet4Address client) {
        return own.stream()
                .filter(range -> range.length() == SixpnAddress.HOST_LENGTH)
                .map(range -> describe(SixpnAddress.embedding(range, client).address()))
                .toList();
    }

    /** {@code app}, {@code app/backend}, {@code backend} or a peer, whose ranges begin with the addresses told. */
    private List<Described> named(String name) {
        List<Described> found = new ArrayList<>();
        for (App app : apps)
            if (name.equals(app.name()) && app.privateAddress() != null)
                found.add(describe(Ipv6Address.of(app.privateAddress())));
        for (App app : apps)
            for (Backend backend : app.backends()) {
                boolean meant = name.equals(app.name())
                        || name.equals(backend.name())
                        || name.equals(app.name() + "/" + backend.name());
                if (meant && backend.address() instanceof Inet6Address v6 && found.size() < MAX_OWNERS)
                    found.add(describe(Ipv6Address.of(v6)));
            }
        for (Peer peer : peers)
            if (peer.name.equals(name))
                for (Ipv6Prefix range : peer.allowedIps)
                    if (found.size() < MAX_OWNERS) found.add(describe(range.address()));
        return found.stream().distinct().toList();
    }
}
