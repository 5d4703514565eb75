package dev.sixgate.edge.config;

import dev.sixgate.mesh.wireguard.PrivateKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;

/** A folder with an operator's files, of which private ones are private. */
record OperatorFolder(Path path) {
    static final PrivateKey EDGE_KEY = PrivateKey.generate(new Random(1));
    static final PrivateKey PEER_KEY = PrivateKey.generate(new Random(2));

    /** As {@code wg} and {@code fly wireguard create} write it. */
    static final String WG_QUICK = """
        [Interface]
        PrivateKey = %s
        Address = fdaa:0:48c8:a7b:228:4b6d:6e20:102/120
        DNS = fdaa:0:48c8::3

        [Peer]
        PublicKey = %s
        AllowedIPs = fdaa:0:48c8::/48
        Endpoint = 192.0.2.21:51820
        PersistentKeepalive = 15
        """.formatted(EDGE_KEY.toBase64(), PEER_KEY.publicKey());

    Path write(String name, String content) {
        try {
            Path file = Files.writeString(path.resolve(name), content);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path file(String name) {
        return path.resolve(name);
    }
}
