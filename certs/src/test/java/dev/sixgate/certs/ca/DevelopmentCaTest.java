package dev.sixgate.certs.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.pem.PemFiles;
import dev.sixgate.certs.pem.PemWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevelopmentCaTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

    @TempDir
    Path directory;

    @Test
    void a_leaf_validates_against_the_root_by_the_rules_of_PKIX() throws Exception {
        DevelopmentCa ca = DevelopmentCa.openOrCreate(directory, InstantSource.fixed(NOW));
        KeyAndChain leaf = ca.issue(List.of("hello.localhost", "127.0.0.1", "::1"));

        var path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(leaf.leaf()));
        var parameters = new PKIXParameters(Set.of(new TrustAnchor(ca.root(), null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(NOW));
        CertPathValidator.getInstance("PKIX").validate(path, parameters);

        assertThat(leaf.names()).containsExactly("hello.localhost", "127.0.0.1", "0:0:0:0:0:0:0:1");
        assertThat(leaf.notAfter()).isEqualTo(NOW.plus(DevelopmentCa.LEAF_LIFE));
        assertThat(leaf.hasIssuer()).isTrue();
    }

    @Test
    void the_root_is_kept_and_its_key_is_for_the_owner_only() throws IOException {
        DevelopmentCa first = DevelopmentCa.openOrCreate(directory, InstantSource.fixed(NOW));
        DevelopmentCa second =
                DevelopmentCa.openOrCreate(directory, InstantSource.fixed(NOW.plus(Duration.ofDays(30))));
        assertThat(second.root()).isEqualTo(first.root());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("root.key"))))
                .isEqualTo("rw-------");
    }

    @Test
    void an_expired_root_is_replaced() throws IOException {
        DevelopmentCa first = DevelopmentCa.openOrCreate(directory, InstantSource.fixed(NOW));
        DevelopmentCa later =
                DevelopmentCa.openOrCreate(directory, InstantSource.fixed(NOW.plus(DevelopmentCa.ROOT_LIFE)));
        assertThat(later.root()).isNotEqualTo(first.root());
    }

    @Test
    void a_damaged_root_is_told_not_overwritten() throws IOException {
        DevelopmentCa.openOrCreate(directory, InstantSource.fixed(NOW));
        Files.writeString(directory.resolve("root.pem"), "junk");
        assertThatThrownBy(() -> DevelopmentCa.openOrCreate(directory, InstantSource.fixed(NOW)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot be used");
        assertThat(directory.resolve("root.pem")).hasContent("junk");
    }

    @Test
    void a_written_leaf_is_read_back() throws Exception {
        DevelopmentCa ca = DevelopmentCa.openOrCreate(directory, InstantSource.fixed(NOW));
        KeyAndChain leaf = ca.issue(List.of("hello.localhost"));
        Path certificate = directory.resolve("leaf.pem");
        Path key = directory.resolve("leaf.key");
        PemWriter.write(leaf, certificate, key);
        KeyAndChain read = PemFiles.load(certificate, key);
        assertThat(read.chain()).isEqualTo(leaf.chain());
        assertThat(read.key()).isEqualTo(leaf.key());
    }
}
