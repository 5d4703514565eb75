package dev.sixgate.edge.run;

import dev.sixgate.certs.CertificateStore;
import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.acme.AcmeIssuer;
import dev.sixgate.certs.ca.DevelopmentCa;
import dev.sixgate.certs.pem.PemProblem;
import dev.sixgate.edge.admin.EdgeView.CertificateStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The certificates of a snapshot: its files, those ordered by ACME, and the development CA's for names that no file covers. */
final class Certificates {
    private Certificates() {}

    /** Where an edge keeps its development CA. */
    static Path developmentCa(Path stateDirectory) {
        return stateDirectory.resolve("dev-ca");
    }

    /** Where an edge keeps what it ordered, and its accounts. */
    static Path acme(Path stateDirectory) {
        return stateDirectory.resolve("acme");
    }

    /**
     * @param ordered by ACME, as they stand
     * @param known entries in use: one that is still the same is kept as the object it is, with all that was made from it
     * @param problems receives a sentence for each that cannot be used; then the result is of no use
     */
    static List<CertificateStore.Entry> load(
            Snapshot snapshot,
            List<CertificateStore.Entry> ordered,
            List<CertificateStore.Entry> known,
            List<String> problems) {
        List<CertificateStore.Entry> entries = new ArrayList<>();
        for (Snapshot.CertificateFiles files : snapshot.certificates()) {
            try {
                KeyAndChain loaded = files.load().pair();
                entries.add(new CertificateStore.Entry(files.hostnames(), orKnown(loaded, known)));
            } catch (PemProblem e) {
                problems.add(e.getMessage());
            }
        }
        entries.addAll(ordered);
        List<String> names = snapshot.developmentCaHostnames();
        if (!names.isEmpty()) {
            try {
                entries.add(development(snapshot.stateDirectory(), names, known));
            } catch (IOException e) {
                problems.add("the development CA cannot issue a certificate: " + e.getMessage());
            }
        }
        return entries;
    }

    private static KeyAndChain orKnown(KeyAndChain loaded, List<CertificateStore.Entry> known) {
        for (CertificateStore.Entry entry : known)
            if (entry.certificate().chain().equals(loaded.chain())) return entry.certificate();
        return loaded;
    }

    private static CertificateStore.Entry development(
            Path stateDirectory, List<String> names, List<CertificateStore.Entry> known) throws IOException {
        InstantSource clock = InstantSource.system();
        DevelopmentCa ca = DevelopmentCa.openOrCreate(developmentCa(stateDirectory), clock);
        Instant renewal = clock.instant().plus(DevelopmentCa.LEAF_LIFE.dividedBy(2));
        for (CertificateStore.Entry entry : known) {
            KeyAndChain certificate = entry.certificate();
            if (entry.hostnames().equals(names)
                    && certificate.chain().getLast().equals(ca.root())
                    && certificate.notAfter().isAfter(renewal)) return entry;
        }
        return new CertificateStore.Entry(names, ca.issue(names));
    }

    /** Of everything served with, then of what is still being ordered. */
    static List<CertificateStatus> status(
            Snapshot snapshot, List<CertificateStore.Entry> served, List<AcmeIssuer.Status> ordered) {
        List<CertificateStatus> all = new ArrayList<>();
        for (CertificateStore.Entry entry : served) {
            if (ordered.stream().anyMatch(order -> entry.certificate() == order.certificate())) continue;
            boolean development = entry.hostnames().equals(snapshot.developmentCaHostnames());
            List<String> names =
                    entry.hostnames().isEmpty() ? entry.certificate().names() : entry.hostnames();
            all.add(status(names, development ? "development CA" : "file", entry.certificate(), null, 0, null));
        }
        for (AcmeIssuer.Status order : ordered)
            all.add(status(
                    List.of(order.name()),
                    "acme",
                    order.certificate(),
                    order.nextAttempt().toString(),
                    order.failures(),
                    order.lastError()));
        return all;
    }

    private static CertificateStatus status(
            List<String> names,
            String source,
            @Nullable KeyAndChain certificate,
            @Nullable String nextRenewal,
            int failures,
            @Nullable String lastError) {
        return new CertificateStatus(
                names,
                source,
                certificate == null
                        ? null
                        : certificate.leaf().getIssuerX500Principal().getName(),
                certificate == null ? null : certificate.notAfter().toString(),
                nextRenewal,
                failures,
                lastError);
    }
}
