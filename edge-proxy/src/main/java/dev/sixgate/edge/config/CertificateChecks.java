package dev.sixgate.edge.config;

import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.acme.AcmeSettings;
import dev.sixgate.certs.pem.PemFiles;
import dev.sixgate.certs.pem.PemProblem;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.config.MeshDraft.Located;
import dev.sixgate.edge.run.Snapshot.AcmeOrders;
import dev.sixgate.edge.run.Snapshot.CertificateFiles;
import dev.sixgate.edge.servicemap.Handler;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Certificate files, and which host names they leave to the development CA. */
final class CertificateChecks {
    private static final Duration SOON = Duration.ofDays(14);

    private final Scope scope;
    private final Problems problems;
    private final Instant now;
    private final List<CertificateFiles> files = new ArrayList<>();
    /** Names that are listed for a file, exact or with a wildcard, and certificates whose own names count. */
    private final Set<String> listed = new LinkedHashSet<>();

    private final List<KeyAndChain> unlisted = new ArrayList<>();
    private final AcmeReader acme;
    private final List<Located<String>> acmeNames = new ArrayList<>();
    private boolean any;
    /** Then the names inside are not known, and nothing is said of names that are not covered. */
    private boolean anyBroken;

    CertificateChecks(Scope scope) {
        this.scope = scope;
        this.problems = scope.problems();
        this.now = scope.surroundings().clock().instant();
        this.acme = new AcmeReader(scope);
    }

    List<CertificateFiles> files() {
        return files;
    }

    void read(Fields top) {
        Fields certificates =
                top.object("certificates", KeyCatalogue.CERTIFICATES).orElse(null);
        if (certificates == null) return;
        acme.read(certificates);
        files(certificates, scope);
    }

    /** Of a document, which may list files and nothing else. */
    void readFiles(Fields document, Scope own) {
        Fields certificates =
                document.object("certificates", KeyCatalogue.CERTIFICATES).orElse(null);
        if (certificates == null) return;
        if (certificates.has("acme"))
            problems.error(
                    Code.JSON_012, certificates.keySpot("acme"), "\"acme\" may stand in the first file only", null);
        files(certificates, own);
    }

    private void files(Fields certificates, Scope own) {
        for (JsonNode item : certificates.array("files"))
            Fields.of(item, "a certificate", KeyCatalogue.CERTIFICATE_FILE, problems)
                    .ifPresent(fields -> file(fields, own));
    }

    private void file(Fields fields, Scope scope) {
        any = true;
        List<Located<String>> hostnames = new ArrayList<>();
        for (JsonText item : fields.texts("hostnames")) {
            String name = Addresses.hostname(item.text(), true);
            if (name != null) hostnames.add(new Located<>(name, item.spot()));
            else
                problems.error(
                        Code.JSON_010,
                        item.spot(),
                        Quoted.of(item.text()) + " is not a host name",
                        "such as \"shop.example.com\" or \"*.example.com\"");
        }
        hostnames.forEach(hostname -> listed.add(hostname.value()));
        anyBroken |= !fields.has("certificate") || !fields.has("private_key");
        boolean both = fields.require("certificate", "\"certificate\": \"shop.pem\"")
                & fields.require("private_key", "\"private_key\": { \"file\": \"shop.key\" }");
        JsonText certificate = fields.textNode("certificate");
        JsonText key = new Secrets(scope).file(fields, "private_key");
        if (!both || certificate == null || key == null) return;
        Path certificateFile = scope.path(certificate.text(), certificate.spot());
        Path keyFile = scope.path(key.text(), key.spot());
        if (certificateFile == null || keyFile == null) return;
        scope.files().add(certificateFile);
        scope.files().add(keyFile);
        JsonText phrase = fields.has("passphrase") ? new Secrets(scope).file(fields, "passphrase") : null;
        Path phraseFile = phrase == null ? null : scope.path(phrase.text(), phrase.spot());
        if (phraseFile != null) scope.files().add(phraseFile);
        if (fields.has("passphrase") && phraseFile == null) {
            anyBroken = true;
            return;
        }
        CertificateFiles listed = new CertificateFiles(
                hostnames.stream().map(Located::value).toList(), certificateFile, keyFile, phraseFile);
        files.add(listed);
        PemFiles.Loaded loaded = load(problems, certificate, key, phrase, listed);
        exposed(key, keyFile);
        if (phrase != null && phraseFile != null) exposed(phrase, phraseFile);
        anyBroken |= loaded == null;
        if (loaded == null) return;
        KeyAndChain pair = loaded.pair();
        if (!loaded.inOrder())
            problems.warning(
                    Code.TLS_010,
                    certificate.spot(),
                    Quoted.bare(certificate.text()) + " is not in order; it is served leaf first, each followed by its"
                            + " issuer, without what belongs to neither",
                    "put the leaf first, then its issuer, then that one's");
        if (hostnames.isEmpty()) unlisted.add(pair);
        dates(pair, certificate);
        names(pair, certificate, hostnames);
        if (!pair.hasIssuer())
            problems.warning(
                    Code.TLS_007,
                    certificate.spot(),
                    Quoted.bare(certificate.text()) + " has no intermediate; some clients will fail",
                    "append the issuer's certificate to the file");
    }

