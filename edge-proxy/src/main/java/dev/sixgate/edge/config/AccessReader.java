package dev.sixgate.edge.config;

import dev.sixgate.edge.auth.PasswordFile;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.http.FieldName;
import dev.sixgate.edge.servicemap.AccessFilter;
import dev.sixgate.edge.servicemap.HttpRoute.BackendRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The filters of a route that ask who the client is. */
final class AccessReader {
    static final List<String> BASIC_KEYS = List.of("type", "users", "realm", "user_header");

    static final List<String> FORWARD_KEYS = List.of("type", "backend_ref", "path", "copy_headers", "timeout");

    /** Some ten thousand users. */
    private static final int MAX_USERS_FILE = 1 << 20;

    private static final Duration FORWARD_TIMEOUT = Duration.ofSeconds(5);

    private final Scope scope;
    private final Problems problems;
    private final BackendReferences references;

    AccessReader(Scope scope, BackendReferences references) {
        this.references = references;
        this.scope = scope;
        this.problems = scope.problems();
    }

    @Nullable
    AccessFilter basic(Fields fields) {
        JsonText realm = fields.textNode("realm");
        if (realm != null && !realm.text().matches("[ !#-\\[\\]-~]{1,64}"))
            problems.error(
                    Code.JSON_010,
                    realm.spot(),
                    Quoted.of(realm.text()) + " cannot be a realm",
                    "1 to 64 characters of ASCII, without quotes and backslashes");
        String userField = identityField(fields.textNode("user_header"), problems);
        if (!fields.require("users", "\"users\": { \"file\": \"users.htpasswd\" }")) return null;
        Fields users = fields.object("users", KeyCatalogue.USERS).orElse(null);
        if (users == null || !users.require("file", "\"file\": \"users.htpasswd\"")) return null;
        JsonText name = users.textNode("file");
        byte[] bytes = name == null
                ? null
                : scope.read(
                        name.text(), name.spot(), MAX_USERS_FILE, "htpasswd -cB " + Quoted.bare(name.text()) + " NAME");
        if (name == null || bytes == null) return null;
        PasswordFile file = PasswordFile.parse(bytes);
        told(name, file);
        return new AccessFilter.BasicAuth(realm == null ? "sixgate" : realm.text(), file.users(), userField);
    }

    private void told(JsonText name, PasswordFile file) {
        if (!file.faults().isEmpty()) {
            PasswordFile.Fault first = file.faults().getFirst();
            int more = file.faults().size() - 1;
            problems.error(
                    Code.AUTH_001,
                    name.spot(),
                    Quoted.bare(name.text()) + ":" + first.line() + ": " + first.what()
                            + (more == 0 ? "" : ", and " + more + " more"),
                    "htpasswd -B " + Quoted.bare(name.text()) + " NAME writes what is understood");
        } else if (file.users().isEmpty())
            problems.error(
                    Code.AUTH_001,
                    name.spot(),
                    Quoted.bare(name.text()) + " names nobody, so nobody could pass",
                    "htpasswd -B " + Quoted.bare(name.text()) + " NAME");
        if (!file.weak().isEmpty())
            problems.warning(
                    Code.AUTH_002,
                    name.spot(),
                    Quoted.bare(name.text()) + " has {SHA} in line "
                            + file.weak().stream().limit(5).map(String::valueOf).collect(Collectors.joining(", "))
                            + (file.weak().size() > 5 ? ", …" : "")
                            + ": without salt, the passwords can be looked up",
                    "htpasswd -B");
    }

    @Nullable
    AccessFilter forward(Fields fields) {
        boolean both = fields.require("backend_ref", "\"backend_ref\": { \"app\": \"auth\" }")
                & fields.require("path", "\"path\": \"/verify\"");
        BackendRef to = fields.object("backend_ref", KeyCatalogue.FILTER_REF)
                .map(references::read)
                .orElse(null);
        JsonText path = fields.textNode("path");
        List<String> copied = new ArrayList<>();
        for (JsonText name : fields.texts("copy_headers")) {
            String field = identityField(name, problems);
            if (field != null) copied.add(field);
        }
        Duration timeout = fields.duration("timeout", FORWARD_TIMEOUT, Duration.ofMillis(10), Duration.ofMinutes(1));
        if (path != null && !RoutesReader.isPath(path.text())) {
            problems.error(Code.JSON_010, path.spot(), Quoted.of(path.text()) + " is not a path", "begin with \"/\"");
            return null;
        }
        return both && to != null && path != null
                ? new AccessFilter.ForwardAuth(to, path.text(), copied, timeout)
                : null;
    }

    /** Null when absent, or with a problem told. */
    static @Nullable String identityField(@Nullable JsonText name, Problems problems) {
        if (name == null) return null;
        if (FieldName.isToken(name.text()) && FieldName.isFree(name.text())) return name.text();
        problems.error(
                Code.JSON_010,
                name.spot(),
                Quoted.of(name.text()) + " cannot tell backends who the client is",
                "a header of its own, such as \"X-User\"");
        return null;
    }
}
