package dev.sixgate.edge.config;

import dev.sixgate.edge.config.MeshDraft.Located;
import dev.sixgate.edge.servicemap.Handler;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.sixpn.SixpnAddress;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.util.List;

/** {@code client_ip}: how backends learn who the client is. */
final class ClientAddressReader {
    private final Problems problems;
    private final List<Located<Ipv6Prefix>> own;
    private final int identityBits;

    /**
     * @param own the mesh's own ranges; empty: no mesh
     * @param identities that share them
     */
    ClientAddressReader(Problems problems, List<Located<Ipv6Prefix>> own, int identities) {
        this.problems = problems;
        this.own = own;
        this.identityBits = identities == 1 ? 0 : Ipv6Prefix.partBits(identities);
    }

    /** Whether connections to backends leave from an address that stands for the client. */
    boolean embeds(Fields service, List<Located<PortBinding>> ports) {
        String word =
                service.word("client_ip", List.of("headers", "proxy_proto", "embed", "none"), List.of("transparent"));
        if (word == null) return false;
        Spot spot = service.spot("client_ip");
        switch (word) {
            case "headers" -> {
                if (ports.stream().noneMatch(port -> port.value().handlers().contains(Handler.HTTP)))
                    problems.error(
                            Code.JSON_010,
                            spot,
                            "client_ip \"headers\" on a service without the handler \"http\": raw bytes have no"
                                    + " headers",
                            "\"proxy_proto\" or \"embed\"");
            }
            case "proxy_proto" -> {
                if (ports.stream().noneMatch(port -> port.value().handlers().contains(Handler.PROXY_PROTO)))
                    problems.error(
                            Code.JSON_010,
                            spot,
                            "client_ip \"proxy_proto\", and no port of this service has the handler",
                            "add \"proxy_proto\" as the last handler");
            }
            case "embed" -> room(spot);
            default -> {}
        }
        return word.equals("embed");
    }

    private void room(Spot spot) {
        if (own.isEmpty()) {
            problems.error(
                    Code.MESH_010,
                    spot,
                    "client_ip \"embed\" needs a mesh, whose addresses clients get",
                    "add \"mesh\"");
            return;
        }
        int length = own.getFirst().value().length();
        if (length + identityBits > SixpnAddress.HOST_LENGTH)
            problems.error(
                    Code.MESH_010,
                    spot,
                    "client_ip \"embed\" needs a /80 or shorter mesh.address"
                            + (identityBits == 0 ? "" : " for each identity") + ", found /"
                            + (length + identityBits),
                    "\"address\": a /80 of the network, which the peers' allowed IPs for this edge hold too");
    }
}