    /** What others can read is theirs too; a group is given on purpose, as Debian's ssl-cert is. */
    private void exposed(JsonText text, Path file) {
        String mode = Secrets.modeOpenToAll(file);
        if (mode != null)
            problems.error(
                    Code.TLS_009,
                    text.spot(),
                    Quoted.bare(text.text()) + " has mode " + mode + ": every user of this machine can read it, or"
                            + " others than its owner write it",
                    "chmod 600 " + Quoted.bare(text.text()) + ", or 640 for a group");
    }

    /** Null, with a problem told, when the pair cannot be loaded. */
    static @Nullable KeyAndChain load(
            Problems problems, JsonText certificate, Path certificateFile, JsonText key, Path keyFile) {
        PemFiles.Loaded loaded =
                load(problems, certificate, key, null, new CertificateFiles(List.of(), certificateFile, keyFile));
        return loaded == null ? null : loaded.pair();
    }

    private static PemFiles.@Nullable Loaded load(
            Problems problems, JsonText certificate, JsonText key, @Nullable JsonText phrase, CertificateFiles files) {
        try {
            return files.load();
        } catch (PemProblem e) {
            Spot spot = certificate.spot();
            if (phrase != null && e.file().equals(files.passphrase())) spot = phrase.spot();
            else if (e.file().equals(files.privateKey()) && e.kind() != PemProblem.Kind.NO_CERTIFICATE)
                spot = key.spot();
            Code code = switch (e.kind()) {
                case MISSING, UNREADABLE, TOO_LARGE -> Code.JSON_006;
                case KEY_MISMATCH -> Code.TLS_002;
                case NOT_PEM, NO_CERTIFICATE, NO_KEY, ENCRYPTED_KEY, WRONG_PASSPHRASE -> Code.TLS_008;
            };
            // The certs room knows whole paths; the operator wrote these.
            String message = String.valueOf(e.getMessage())
                    .replace(files.certificate().toString(), Quoted.bare(certificate.text()))
                    .replace(files.privateKey().toString(), Quoted.bare(key.text()));
            if (phrase != null)
                message = message.replace(String.valueOf(files.passphrase()), Quoted.bare(phrase.text()));
            problems.error(
                    code,
                    spot,
                    message + (e.kind() == PemProblem.Kind.MISSING ? " (looked relative to this file)" : ""),
                    help(e.kind()));
            return null;
        }
    }

    private static @Nullable String help(PemProblem.Kind kind) {
        return switch (kind) {
            case KEY_MISMATCH -> "give the key that the certificate was made with";
            case ENCRYPTED_KEY ->
                "\"passphrase\": { \"file\": \"…\" } beside it, for a key in PKCS#8 as openssl pkcs8 -topk8 writes it";
            case WRONG_PASSPHRASE -> "the first line of the passphrase's file, and nothing more, is taken";
            case NOT_PEM, NO_CERTIFICATE, NO_KEY -> "PEM, with the leaf certificate first";
            case MISSING, UNREADABLE, TOO_LARGE -> null;
        };
    }

