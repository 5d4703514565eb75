package dev.sixgate.edge.demo;

import dev.sixgate.mesh.wireguard.PrivateKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A temporary folder with what an operator would have written by hand. */
final class DemoFiles {
    static final String HOST = "hello.localhost";
    static final String EDGE_ADDRESS = "fdaa:0:48c8:e001:1::1";

    private final Path directory;

    /** @throws IOException when the folder for temporary files cannot be written */
    DemoFiles() throws IOException {
        directory = Files.createTempDirectory("sixgate-demo");
    }

    Path directory() {
        return directory;
    }

    Path configuration() {
        return directory.resolve("sixgate.json");
    }

    /** The root that signs {@link #HOST}'s certificate, for {@code curl --cacert}. */
    Path root() {
        return directory.resolve("state/dev-ca/root.pem");
    }

    void write(PrivateKey key, DemoPorts ports, List<InetAddress> addresses, List<DemoNode> nodes) throws IOException {
        Path keyFile = directory.resolve("edge.wgkey");
        Files.createFile(keyFile, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(keyFile, key.toBase64() + "\n", StandardOpenOption.WRITE);
        Files.writeString(configuration(), json(ports, addresses, nodes));
    }

    private static String json(DemoPorts ports, List<InetAddress> addresses, List<DemoNode> nodes) {
        String listen =
                addresses.stream().map(a -> '"' + a.getHostAddress() + '"').collect(Collectors.joining(", "));
        String peers = nodes.stream().map(DemoFiles::peer).collect(Collectors.joining(",\n      "));
        String backends = nodes.stream().map(DemoFiles::backend).collect(Collectors.joining(",\n        "));
        return """
            {
              "version": 1,
              "edge": { "name": "demo", "addresses": [%s] },
              "mesh": {
                "private_key": { "file": "edge.wgkey" },
                "address": "%s/128",
                "listen_port": 0,
                "peers": [
                  %s
                ]
              },
              "apps": {
                "hello": {
                  "backends": [
                    %s
                  ],
                  "services": [
                    { "name": "web", "hostnames": ["%s"], "internal_port": %d,
                      "ports": [ { "port": %d, "handlers": ["http"] }, { "port": %d, "handlers": ["tls", "http"] } ] },
                    { "name": "echo", "internal_port": %d, "ports": [ { "port": %d, "handlers": [] } ] }
                  ]
                }
              },
              "admin": { "listen": "unix:admin.sock" }
            }
            """.formatted(
                        listen,
                        EDGE_ADDRESS,
                        peers,
                        backends,
                        HOST,
                        RegionApp.HTTP_PORT,
                        ports.http(),
                        ports.https(),
                        RegionApp.ECHO_PORT,
                        ports.echo());
    }

    private static String peer(DemoNode node) {
        InetSocketAddress endpoint = node.endpoint();
        return "{ \"name\": \"%s\", \"public_key\": \"%s\", \"endpoint\": \"127.0.0.1:%d\", \"allowed_ips\": [\"%s/128\"] }"
                .formatted(node.region(), node.publicKey(), endpoint.getPort(), node.address());
    }

    private static String backend(DemoNode node) {
        return "{ \"name\": \"hello-%1$s\", \"address\": \"%2$s\", \"region\": \"%1$s\" }"
                .formatted(node.region(), node.address());
    }

    void delete() {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
        } catch (IOException _) {
            // What is left lies in the system's folder for temporary files, which is swept.
        }
    }
}
