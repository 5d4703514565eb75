package dev.sixgate.edge.config;

import dev.sixgate.certs.acme.AcmeSettings;
import dev.sixgate.certs.acme.AcmeSettings.ExternalAccount;
import dev.sixgate.certs.acme.ChallengeType;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.config.MeshDraft.Located;
import dev.sixgate.edge.servicemap.Handler;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code certificates.acme}: which CA is asked, and whether it can reach us to validate. */
final class AcmeReader {
    private static final String DEFAULT_DIRECTORY = "letsencrypt";
    private static final Map<String, String> DIRECTORIES = Map.of(
            DEFAULT_DIRECTORY,
            "https://acme-v02.api.letsencrypt.org/directory",
            "letsencrypt-staging",
            "https://acme-staging-v02.api.letsencrypt.org/directory",
            "zerossl",
            "https://acme.zerossl.com/v2/DV90");
    private static final List<ChallengeType> DEFAULT_CHALLENGES =
            List.of(ChallengeType.TLS_ALPN_01, ChallengeType.HTTP_01);
    private static final int TLS_PORT = 443;
    private static final int HTTP_PORT = 80;

    private final Scope scope;
    private final Problems problems;
    private @Nullable Fields fields;
    private List<Located<ChallengeType>> challenges = List.of();
    private @Nullable AcmeSettings settings;

    AcmeReader(Scope scope) {
        this.scope = scope;
        this.problems = scope.problems();
    }

    void read(Fields certificates) {
        Fields acme = certificates.object("acme", KeyCatalogue.ACME).orElse(null);
        if (acme == null) return;
        fields = acme;
        if (!acme.flag("accept_terms"))
            problems.error(
                    Code.TLS_006,
                    acme.spot("accept_terms"),
                    "accept_terms must be true to use an ACME directory",
                    "read the CA's terms, then write \"accept_terms\": true");
        challenges = challenges(acme);
        List<URI> directories = new ArrayList<>();
        directories.add(directory(acme, "directory", DEFAULT_DIRECTORY));
        if (acme.has("second_directory")) directories.add(directory(acme, "second_directory", DEFAULT_DIRECTORY));
        Path hook = program(acme, "dns_hook");
        settings = new AcmeSettings(
                directories,
                trust(acme),
                email(acme),
                acme.has("profile") ? acme.name("profile") : null,
                challenges.stream().map(Located::value).toList(),
                externalAccount(acme),
                hook,
                store(acme));
        for (Located<ChallengeType> challenge : challenges)
            if (challenge.value() == ChallengeType.DNS_01 && !acme.has("dns_hook"))
                problems.error(
                        Code.JSON_009,
                        challenge.spot(),
                        "dns-01 needs a program that sets TXT records, and \"dns_hook\" is missing",
                        "\"dns_hook\": \"hooks/dns\", run as: dns present|cleanup NAME VALUE");
    }

    /** Whether names without a file get their certificate this way. */
    boolean isPresent() {
        return fields != null;
    }

    /** Null: there is no such block. */
    @Nullable
    AcmeSettings settings() {
        return settings;
    }

    /** Tells of names that the CA cannot validate with what is configured. */
    void check(List<Located<String>> names, List<AppReader.Draft> apps) {
        if (settings == null || names.isEmpty()) return;
        boolean dns = has(ChallengeType.DNS_01);
        for (Located<String> name : names)
            if (name.value().startsWith("*.") && !dns)
                problems.error(
                        Code.TLS_004,
                        name.spot(),
                        Quoted.of(name.value()) + " needs dns-01; challenges has " + words(),
                        "add dns-01 with a dns_hook, or list the names");
        if (!dns) reachable(apps);
    }

    private void reachable(List<AppReader.Draft> apps) {
        boolean onStandardPort = false;
        boolean anywhere = false;
        for (AppReader.Draft app : apps)
            for (ServiceReader.Draft service : app.services())
                for (var port : service.ports()) {
                    boolean tls = has(ChallengeType.TLS_ALPN_01)
                            && port.value().handlers().contains(Handler.TLS);
                    boolean http = has(ChallengeType.HTTP_01)
                            && port.value().handlers().contains(Handler.HTTP)
                            && !port.value().handlers().contains(Handler.TLS);
                    anywhere |= tls || http;
                    onStandardPort |= tls && port.value().port() == TLS_PORT
                            || http && port.value().port() == HTTP_PORT;
                }
        if (onStandardPort || fields == null) return;
        Spot spot = fields.spot("challenges");
        String what = "tls-alpn-01 needs 443/tcp with handler \"tls\"; http-01 needs 80/tcp with \"http\"";
        if (!anywhere)
            problems.error(Code.TLS_005, spot, what + ": neither is configured for " + words(), "add a port");
        else
            problems.warning(
                    Code.TLS_005,
                    spot,
                    what + ": no such port is configured for " + words() + ", others are",
                    "fine when the public port is forwarded to one of ours");
    }

