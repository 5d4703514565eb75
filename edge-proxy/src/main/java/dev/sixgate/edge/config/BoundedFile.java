package dev.sixgate.edge.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads regular files up to a bound, so that a pipe or a device can neither block nor fill us. */
final class BoundedFile {
    /** A plain sentence without the file's name: {@code does not exist}. */
    static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1;

        private final boolean missing;

        Unreadable(String sentence, boolean missing) {
            super(sentence, null, false, false);
            this.missing = missing;
        }

        String sentence() {
            return String.valueOf(getMessage());
        }

        boolean missing() {
            return missing;
        }
    }

    private BoundedFile() {}

    static byte[] read(Path file, int maxBytes) throws Unreadable {
        try {
            if (Files.isDirectory(file)) throw new Unreadable("is a directory", false);
            if (!Files.exists(file))
                throw Files.isSymbolicLink(file) && Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                        ? new Unreadable("is a link to a file that does not exist", true)
                        : new Unreadable("does not exist", true);
            if (!Files.isRegularFile(file))
                throw new Unreadable("is not a regular file; pipes and devices are not read", false);
            try (InputStream in = Files.newInputStream(file)) {
                byte[] bytes = in.readNBytes(maxBytes + 1);
                if (bytes.length > maxBytes)
                    throw new Unreadable("is larger than " + Units.text(maxBytes) + ", the most that is read", false);
                return bytes;
            }
        } catch (NoSuchFileException e) {
            throw new Unreadable("does not exist", true);
        } catch (AccessDeniedException e) {
            throw new Unreadable("may not be read by this user", false);
        } catch (IOException e) {
            throw new Unreadable("cannot be read: " + Quoted.bare(String.valueOf(e.getMessage())), false);
        }
    }
}
