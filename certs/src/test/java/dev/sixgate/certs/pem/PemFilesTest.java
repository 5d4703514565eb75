package dev.sixgate.certs.pem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.ca.DevelopmentCa;
import dev.sixgate.certs.pem.PemProblem.Kind;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PemFilesTest {
    @TempDir
    Path directory;

    private Path certificate;
    private Path key;

    @BeforeEach
    void files() {
        certificate = directory.resolve("site.pem");
        key = directory.resolve("site.key");
    }

    @Test
    void an_EC_key_with_its_parameters_is_read_as_openssl_ecparam_writes_it() throws Exception {
        KeyAndChain loaded = PemFiles.load(resource("ec.pem"), resource("ec.key"));
        assertThat(loaded.key().getAlgorithm()).isEqualToIgnoringCase("EC");
        assertThat(loaded.names()).containsExactly("site.test");
    }

    @Test
    void a_traditional_RSA_key_is_read_and_a_foreign_one_refused() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        selfSigned(pair, "SHA256withRSA");
        Files.writeString(key, pem(pair));
        KeyAndChain loaded = PemFiles.load(certificate, key);
        assertThat(loaded.key()).isEqualTo(pair.getPrivate());
        assertThat(loaded.hasIssuer()).isTrue();

        Files.writeString(key, pem(generator.generateKeyPair()));
        fails(Kind.KEY_MISMATCH, "public keys differ");
    }

    @Test
    void each_problem_is_told_with_the_file_it_is_in() throws Exception {
        fails(Kind.MISSING, "site.pem does not exist");
        Files.createDirectory(certificate);
        fails(Kind.UNREADABLE, "not a regular file");
        Files.delete(certificate);
        Files.writeString(certificate, "0\u0082\u0003");
        fails(Kind.NOT_PEM, "no \"-----BEGIN");
        Files.writeString(certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        fails(Kind.NOT_PEM, "damaged");
        Files.writeString(certificate, "x".repeat(PemFiles.MAX_BYTES + 1));
        fails(Kind.TOO_LARGE, "larger than 1 MiB");

        DevelopmentCa ca = DevelopmentCa.openOrCreate(directory.resolve("ca"), InstantSource.system());
        PemWriter.write(ca.issue(List.of("a.test")), certificate, key);
        Files.copy(key, directory.resolve("other"));
        Files.writeString(key, Files.readString(certificate));
        fails(Kind.NO_KEY, "holds no private key");
        Files.writeString(certificate, Files.readString(directory.resolve("other")));
        fails(Kind.NO_CERTIFICATE, "holds no certificate");
    }

    @Test
    void an_encrypted_key_without_a_passphrase_is_refused_by_name() throws Exception {
        Files.copy(resource("ec.pem"), certificate);
        Files.copy(resource("encrypted.key"), key);
        fails(Kind.ENCRYPTED_KEY, "passphrase");
    }

    @Test
    void an_encrypted_key_opens_with_its_passphrase_and_with_no_other() throws Exception {
        DevelopmentCa ca = DevelopmentCa.openOrCreate(directory.resolve("ca"), InstantSource.system());
        KeyAndChain issued = ca.issue(List.of("a.test"));
        PemWriter.write(issued, certificate, key);
        var encryptor = new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC)
                .setProvider(new BouncyCastleProvider())
                .setPassword("twelve boxers".toCharArray())
                .build();
        Files.writeString(key, pem(new JcaPKCS8Generator(issued.key(), encryptor)));
        Path phrase = Files.writeString(directory.resolve("phrase"), "twelve boxers\nand a line that does not count\n");
        PemFiles.Loaded loaded = PemFiles.load(certificate, key, PemFiles.passphrase(phrase));
        assertThat(loaded.pair().key()).isEqualTo(issued.key());
        assertThatThrownBy(() -> PemFiles.load(certificate, key, "twelve".toCharArray()))
                .hasMessage(key + " does not open with its passphrase");
    }

    @Test
    void certificates_out_of_order_are_put_in_order_and_strangers_left_out() throws Exception {
        DevelopmentCa ca = DevelopmentCa.openOrCreate(directory.resolve("ca"), InstantSource.system());
        DevelopmentCa other = DevelopmentCa.openOrCreate(directory.resolve("other"), InstantSource.system());
        KeyAndChain issued = ca.issue(List.of("a.test"));
        PemWriter.write(issued, certificate, key);
        assertThat(PemFiles.load(certificate, key, null).inOrder()).isTrue();
        Files.writeString(certificate, pem(ca.root()) + pem(other.root()) + pem(issued.leaf()));
        PemFiles.Loaded loaded = PemFiles.load(certificate, key, null);
        assertThat(loaded.inOrder()).isFalse();
        assertThat(loaded.pair().chain()).containsExactly(issued.leaf(), ca.root());
    }

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(PemFilesTest.class.getResource("/openssl/" + name).toURI());
    }

    private void fails(Kind kind, String sentence) {
        assertThatThrownBy(() -> PemFiles.load(certificate, key))
                .hasMessageContaining(sentence)
                .asInstanceOf(InstanceOfAssertFactories.type(PemProblem.class))
                .extracting(PemProblem::kind)
                .isEqualTo(kind);
    }

    private void selfSigned(KeyPair pair, String algorithm) throws Exception {
        var name = new X500Principal("CN=site.test");
        var holder = new JcaX509v3CertificateBuilder(
                        name, BigInteger.ONE, new Date(0), new Date(Long.MAX_VALUE >>> 20), name, pair.getPublic())
                .build(new JcaContentSignerBuilder(algorithm).build(pair.getPrivate()));
        Files.writeString(certificate, pem(holder));
    }

    private static String pem(Object object) throws IOException {
        var text = new StringWriter();
        try (var writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        }
        return text.toString();
    }
}