    private void dates(KeyAndChain pair, JsonText certificate) {
        String file = Quoted.bare(certificate.text());
        if (!pair.notAfter().isAfter(now)) {
            problems.error(
                    Code.TLS_003,
                    certificate.spot(),
                    file + " expired " + ago(Duration.between(pair.notAfter(), now)) + " (" + date(pair.notAfter())
                            + ")",
                    "renew it");
            return;
        }
        if (pair.notBefore().isAfter(now)) {
            problems.error(
                    Code.TLS_003,
                    certificate.spot(),
                    file + " is not valid before " + date(pair.notBefore()),
                    "check this machine's clock");
            return;
        }
        // Certificates that live for days are renewed late in their lives, and that is fine.
        Duration third = Duration.between(pair.notBefore(), pair.notAfter()).dividedBy(3);
        Duration left = Duration.between(now, pair.notAfter());
        if (left.compareTo(SOON) < 0 && left.compareTo(third) < 0)
            problems.warning(
                    Code.TLS_003,
                    certificate.spot(),
                    file + " expires in " + days(left) + " (" + date(pair.notAfter()) + ")",
                    "renew it");
    }

    private static String ago(Duration past) {
        return days(past) + " ago";
    }

    private static String days(Duration duration) {
        long days = duration.toDays();
        if (days > 0) return days + (days == 1 ? " day" : " days");
        long hours = Math.max(1, duration.toHours());
        return hours + (hours == 1 ? " hour" : " hours");
    }

    private static String date(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC).toLocalDate().toString();
    }

    private void names(KeyAndChain pair, JsonText certificate, List<Located<String>> hostnames) {
        List<String> inside = pair.names().stream().map(Quoted::bare).limit(10).toList();
        for (Located<String> hostname : hostnames)
            if (!pair.covers(hostname.value()))
                problems.error(
                        Code.TLS_003,
                        hostname.spot(),
                        Quoted.bare(certificate.text()) + " does not cover " + hostname.value() + " (covers "
                                + (inside.isEmpty() ? "no name at all" : String.join(", ", inside)) + ")",
                        "use another certificate, or remove the name");
        if (hostnames.isEmpty() && inside.isEmpty())
            problems.warning(
                    Code.TLS_003,
                    certificate.spot(),
                    Quoted.bare(certificate.text()) + " names no host (it has no subjectAltName)",
                    "use a certificate with subjectAltName; clients do not look at the common name");
    }

    /** What is ordered by ACME, and how; null: nothing. Ask after {@link #developmentCaHostnames}. */
    @Nullable
    AcmeOrders acme(List<AppReader.Draft> apps) {
        acme.check(acmeNames, apps);
        AcmeSettings settings = acme.settings();
        return settings == null
                ? null
                : new AcmeOrders(
                        settings,
                        acmeNames.stream().map(Located::value).distinct().toList());
    }

    /** The names that the development CA stands in for, each told as a warning. */
    List<String> developmentCaHostnames(List<AppReader.Draft> apps, @Nullable String edgeName) {
        Set<String> names = new LinkedHashSet<>();
        for (AppReader.Draft app : apps)
            for (ServiceReader.Draft service : app.services()) {
                var tls = service.ports().stream()
                        .filter(port -> port.value().handlers().contains(Handler.TLS))
                        .findFirst()
                        .orElse(null);
                if (tls == null) continue;
                for (Located<String> host : service.hostnames())
                    if (covered(host.value())) continue;
                    else if (acme.isPresent()) acmeNames.add(host);
                    else if (names.add(host.value()) && !anyBroken)
                        problems.warning(
                                Code.TLS_001,
                                host.spot(),
                                host.value()
                                        + " has no certificate source; the development CA will be used and browsers"
                                        + " will object",
                                "add \"acme\" to certificates, or a file that covers it to certificates.files");
                if (service.hostnames().isEmpty() && !any) unnamed(tls.value().port(), tls.spot(), edgeName, names);
            }
        return List.copyOf(names);
    }

    private void unnamed(int port, Spot spot, @Nullable String edgeName, Set<String> names) {
        String edge = edgeName == null ? null : Addresses.hostname(edgeName.toLowerCase(Locale.ROOT), false);
        names.add("localhost");
        if (edge != null) names.add(edge);
        problems.warning(
                Code.TLS_001,
                spot,
                "port " + port + " has no certificate source and no host name; the development CA will be used for "
                        + (edge == null ? "localhost" : "localhost and " + edge) + " and browsers will object",
                "add a file to certificates.files");
    }

    private boolean covered(String host) {
        if (listed.contains(host)) return true;
        int dot = host.indexOf('.');
        if (dot > 0 && listed.contains("*" + host.substring(dot))) return true;
        for (KeyAndChain pair : unlisted) if (pair.covers(host)) return true;
        return false;
    }
}
