package dev.sixgate.certs.acme;

import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.P256;
import dev.sixgate.certs.pem.PemFiles;
import dev.sixgate.certs.pem.PemProblem;
import dev.sixgate.certs.pem.PemWriter;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HexFormat;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What ACME keeps over a restart: {@code accounts/HOST/account.{pem,key}} and {@code names/NAME/} with
 * {@code certificate.pem}, {@code private.key} and {@code attempts.properties}. Folders are 0700, keys 0600.
 */
final class AcmeFiles {
    private static final int MAX_ERROR_LENGTH = 1000;

    private final Path folder;

    AcmeFiles(Path folder) {
        this.folder = folder;
    }

    /** The key of our account at a directory, made when there is none. */
    KeyPair accountKey(URI directory) throws AcmeFailure {
        String port = directory.getPort() < 0 ? "" : "_" + directory.getPort();
        String path = HexFormat.of().toHexDigits(directory.getPath().hashCode());
        try {
            Path account = privateFolder("accounts", directory.getHost() + port + "-" + path);
            Path key = account.resolve("account.key");
            if (Files.exists(key)) return PemFiles.keyPair(key);
            // Linked, not renamed: of two edges that make one at the same time, one finds the other's.
            Path made = account.resolve("account.key." + HexFormat.of().toHexDigits(new SecureRandom().nextLong()));
            PemWriter.writeKey(P256.newKeyPair().getPrivate(), made);
            try {
                Files.createLink(key, made);
            } catch (FileAlreadyExistsException e) {
                AcmeIssuer.LOG.debug("another edge made the account's key");
            } finally {
                Files.delete(made);
            }
            return PemFiles.keyPair(key);
        } catch (IOException e) {
            throw new AcmeFailure("the account's key cannot be kept: " + e.getMessage());
        } catch (PemProblem e) {
            throw new AcmeFailure(String.valueOf(e.getMessage()));
        }
    }

    /** The certificate a former life left, or null: there is none, or it is damaged and has to be had again. */
    @Nullable
    KeyAndChain certificate(String name) {
        Path place = place(name);
        if (!Files.exists(place.resolve("certificate.pem"))) return null;
        try {
            return PemFiles.load(place.resolve("certificate.pem"), place.resolve("private.key"));
        } catch (PemProblem e) {
            AcmeIssuer.LOG.warn("{}; a new certificate will be ordered", e.getMessage());
            return null;
        }
    }

    void keep(String name, KeyAndChain certificate) throws IOException {
        Path place = privateFolder("names", fileName(name));
        PemWriter.write(certificate, place.resolve("certificate.pem"), place.resolve("private.key"));
        Files.deleteIfExists(place.resolve("attempts.properties"));
    }

    OrderBook.Past past(String name) {
        Properties read = new Properties();
        try (Reader in = Files.newBufferedReader(place(name).resolve("attempts.properties"))) {
            read.load(in);
            return new OrderBook.Past(
                    Integer.parseInt(read.getProperty("failures", "0")),
                    Instant.parse(read.getProperty("next_attempt", Instant.EPOCH.toString())),
                    read.getProperty("last_error"));
        } catch (IOException | IllegalArgumentException | DateTimeParseException e) {
            return OrderBook.Past.NONE; // none yet, or damaged: then we begin anew
        }
    }

    void keepPast(String name, OrderBook.Past past) throws IOException {
        Properties written = new Properties();
        written.setProperty("failures", Integer.toString(past.failures()));
        written.setProperty("next_attempt", past.nextAttempt().toString());
        String error = past.lastError();
        if (error != null)
            written.setProperty("last_error", error.substring(0, Math.min(error.length(), MAX_ERROR_LENGTH)));
        StringWriter text = new StringWriter();
        written.store(text, null);
        PemWriter.writeSecret(privateFolder("names", fileName(name)).resolve("attempts.properties"), text.toString());
    }

    /**
     * The right to order for a name, which one edge has at a time; the system takes it from an edge that dies.
     *
     * @return null: another edge has it
     */
    @Nullable
    FileChannel tryLock(String name) throws IOException {
        FileChannel file = FileChannel.open(
                privateFolder("names", fileName(name)).resolve("lock"),
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            if (file.tryLock() != null) return file;
        } catch (OverlappingFileLockException e) {
            // Another edge of this process.
        } catch (IOException e) {
            file.close();
            throw e;
        }
        file.close();
        return null;
    }

    private Path place(String name) {
        return folder.resolve("names").resolve(fileName(name));
    }

    /** Names come from the configuration, where they were checked; what a file name may not hold is replaced anyway. */
    private static String fileName(String name) {
        return name.replace("*", "_wildcard").replaceAll("[^A-Za-z0-9._-]", "_");
    }

    private Path privateFolder(String kind, String name) throws IOException {
        return Files.createDirectories(
                folder.resolve(kind).resolve(name),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
}
