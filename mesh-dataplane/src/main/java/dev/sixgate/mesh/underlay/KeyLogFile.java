package dev.sixgate.mesh.underlay;

import dev.sixgate.mesh.wireguard.KeyLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes handshake secrets, a line each, for a protocol analyser ({@code wg.keylog_file} of tshark). Whoever reads the file
 * reads all traffic of the tunnel, so it is created for its owner only and announced as a warning.
 */
final class KeyLogFile implements KeyLog, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KeyLogFile.class);
    private final Path path;
    private final SeekableByteChannel file;
    private boolean failed;

    private KeyLogFile(Path path, SeekableByteChannel file) {
        this.path = path;
        this.file = file;
    }

    /** Appends to the file, which is created with mode 0600. */
    static KeyLogFile open(Path path) throws IOException {
        var options = Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        var owner = PosixFilePermissions.fromString("rw-------");
        var file = Files.newByteChannel(path, options, PosixFilePermissions.asFileAttribute(owner));
        Files.setPosixFilePermissions(path, owner);
        LOG.warn(
                "WireGuard session secrets are being written to {}: whoever reads it can decrypt all tunnel traffic."
                        + " Unset {} to stop",
                path,
                DriverOptions.KEY_LOG_VARIABLE);
        return new KeyLogFile(path, file);
    }

    @Override
    public void line(String line) {
        if (failed) return;
        try {
            file.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            failed = true;
            LOG.warn("the key log {} cannot be written any more: {}", path, e.getMessage());
        }
    }

    @Override
    public void close() {
        failed = true;
        try {
            file.close();
        } catch (IOException e) {
            LOG.warn("closing the key log {}: {}", path, e.getMessage());
        }
    }
}
