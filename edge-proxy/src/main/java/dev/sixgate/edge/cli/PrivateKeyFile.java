package dev.sixgate.edge.cli;

import dev.sixgate.mesh.wireguard.PrivateKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A WireGuard private key as {@code mesh keygen} and {@code wg genkey} write it. */
final class PrivateKeyFile {
    private static final int MAX_BYTES = 4096;

    private PrivateKeyFile() {}

    /**
     * @param file null or {@code -}: standard input
     * @throws Main.Failure when it holds something else; the message never repeats it
     */
    static PrivateKey read(@Nullable Path file) throws IOException {
        boolean standardInput = file == null || file.toString().equals("-");
        String from = standardInput ? "standard input" : file.toString();
        byte[] bytes;
        if (standardInput) bytes = System.in.readNBytes(MAX_BYTES);
        else {
            if (Files.exists(file) && !Files.isRegularFile(file))
                throw new Main.Failure(from + " is not a regular file");
            try (var in = Files.newInputStream(file)) {
                bytes = in.readNBytes(MAX_BYTES);
            }
        }
        try {
            return PrivateKey.parse(new String(bytes, StandardCharsets.US_ASCII).strip());
        } catch (IllegalArgumentException e) {
            throw new Main.Failure(from + " holds no private key: " + e.getMessage());
        }
    }
}
