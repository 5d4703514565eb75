package dev.sixgate.edge.config;

import dev.sixgate.edge.config.Addresses.HostAndPort;
import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.config.MeshDraft.Located;
import dev.sixgate.edge.config.MeshDraft.Peer;
import dev.sixgate.edge.config.Secrets.Secret;
import dev.sixgate.edge.run.Snapshot.MeshSettings;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PrivateKey;
import dev.sixgate.mesh.wireguard.PublicKey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The {@code mesh} key. What the parts mean together is for {@link MeshChecks}. */
final class MeshReader {
    private static final int MAX_WG_QUICK_BYTES = 1 << 20;
    private static final int LEAST_OWN_LENGTH = 64;
    static final Duration MAX_KEEPALIVE = Duration.ofSeconds(65535);

    private final Scope scope;
    private final Problems problems;

    MeshReader(Scope scope) {
        this.scope = scope;
        this.problems = scope.problems();
    }

    /** Null, with a problem told, when there is nothing to look at. */
    @Nullable
    MeshDraft read(JsonNode node, String mainFile) {
        Fields mesh = Fields.of(node, "\"mesh\"", KeyCatalogue.MESH, problems).orElse(null);
        if (mesh == null) return null;
        return mesh.has("wg_quick") ? wgQuick(mesh, mainFile) : json(mesh);
    }

    private @Nullable MeshDraft wgQuick(Fields mesh, String mainFile) {
        for (String key : KeyCatalogue.MESH.built())
            if (!key.equals("wg_quick") && mesh.has(key))
                problems.error(
                        Code.JSON_010,
                        mesh.keySpot(key),
                        Quoted.of(key) + " stands beside \"wg_quick\", whose file says it already",
                        "keep one of the two");
        JsonText name = mesh.textNode("wg_quick");
        if (name == null) return null;
        byte[] bytes = scope.read(
                name.text(), name.spot(), MAX_WG_QUICK_BYTES, "any wg-quick file, as sixgate mesh export writes it");
        if (bytes == null) return null;
        String mode = Secrets.exposedMode(scope.path(name.text(), name.spot()));
        if (mode != null)
            problems.warning(
                    Code.MESH_007,
                    name.spot(),
                    Quoted.bare(name.text()) + " holds a private key and has mode " + mode,
                    "chmod 600 " + Quoted.bare(name.text()));
        String shown = WgQuick.sibling(mainFile, name.text());
        return WgQuick.read(shown, name.spot().pointer(), bytes, problems);
    }

    private MeshDraft json(Fields mesh) {
        PrivateKey privateKey = null;
        if (mesh.require("private_key", "{ \"file\": \"edge.wgkey\" }; sixgate mesh keygen edge.wgkey makes one")) {
            Secret secret = new Secrets(scope).read(mesh, "private_key", "sixgate mesh keygen %s");
            if (secret != null) privateKey = privateKey(secret, mesh.spot("private_key"));
        }
        List<Located<Ipv6Prefix>> own = new ArrayList<>();
        if (mesh.require("address", "\"address\": \"fdaa:…:10/128\", this edge's own address in the mesh")) {
            Located<Ipv6Prefix> address = own(mesh.textNode("address"));
            if (address != null) own.add(address);
        }
        return new MeshDraft(
                mesh.object().spot(),
                privateKey,
                own,
                mesh.whole("listen_port", 0, 0, 65535),
                new Located<>(mtu(mesh), mesh.spot("mtu")),
                new Located<>(mesh.whole("identities", 1, 1, MeshSettings.MAX_IDENTITIES), mesh.spot("identities")),
                uapi(mesh),
                mesh.require("peers", "\"peers\": [ { \"name\": …, \"public_key\": …, \"allowed_ips\": […] } ]")
                        ? peers(mesh)
                        : List.of());
    }

    private @Nullable PrivateKey privateKey(Secret secret, Spot spot) {
        try {
            return PrivateKey.parse(secret.text());
        } catch (IllegalArgumentException e) {
            problems.error(
                    Code.MESH_001,
                    spot,
                    "the private key in " + secret.source() + " " + WgQuick.why(e),
                    "a character was probably lost when copying");
            return null;
        }
    }

    private @Nullable Located<Ipv6Prefix> own(@Nullable JsonText node) {
        if (node != null && WgQuick.isIpv4Prefix(node.text())) {
            problems.error(
                    Code.JSON_010,
                    node.spot(),
                    "\"address\": " + Quoted.of(node.text()) + " is IPv4, and only IPv6 lives on the mesh",
                    "such as \"fdaa:0:48c8:e001:1::/80\"");
            return null;
        }
        Ipv6Prefix prefix = node == null ? null : prefix(node.text(), node.spot(), "\"address\"");
        if (node == null || prefix == null) return null;
        Ipv6Address written = Ipv6Address.parse(node.text().replaceFirst("/.*", ""));
        if (!written.equals(prefix.address())) {
            problems.error(
                    Code.JSON_010,
                    node.spot(),
                    Quoted.of(node.text()) + " has bits set behind its prefix",
                    written + "/128 for one address, or " + prefix + " for a range of our own");
            return null;
        }
        if (prefix.length() < LEAST_OWN_LENGTH) {
            problems.error(
                    Code.JSON_010,
                    node.spot(),
                    Quoted.of(node.text()) + " is too wide for one edge's own range",
                    "/128 for one address, or a range such as /80");
            return null;
        }
        return new Located<>(prefix, node.spot());
    }

