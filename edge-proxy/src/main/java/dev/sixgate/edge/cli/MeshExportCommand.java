package dev.sixgate.edge.cli;

import dev.sixgate.edge.run.Snapshot;
import dev.sixgate.edge.run.Snapshot.MeshSettings;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sixgate mesh export}: the other end of our peers' tunnels, for stock WireGuard. */
@Command(
        name = "export",
        description = "Prints the wg-quick file that a peer of this edge needs.",
        mixinStandardHelpOptions = true)
final class MeshExportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "The edge's configuration.")
    private Path file;

    @Option(names = "--peer", paramLabel = "NAME", description = "Which peer, when there are several.")
    private @Nullable String name;

    @Option(
            names = "--private-key",
            paramLabel = "FILE",
            description = "The peer's private key, to be put in (default: a line to fill in).")
    private @Nullable Path keyFile;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Snapshot snapshot =
                Configuration.read(file, spec.commandLine().getErr()).snapshot();
        if (snapshot == null) return Main.WRONG_CONFIGURATION;
        MeshSettings mesh = snapshot.mesh();
        if (mesh == null) throw new Main.Failure(file + " has no mesh");
        print(snapshot, mesh, peer(mesh.config().peers()), spec.commandLine().getOut());
        return 0;
    }

    private PeerConfig peer(List<PeerConfig> peers) {
        if (name == null && peers.size() == 1) return peers.getFirst();
        String known = peers.stream().map(PeerConfig::name).collect(Collectors.joining(", "));
        if (name == null)
            throw new CommandLineError(spec, "--peer is missing; there are " + (peers.isEmpty() ? "none" : known));
        return peers.stream()
                .filter(peer -> peer.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new CommandLineError(spec, "no peer is named \"" + name + "\"; there are " + known));
    }

    private void print(Snapshot snapshot, MeshSettings mesh, PeerConfig peer, PrintWriter out) throws IOException {
        out.println("# peer \"" + peer.name() + "\" of edge \"" + snapshot.name() + "\"");
        out.println("[Interface]");
        out.println("PrivateKey = " + privateKey(peer));
        out.println("Address = " + prefixes(peer.allowedIps()));
        if (peer.endpoint() != null)
            out.println("ListenPort = " + peer.endpoint().getPort());
        out.println("MTU = " + mesh.config().mtu());
        for (int i = 0; i < mesh.identities(); i++) printEdge(snapshot, mesh, i, peer, out);
        out.flush();
    }

    private static void printEdge(
            Snapshot snapshot, MeshSettings mesh, int identity, PeerConfig peer, PrintWriter out) {
        MeshConfig ours = mesh.identity(identity);
        out.println();
        out.println("# edge \"" + snapshot.name() + "\""
                + (mesh.identities() == 1 ? "" : ", identity " + (identity + 1) + " of " + mesh.identities()));
        out.println("[Peer]");
        out.println("PublicKey = " + ours.privateKey().publicKey());
        byte[] preshared = peer.presharedKey();
        if (preshared != null)
            out.println("PresharedKey = " + Base64.getEncoder().encodeToString(preshared));
        out.println("AllowedIPs = " + prefixes(ours.addresses()));
        String endpoint = endpoint(snapshot.addresses(), mesh.listenPort(identity));
        if (endpoint != null) out.println("Endpoint = " + endpoint);
        else
            out.println(
                    "# Endpoint = the edge's public address and mesh.listen_port; not needed where the edge knows this"
                            + " peer's endpoint");
        if (endpoint != null && peer.endpoint() == null) out.println("PersistentKeepalive = 25");
    }

    private String privateKey(PeerConfig peer) throws IOException {
        if (keyFile == null) return "PUT-THE-PRIVATE-KEY-HERE-WHOSE-PUBLIC-KEY-IS " + peer.publicKey();
        PrivateKey key = PrivateKeyFile.read(keyFile);
        if (!key.publicKey().equals(peer.publicKey()))
            throw new Main.Failure(keyFile + " is not the key of peer \"" + peer.name() + "\": its public key is "
                    + key.publicKey() + ", the edge expects " + peer.publicKey());
        return key.toBase64();
    }

    private static String prefixes(List<Ipv6Prefix> prefixes) {
        return prefixes.stream().map(Ipv6Prefix::toString).collect(Collectors.joining(", "));
    }

    private static @Nullable String endpoint(List<InetAddress> addresses, int port) {
        if (addresses.isEmpty() || port == 0) return null;
        InetAddress first = addresses.getFirst();
        String text = dev.sixgate.edge.explain.AddressText.of(first);
        return (first.getAddress().length > 4 ? "[" + text + "]" : text) + ":" + port;
    }
}
