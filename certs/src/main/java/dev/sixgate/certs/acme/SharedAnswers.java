package dev.sixgate.certs.acme;

import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.pem.PemFiles;
import dev.sixgate.certs.pem.PemProblem;
import dev.sixgate.certs.pem.PemWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Answers to challenges in a folder that several edges see, so that whichever edge the CA reaches has them: {@code http-TOKEN}
 * holds a key authorization, {@code tls-NAME.pem} and {@code tls-NAME.key} what is shown by tls-alpn-01. An edge that orders writes
 * them and gives the others {@link #SETTLE} to read before it asks the CA to look. No event loop reads a file.
 */
final class SharedAnswers {
    /** Between two readings. */
    static final Duration EVERY = Duration.ofMillis(250);
    /** Four readings, since a shared folder has a delay of its own. */
    static final Duration SETTLE = Duration.ofSeconds(1);
    /** Of an edge that died: no order takes that long. */
    private static final Duration STALE = Duration.ofHours(1);
    /** Open challenges of all edges together. */
    static final int MAX_FILES = 2000;

    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_-]{1,200}");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,253}");
    private static final int MAX_BYTES = 1024;

    private final Path folder;
    private final Map<String, KeyAndChain> read = new LinkedHashMap<>();

    SharedAnswers(Path store) throws IOException {
        folder = Files.createDirectories(
                store.resolve("answers"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    void putHttp(String token, String keyAuthorization) throws IOException {
        if (!TOKEN.matcher(token).matches()) throw new IOException("the CA's token is no base64url");
        PemWriter.writeSecret(folder.resolve("http-" + token), keyAuthorization);
    }

    void putTls(String name, KeyAndChain certificate) throws IOException {
        if (!NAME.matcher(name).matches()) throw new IOException(name + " cannot be a file's name");
        PemWriter.write(certificate, folder.resolve("tls-" + name + ".pem"), folder.resolve("tls-" + name + ".key"));
    }

    void removeHttp(String token) {
        delete(folder.resolve("http-" + token));
    }

    void removeTls(String name) {
        delete(folder.resolve("tls-" + name + ".pem"));
        delete(folder.resolve("tls-" + name + ".key"));
    }

    /** Reads what all edges have put there, of which some may be our own. */
    void readInto(ChallengeAnswers answers, Instant now) {
        Map<String, String> http = new LinkedHashMap<>();
        Map<String, KeyAndChain> tls = new LinkedHashMap<>();
        for (Path file : files()) {
            String name = file.getFileName().toString();
            try {
                if (Files.getLastModifiedTime(file).toInstant().isBefore(now.minus(STALE))) delete(file);
                else if (name.startsWith("http-")
                        && TOKEN.matcher(name.substring(5)).matches()) {
                    if (Files.size(file) <= MAX_BYTES) http.put(name.substring(5), Files.readString(file));
                } else if (name.startsWith("tls-") && name.endsWith(".pem")) {
                    String version = name + Files.getLastModifiedTime(file);
                    KeyAndChain known = read.get(version);
                    Path key = file.resolveSibling(name.replaceAll("pem$", "key"));
                    if (known == null) known = PemFiles.load(file, key);
                    tls.put(name.substring(4, name.length() - 4), known);
                    read.put(version, known);
                }
            } catch (IOException | PemProblem e) {
                AcmeIssuer.LOG.debug("{} went away while it was read", file);
            }
        }
        read.values().retainAll(tls.values());
        answers.replaceShared(http, tls);
    }

    private List<Path> files() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> !file.toString().endsWith(".new"))
                    .limit(MAX_FILES)
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            AcmeIssuer.LOG.warn("{} is left behind: {}", file, e.getMessage());
        }
    }
}