    /** Null, with a problem told, when {@code text} is no IPv6 prefix. An IPv4 one is passed over with a warning. */
    private @Nullable Ipv6Prefix prefix(String text, Spot spot, String what) {
        if (WgQuick.isIpv4Prefix(text)) {
            problems.warning(Code.MESH_013, spot, text + " is IPv4 and is passed over: only IPv6 lives on the mesh");
            return null;
        }
        try {
            return Ipv6Prefix.parse(text);
        } catch (IllegalArgumentException e) {
            problems.error(
                    Code.JSON_010,
                    spot,
                    what + ": " + Quoted.of(text) + " is not an IPv6 prefix",
                    "such as \"fdaa:0:48c8:a7b:228::/80\"");
            return null;
        }
    }

    private @Nullable Path uapi(Fields mesh) {
        JsonText path = mesh.textNode("uapi");
        return path == null ? null : scope.path(path.text(), path.spot());
    }

    private int mtu(Fields mesh) {
        JsonNode node = mesh.get("mtu");
        if (node instanceof JsonText text && text.text().equals("probe")) {
            problems.error(
                    Code.JSON_008,
                    node.spot(),
                    "mtu \"probe\" is not supported yet",
                    "a number; " + MeshConfig.DEFAULT_MTU + " fits most paths");
            return MeshConfig.DEFAULT_MTU;
        }
        return mesh.whole("mtu", MeshConfig.DEFAULT_MTU, 0, 65535);
    }

    private List<Peer> peers(Fields mesh) {
        JsonNode node = mesh.get("peers");
        if (node instanceof JsonObject object && object.members().containsKey("from")) {
            problems.error(
                    Code.JSON_008,
                    mesh.keySpot("peers"),
                    "peers from another source is not supported yet",
                    "list them in an array");
            return List.of();
        }
        List<Peer> peers = new ArrayList<>();
        for (JsonNode item : mesh.array("peers"))
            Fields.of(item, "a peer", KeyCatalogue.PEER, problems)
                    .ifPresent(fields -> peers.add(peer(fields, "peer-" + (Integer.parseInt(item.token()) + 1))));
        return peers;
    }

    private Peer peer(Fields fields, String positionName) {
        String written = fields.name("name");
        String name = written == null ? positionName : written;
        String region = fields.name("region");
        Located<PublicKey> publicKey = null;
        if (fields.require("public_key", "what sixgate mesh pubkey or wg pubkey prints on the peer")) {
            JsonText key = fields.textNode("public_key");
            if (key != null) publicKey = publicKey(key, name);
        }
        byte[] presharedKey = presharedKey(fields, name);
        JsonText endpoint = fields.textNode("endpoint");
        HostAndPort host = endpoint == null
                ? null
                : new Addresses(problems).hostAndPort(endpoint.text(), endpoint.spot(), true, "\"endpoint\"");
        List<Located<Ipv6Prefix>> allowed = new ArrayList<>();
        if (fields.require("allowed_ips", "the prefixes behind this peer, such as [\"fdaa:0:48c8:a7b:228::/80\"]")) {
            boolean told = false;
            for (JsonText item : fields.texts("allowed_ips")) {
                Ipv6Prefix prefix = prefix(item.text(), item.spot(), "\"allowed_ips\"");
                if (prefix != null) allowed.add(new Located<>(prefix, item.spot()));
                else told |= !WgQuick.isIpv4Prefix(item.text());
            }
            if (allowed.isEmpty() && !told && fields.get("allowed_ips") instanceof JsonNode.JsonArray)
                problems.error(
                        Code.JSON_010,
                        fields.spot("allowed_ips"),
                        "allowed_ips of " + Quoted.of(name) + " holds no IPv6 prefix, so nothing could reach this peer",
                        "give its prefix, such as \"fdaa:0:48c8:a7b:228::/80\"");
        }
        return new Peer(
                name,
                region == null ? "" : region,
                publicKey,
                presharedKey,
                endpoint == null || host == null ? null : new Located<>(host, endpoint.spot()),
                allowed,
                fields.duration("persistent_keepalive", Duration.ZERO, Duration.ZERO, MAX_KEEPALIVE),
                "edge".equals(fields.word("role", List.of("node", "edge"), List.of())));
    }

    private @Nullable Located<PublicKey> publicKey(JsonText node, String peer) {
        try {
            return new Located<>(PublicKey.parse(node.text()), node.spot());
        } catch (IllegalArgumentException e) {
            problems.error(
                    Code.MESH_001,
                    node.spot(),
                    "public_key of " + Quoted.of(peer) + " " + WgQuick.why(e),
                    "a character was probably lost when copying");
            return null;
        }
    }

    private byte @Nullable [] presharedKey(Fields fields, String peer) {
        Secret secret = new Secrets(scope).read(fields, "preshared_key", "wg genpsk > %s");
        if (secret == null) return null;
        try {
            // 32 bytes in base64, as every WireGuard key.
            return PublicKey.parse(secret.text()).toBytes();
        } catch (IllegalArgumentException e) {
            problems.error(
                    Code.MESH_001,
                    fields.spot("preshared_key"),
                    "the preshared key of " + Quoted.of(peer) + " in " + secret.source() + " " + WgQuick.why(e),
                    "a character was probably lost when copying");
            return null;
        }
    }
}
