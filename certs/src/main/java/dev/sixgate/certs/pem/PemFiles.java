package dev.sixgate.certs.pem;

import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.pem.PemProblem.Kind;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMException;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcePKCSPBEInputDecryptorProviderBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Reads a certificate chain and its key from PEM files: PKCS#8, SEC 1 (EC) and PKCS#1 (RSA) keys, and PKCS#8 that is encrypted
 * with a passphrase (PBES2, RFC 8018).
 */
public final class PemFiles {
    /** Far above any real chain, so that a wrong path cannot make us read a disk image. */
    public static final int MAX_BYTES = 1 << 20;

    private static final Provider BOUNCY_CASTLE = new BouncyCastleProvider();

    private PemFiles() {}

    /**
     * @param inOrder whether the file had them so: leaf first, each followed by its issuer, and nothing else
     */
    public record Loaded(KeyAndChain pair, boolean inOrder) {}

    /**
     * @param certificate leaf first, issuers after it; other PEM objects are passed over
     * @param privateKey may be the same file
     * @throws PemProblem with a plain sentence that names the file
     */
    public static KeyAndChain load(Path certificate, Path privateKey) throws PemProblem {
        return load(certificate, privateKey, null).pair();
    }

    /**
     * As {@link #load(Path, Path)}; certificates that stand in another order are served in the right one, and those that belong to
     * no issuer of the leaf are left out.
     *
     * @param passphrase of an encrypted key; null: there is none
     */
    public static Loaded load(Path certificate, Path privateKey, char @Nullable [] passphrase) throws PemProblem {
        List<X509Certificate> listed = new ArrayList<>();
        for (Object object : objects(certificate))
            if (object instanceof X509CertificateHolder holder) listed.add(convert(certificate, holder));
        if (listed.isEmpty())
            throw new PemProblem(Kind.NO_CERTIFICATE, certificate, certificate + " holds no certificate");
        PrivateKeyInfo key = key(privateKey, passphrase);
        X509Certificate leaf = null;
        for (X509Certificate one : listed) if (leaf == null && matches(key, one, privateKey)) leaf = one;
        if (leaf == null)
            throw new PemProblem(
                    Kind.KEY_MISMATCH,
                    privateKey,
                    privateKey + " is not the key of " + certificate + " (public keys differ)");
        List<X509Certificate> chain = ChainOrder.from(leaf, listed);
        return new Loaded(new KeyAndChain(convert(privateKey, key), chain), chain.equals(listed));
    }

    /**
     * Reads a private key and works out the public one.
     *
     * @throws PemProblem with a plain sentence that names the file
     */
    public static KeyPair keyPair(Path file) throws PemProblem {
        PrivateKeyInfo key = key(file, null);
        try {
            return new KeyPair(new JcaPEMKeyConverter().getPublicKey(publicKey(key, file)), convert(file, key));
        } catch (IOException | IllegalArgumentException e) {
            throw unsupported(file);
        }
    }

    /** The first line of a file. @throws PemProblem with a plain sentence that names the file, and not what is in it */
    public static char[] passphrase(Path file) throws PemProblem {
        String first = read(file).lines().findFirst().orElse("");
        if (first.isEmpty())
            throw new PemProblem(Kind.WRONG_PASSPHRASE, file, file + " has no passphrase in its first line");
        return new String(first.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8).toCharArray();
    }

    private static PrivateKeyInfo key(Path file, char @Nullable [] passphrase) throws PemProblem {
        for (Object object : objects(file)) {
            switch (object) {
                case PrivateKeyInfo info -> {
                    return info;
                }
                case PEMKeyPair pair -> {
                    return pair.getPrivateKeyInfo();
                }
                case PKCS8EncryptedPrivateKeyInfo encrypted -> {
                    return decrypt(encrypted, file, passphrase);
                }
                case PEMEncryptedKeyPair _ ->
                    throw new PemProblem(
                            Kind.ENCRYPTED_KEY,
                            file,
                            file + " is encrypted the old way of OpenSSL, which a passphrase does not protect well");
                default -> {}
            }
        }
        throw new PemProblem(Kind.NO_KEY, file, file + " holds no private key");
    }