    private boolean has(ChallengeType type) {
        return challenges.stream().anyMatch(challenge -> challenge.value() == type);
    }

    private String words() {
        return String.join(", ", challenges.stream().map(c -> c.value().word()).toList());
    }

    private List<Located<ChallengeType>> challenges(Fields acme) {
        List<String> words =
                Arrays.stream(ChallengeType.values()).map(ChallengeType::word).toList();
        List<Located<ChallengeType>> read = new ArrayList<>();
        for (JsonText item : acme.texts("challenges")) {
            String word = acme.asWord("a challenge", item, words, List.of());
            if (word != null) read.add(new Located<>(ChallengeType.values()[words.indexOf(word)], item.spot()));
        }
        if (!read.isEmpty()) return read;
        if (acme.get("challenges") instanceof JsonNode.JsonArray array
                && array.items().isEmpty())
            problems.error(Code.JSON_010, acme.spot("challenges"), "\"challenges\" lists nothing", "leave it out");
        Spot spot = acme.object().spot();
        return DEFAULT_CHALLENGES.stream()
                .map(type -> new Located<>(type, spot))
                .toList();
    }

    private URI directory(Fields acme, String key, String absent) {
        JsonText node = acme.textNode(key);
        String text = node == null ? absent : node.text();
        String known = DIRECTORIES.get(text);
        if (known != null) return URI.create(known);
        try {
            URI uri = URI.create(text);
            if ("https".equals(uri.getScheme()) && uri.getHost() != null) return uri;
        } catch (IllegalArgumentException e) {
            // Told below.
        }
        problems.error(
                Code.JSON_010,
                acme.spot(key),
                Quoted.of(key) + " cannot be " + Quoted.of(text),
                "an https URL, or one of: "
                        + String.join(
                                ", ", DIRECTORIES.keySet().stream().sorted().toList()));
        return URI.create(DIRECTORIES.get(DEFAULT_DIRECTORY));
    }

    private String email(Fields acme) {
        JsonText node = acme.textNode("email");
        if (node == null) return "";
        if (node.text().matches("[^\\s@,?:]+@[^\\s@,?:]+")) return node.text();
        problems.error(Code.JSON_010, node.spot(), Quoted.of(node.text()) + " is not an e-mail address");
        return "";
    }

    private @Nullable Path trust(Fields acme) {
        Fields trust = acme.object("trust", KeyCatalogue.TRUST).orElse(null);
        if (trust == null || !trust.require("file", "\"trust\": { \"file\": \"roots.pem\" }")) return null;
        JsonText file = trust.textNode("file");
        if (file == null || scope.read(file.text(), file.spot(), 1 << 20, null) == null) return null;
        return scope.path(file.text(), file.spot());
    }

    private @Nullable ExternalAccount externalAccount(Fields acme) {
        Fields account =
                acme.object("external_account", KeyCatalogue.EXTERNAL_ACCOUNT).orElse(null);
        if (account == null) return null;
        boolean both = account.require("key_id", "\"key_id\": \"…\", as the CA gave it")
                & account.require("hmac_key", "\"hmac_key\": { \"file\": \"eab.key\" }");
        String keyId = account.text("key_id");
        JsonText file = new Secrets(scope).file(account, "hmac_key");
        boolean readable = file != null && scope.read(file.text(), file.spot(), 4096, null) != null;
        if (!both || keyId == null || file == null || !readable) return null;
        Path path = scope.path(file.text(), file.spot());
        return path == null ? null : new ExternalAccount(keyId, path);
    }

    private @Nullable Path store(Fields acme) {
        JsonText node = acme.textNode("store");
        Path path = node == null ? null : scope.path(node.text(), node.spot());
        if (node == null || path == null) return null;
        if (Files.isDirectory(path) && Files.isWritable(path)) return path;
        problems.error(
                Code.JSON_006,
                node.spot(),
                Quoted.bare(node.text()) + " is not a folder that can be written to (looked relative to this file)",
                "mkdir -m 700 " + Quoted.bare(node.text()) + ", or mount what the edges share");
        return null;
    }

    private @Nullable Path program(Fields acme, String key) {
        JsonText node = acme.textNode(key);
        Path path = node == null ? null : scope.path(node.text(), node.spot());
        if (node == null || path == null) return null;
        if (Files.isExecutable(path) && Files.isRegularFile(path)) return path;
        problems.error(
                Code.JSON_006,
                node.spot(),
                Quoted.bare(node.text()) + " is not a program that can be run (looked relative to this file)",
                "chmod +x " + Quoted.bare(node.text()));
        return null;
    }
}
