package dev.sixgate.certs.ca;

import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.P256;
import dev.sixgate.certs.pem.PemFiles;
import dev.sixgate.certs.pem.PemProblem;
import dev.sixgate.certs.pem.PemWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.operator.OperatorCreationException;

/**
 * A certificate authority for development: one root per directory, ECDSA P-256, leaves for {@link #LEAF_LIFE}. Its root is
 * trusted by whoever is told to ({@code curl --cacert root.pem}) and by nobody else.
 */
public final class DevelopmentCa {
    public static final Duration ROOT_LIFE = Duration.ofDays(3650);
    public static final Duration LEAF_LIFE = Duration.ofDays(7);
    /** Clocks of clients lag. */
    private static final Duration BACKDATE = Duration.ofMinutes(5);

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path directory;
    private final KeyAndChain root;
    private final InstantSource clock;

    private DevelopmentCa(Path directory, KeyAndChain root, InstantSource clock) {
        this.directory = directory;
        this.root = root;
        this.clock = clock;
    }

    /**
     * Opens the root in {@code directory} ({@code root.pem}, {@code root.key}), making it when there is none or it has
     * expired. The key's file is readable by its owner only.
     *
     * @throws IOException with a plain sentence when the directory cannot be written or holds something else
     */
    public static DevelopmentCa openOrCreate(Path directory, InstantSource clock) throws IOException {
        Path certificate = directory.resolve("root.pem");
        Path key = directory.resolve("root.key");
        if (Files.exists(certificate) && Files.exists(key)) {
            try {
                KeyAndChain root = PemFiles.load(certificate, key);
                if (root.notAfter().isAfter(clock.instant().plus(LEAF_LIFE)))
                    return new DevelopmentCa(directory, root, clock);
            } catch (PemProblem e) {
                throw new IOException("the development CA in " + directory + " cannot be used: " + e.getMessage());
            }
        }
        Files.createDirectories(directory);
        KeyAndChain root = createRoot(clock.instant());
        PemWriter.write(root, certificate, key);
        return new DevelopmentCa(directory, root, clock);
    }

    public X509Certificate root() {
        return root.leaf();
    }

    /** The root's file, for {@code curl --cacert}. */
    public Path rootFile() {
        return directory.resolve("root.pem");
    }

    /**
     * Issues a leaf with a new key.
     *
     * @param names DNS names, one-label wildcards or IP addresses; at least one
     * @return leaf and root, valid for {@link #LEAF_LIFE}
     */
    public KeyAndChain issue(List<String> names) {
        return issue(names, P256.newKeyPair());
    }

    /** As {@link #issue(List)}, for a key that is there already. */
    public KeyAndChain issue(List<String> names, KeyPair pair) {
        if (names.isEmpty()) throw new IllegalArgumentException("a certificate needs at least one name");
        Instant now = clock.instant();
        try {
            X509v3CertificateBuilder builder = builder(
                            root.leaf().getSubjectX500Principal(),
                            now,
                            LEAF_LIFE,
                            new X500Principal("O=sixgate development"),
                            pair.getPublic())
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
                    .addExtension(
                            Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
                    .addExtension(
                            Extension.authorityKeyIdentifier,
                            false,
                            new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(root.leaf()))
                    .addExtension(
                            Extension.subjectAlternativeName,
                            false,
                            new GeneralNames(names.stream()
                                    .map(DevelopmentCa::generalName)
                                    .toArray(GeneralName[]::new)));
            return new KeyAndChain(pair.getPrivate(), List.of(P256.sign(builder, root.key()), root.leaf()));
        } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
            throw new IllegalStateException("a P-256 certificate could not be made: " + e.getMessage(), e);
        }
    }

    private static GeneralName generalName(String name) {
        try {
            return new GeneralName(
                    GeneralName.iPAddress, InetAddress.ofLiteral(name).getHostAddress());
        } catch (IllegalArgumentException _) {
            return new GeneralName(GeneralName.dNSName, name);
        }
    }

    private static KeyAndChain createRoot(Instant now) {
        KeyPair pair = P256.newKeyPair();
        // The serial tells two roots of one machine apart in a trust store.
        X500Principal name = new X500Principal(
                "CN=sixgate development CA " + Long.toHexString(RANDOM.nextLong() >>> 32) + ", O=sixgate development");
        try {
            X509v3CertificateBuilder builder = builder(name, now, ROOT_LIFE, name, pair.getPublic())
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign))
                    .addExtension(
                            Extension.subjectKeyIdentifier,
                            false,
                            new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
            return new KeyAndChain(pair.getPrivate(), List.of(P256.sign(builder, pair.getPrivate())));
        } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
            throw new IllegalStateException("a P-256 certificate could not be made: " + e.getMessage(), e);
        }
    }

    private static X509v3CertificateBuilder builder(
            X500Principal issuer, Instant now, Duration life, X500Principal subject, PublicKey key) {
        return P256.certificate(issuer, now.minus(BACKDATE), now.plus(life), subject, key);
    }
}
