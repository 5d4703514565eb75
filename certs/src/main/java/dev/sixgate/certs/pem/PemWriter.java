package dev.sixgate.certs.pem;

import dev.sixgate.certs.KeyAndChain;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;

/** Writes what {@link PemFiles} reads. Files are never seen half-written, nor a key by others, not even for a moment. */
public final class PemWriter {
    private static final String SECRET = "rw-------";
    private static final String PUBLIC = "rw-r--r--";

    private PemWriter() {}

    /** Writes the chain, leaf first, and its key with mode 0600. */
    public static void write(KeyAndChain pair, Path certificate, Path key) throws IOException {
        StringBuilder chain = new StringBuilder();
        for (X509Certificate link : pair.chain()) chain.append(pem(link));
        writeKey(pair.key(), key);
        replace(certificate, chain.toString(), PUBLIC);
    }

    /** As PKCS#8, mode 0600. */
    public static void writeKey(PrivateKey key, Path file) throws IOException {
        replace(file, pem(new JcaPKCS8Generator(key, null)), SECRET);
    }

    /** Text that is nobody else's business: mode 0600. */
    public static void writeSecret(Path file, String text) throws IOException {
        replace(file, text, SECRET);
    }

    private static String pem(Object object) {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return text.toString();
    }

    private static void replace(Path file, String text, String mode) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(temporary);
        Files.createFile(temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode)));
        Files.writeString(temporary, text, StandardOpenOption.WRITE, StandardOpenOption.SYNC);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
