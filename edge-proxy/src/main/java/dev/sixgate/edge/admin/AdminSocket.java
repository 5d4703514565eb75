package dev.sixgate.edge.admin;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A Unix domain socket that operators' tools speak to, mode 0600. It appears under its name only when it has its mode and
 * answers; one that a dead process left is replaced, a live one refuses.
 */
public final class AdminSocket implements AutoCloseable {
    /** sun_path holds 108 bytes, one of them the end. */
    static final int MAX_PATH_BYTES = 107;

    private static final String PENDING = ".new";

    /** What a socket is called in sentences, and which words choose another path for it. */
    public enum Kind {
        ADMIN("the admin socket", "admin.listen or --admin"),
        SOCKETS("the socket for a successor", "admin.listen"),
        UAPI("the WireGuard configuration socket", "mesh.uapi");

        private final String words;
        private final String chosenBy;

        Kind(String words, String chosenBy) {
            this.words = words;
            this.chosenBy = chosenBy;
        }
    }

    /** Listens on an address. */
    public interface Binding {
        AutoCloseable bind(UnixDomainSocketAddress address) throws IOException;
    }

    private final Kind kind;
    private final Path path;
    private final @Nullable Object fileKey;
    private final AutoCloseable server;

    private AdminSocket(Kind kind, Path path, @Nullable Object fileKey, AutoCloseable server) {
        this.kind = kind;
        this.path = path;
        this.fileKey = fileKey;
        this.server = server;
    }

    /** The HTTP control server on {@code path}, otherwise as {@link #open(Kind, Path, Binding)}. */
    public static AdminSocket open(
            EventLoopGroup loops,
            Path path,
            Function<ControlServer.Request, CompletionStage<ControlServer.Response>> answer)
            throws IOException {
        return open(
                Kind.ADMIN,
                path,
                address -> ControlServer.bind(loops, NioServerDomainSocketChannel::new, address, answer));
    }

    /**
     * Replaces what a dead process left.
     *
     * @throws IOException with a plain sentence: another process answers there, or the path cannot be used
     */
    public static AdminSocket open(Kind kind, Path path, Binding binding) throws IOException {
        Path pending = path.resolveSibling(path.getFileName() + PENDING);
        int length = pending.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_PATH_BYTES)
            throw new IOException(kind.words + "'s path has " + (length - PENDING.length())
                    + " bytes, and the system takes " + (MAX_PATH_BYTES - PENDING.length()) + ": " + path
                    + "; choose a shorter one by " + kind.chosenBy);
        refuseUnlessFree(kind, path);
        AutoCloseable server;
        try {
            if (path.getParent() != null) Files.createDirectories(path.getParent());
            Files.deleteIfExists(pending);
            server = binding.bind(UnixDomainSocketAddress.of(pending));
        } catch (IOException e) {
            throw new IOException(kind.words + " " + path + " cannot be made: " + reason(e));
        }
        try {
            Files.setPosixFilePermissions(pending, PosixFilePermissions.fromString("rw-------"));
            Files.move(pending, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return new AdminSocket(kind, path, fileKey(path), server);
        } catch (IOException e) {
            stop(server);
            Files.deleteIfExists(pending);
            throw new IOException(kind.words + " " + path + " cannot be made: " + reason(e));
        }
    }

    /** @throws IOException with a plain sentence when another edge answers there, or it is no socket at all */
    public static void refuseUnlessFree(Path path) throws IOException {
        refuseUnlessFree(Kind.ADMIN, path);
    }

    private static void refuseUnlessFree(Kind kind, Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) return;
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) || Files.isDirectory(path))
            throw new IOException(kind.words + " " + path + " is another file already; it is left alone");
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            return; // nobody accepts: left by a process that is gone
        }
        throw new IOException("another edge is running: it answers on " + kind.words + " " + path
                + "; stop it, or give this one another socket by " + kind.chosenBy);
    }

    private static String reason(IOException e) {
        String message = String.valueOf(e.getMessage());
        return e instanceof java.nio.file.AccessDeniedException ? "permission denied on " + message : message;
    }

    private static @Nullable Object fileKey(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    /** Removes the file, unless it is another's by now. */
    @Override
    public void close() {
        stop(server);
        try {
            if (fileKey != null && fileKey.equals(fileKey(path))) Files.deleteIfExists(path);
        } catch (NoSuchFileException e) {
            // Gone already, which is what we want.
        } catch (IOException e) {
            org.slf4j.LoggerFactory.getLogger(AdminSocket.class)
                    .warn("{} {} could not be removed: {}", kind.words, path, reason(e));
        }
    }

    private static void stop(AutoCloseable server) {
        try {
            server.close();
        } catch (Exception e) {
            org.slf4j.LoggerFactory.getLogger(AdminSocket.class).warn("while a socket is closed: {}", e.toString());
        }
    }
}