    private static PrivateKeyInfo decrypt(
            PKCS8EncryptedPrivateKeyInfo encrypted, Path file, char @Nullable [] passphrase) throws PemProblem {
        if (passphrase == null)
            throw new PemProblem(Kind.ENCRYPTED_KEY, file, file + " is encrypted, and no passphrase is given for it");
        try {
            return encrypted.decryptPrivateKeyInfo(new JcePKCSPBEInputDecryptorProviderBuilder()
                    .setProvider(BOUNCY_CASTLE)
                    .build(passphrase));
        } catch (PKCSException | RuntimeException e) {
            throw new PemProblem(Kind.WRONG_PASSPHRASE, file, file + " does not open with its passphrase");
        }
    }

    private static List<Object> objects(Path file) throws PemProblem {
        String text = read(file);
        List<Object> objects = new ArrayList<>();
        try (PEMParser parser = new PEMParser(new StringReader(text))) {
            for (Object object = next(parser); object != null; object = next(parser)) objects.add(object);
        } catch (IOException | RuntimeException e) {
            throw new PemProblem(
                    Kind.NOT_PEM, file, file + " is damaged: what stands between its PEM lines cannot be read");
        }
        if (objects.isEmpty())
            throw new PemProblem(
                    Kind.NOT_PEM, file, file + " has no \"-----BEGIN …-----\" line; PEM is expected, not DER");
        return objects;
    }

    private static @Nullable Object next(PEMParser parser) throws IOException {
        Object object = parser.readObject();
        // "EC PARAMETERS", which openssl writes before an EC key.
        return object instanceof ASN1ObjectIdentifier ? next(parser) : object;
    }

    private static String read(Path file) throws PemProblem {
        try {
            if (!Files.exists(file)) throw new NoSuchFileException(file.toString());
            if (!Files.isRegularFile(file))
                throw new PemProblem(Kind.UNREADABLE, file, file + " is not a regular file");
            if (Files.size(file) > MAX_BYTES)
                throw new PemProblem(Kind.TOO_LARGE, file, file + " is larger than 1 MiB, which no certificate is");
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new PemProblem(Kind.MISSING, file, file + " does not exist");
        } catch (IOException e) {
            throw new PemProblem(Kind.UNREADABLE, file, file + " cannot be read");
        }
    }

    private static X509Certificate convert(Path file, X509CertificateHolder holder) throws PemProblem {
        try {
            return new JcaX509CertificateConverter().getCertificate(holder);
        } catch (CertificateException e) {
            throw new PemProblem(Kind.NOT_PEM, file, file + " holds a certificate that cannot be read");
        }
    }

    private static PrivateKey convert(Path file, PrivateKeyInfo key) throws PemProblem {
        try {
            return new JcaPEMKeyConverter().getPrivateKey(key);
        } catch (PEMException e) {
            throw unsupported(file);
        }
    }

    private static PemProblem unsupported(Path file) {
        return new PemProblem(
                Kind.NO_KEY, file, file + " holds a kind of private key that is not supported; use ECDSA or RSA");
    }

    /** Compares the public key derived from {@code key} with the certificate's, as encoded. */
    private static boolean matches(PrivateKeyInfo key, X509Certificate certificate, Path file) throws PemProblem {
        try {
            SubjectPublicKeyInfo theirs =
                    SubjectPublicKeyInfo.getInstance(certificate.getPublicKey().getEncoded());
            return Arrays.equals(
                    publicKey(key, file).getPublicKeyData().getBytes(),
                    theirs.getPublicKeyData().getBytes());
        } catch (IOException | IllegalArgumentException e) {
            throw unsupported(file);
        }
    }

    private static SubjectPublicKeyInfo publicKey(PrivateKeyInfo key, Path file) throws IOException, PemProblem {
        AsymmetricKeyParameter derived = switch (PrivateKeyFactory.createKey(key)) {
            case RSAPrivateCrtKeyParameters rsa ->
                new RSAKeyParameters(false, rsa.getModulus(), rsa.getPublicExponent());
            case ECPrivateKeyParameters ec -> publicPoint(ec);
            case Ed25519PrivateKeyParameters ed -> ed.generatePublicKey();
            default -> throw unsupported(file);
        };
        return SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(derived);
    }

    private static ECPublicKeyParameters publicPoint(ECPrivateKeyParameters key) {
        ECDomainParameters domain = key.getParameters();
        return new ECPublicKeyParameters(domain.getG().multiply(key.getD()).normalize(), domain);
    }
}
