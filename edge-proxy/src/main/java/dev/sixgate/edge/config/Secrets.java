package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonObject;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.mesh.wireguard.PublicKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Base64;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Secrets, which stand in files or environment variables and never in the operator's JSON. No message repeats one. */
final class Secrets {
    /** A WireGuard key has 44 characters. */
    private static final int MAX_BYTES = 4096;

    private final Scope scope;

    Secrets(Scope scope) {
        this.scope = scope;
    }

    /** A secret's words and where they came from, for messages: {@code certs/fra-1.wgkey}. */
    record Secret(String text, String source) {}

    /** A WireGuard key. @param helpWhenMissing for the file's name, in which {@code %s} stands */
    @Nullable
    Secret read(Fields parent, String key, String helpWhenMissing) {
        Fields fields = reference(parent, key);
        if (fields == null) return null;
        JsonText file = fields.textNode("file");
        JsonText variable = fields.textNode("env");
        if (file != null && variable != null) {
            scope.problems()
                    .error(
                            Code.JSON_010,
                            fields.object().spot(),
                            Quoted.of(key) + " has both \"file\" and \"env\"",
                            "keep one");
            return null;
        }
        if (file != null) return fromFile(file, key, helpWhenMissing);
        if (variable != null) return fromEnvironment(variable);
        if (!fields.has("file") && !fields.has("env")) missing(fields, key);
        return null;
    }

    /** The file of a secret that another reader opens. Only {@code "file"} is understood. */
    @Nullable
    JsonText file(Fields parent, String key) {
        Fields fields = reference(parent, key);
        if (fields == null) return null;
        if (fields.has("env")) {
            scope.problems()
                    .error(
                            Code.JSON_008,
                            fields.keySpot("env"),
                            "\"env\" is not supported yet for the key of a certificate",
                            "{ \"file\": \"…\" }");
            return null;
        }
        if (!fields.has("file")) missing(fields, key);
        JsonText file = fields.textNode("file");
        if (file == null || !looksLikeSecret(file.text())) return file;
        literal(file.spot(), key);
        return null;
    }

    private void missing(Fields fields, String key) {
        scope.problems()
                .error(
                        Code.JSON_009,
                        fields.object().spot(),
                        Quoted.of(key) + " names neither a file nor an environment variable",
                        "{ \"file\": \"…\" } or { \"env\": \"…\" }");
    }

    private @Nullable Fields reference(Fields parent, String key) {
        JsonNode node = parent.get(key);
        if (node == null) return null;
        if (node instanceof JsonObject object) return new Fields(object, KeyCatalogue.SECRET, scope.problems());
        if (node instanceof JsonText) literal(node.spot(), key);
        else
            scope.problems()
                    .error(
                            Code.JSON_004,
                            node.spot(),
                            Quoted.of(key) + " must be an object",
                            "{ \"file\": \"…\" } or { \"env\": \"…\" }");
        return null;
    }

    private void literal(Spot spot, String key) {
        scope.problems()
                .error(
                        Code.SEC_001,
                        spot,
                        Quoted.of(key) + " holds the key itself",
                        "{ \"file\": \"…\" } or { \"env\": \"…\" }");
    }

    /** A key that was pasted where its file's name belongs must not reach the terminal in "does not exist". */
    private static boolean looksLikeSecret(String text) {
        if (text.contains("-----BEGIN")) return true;
        try {
            return text.length() == 44 && Base64.getDecoder().decode(text).length == PublicKey.BYTES;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private @Nullable Secret fromFile(JsonText file, String key, String helpWhenMissing) {
        String name = file.text();
        if (looksLikeSecret(name)) {
            literal(file.spot(), key);
            return null;
        }
        byte[] bytes = scope.read(name, file.spot(), MAX_BYTES, helpWhenMissing.formatted(Quoted.bare(name)));
        if (bytes == null) return null;
        String mode = exposedMode(scope.path(name, file.spot()));
        if (mode != null)
            scope.problems()
                    .error(
                            Code.MESH_007,
                            file.spot(),
                            Quoted.bare(name) + " has mode " + mode,
                            "chmod 600 " + Quoted.bare(name));
        return new Secret(new String(bytes, StandardCharsets.ISO_8859_1).strip(), Quoted.bare(name));
    }

    private @Nullable Secret fromEnvironment(JsonText variable) {
        String value = scope.surroundings().environment(variable.text());
        if (value != null && !value.isBlank())
            return new Secret(value.strip(), "the environment variable " + Quoted.bare(variable.text()));
        scope.problems()
                .error(
                        Code.JSON_006,
                        variable.spot(),
                        "the environment variable " + Quoted.bare(variable.text()) + " is not set");
        return null;
    }

    /** The mode, such as {@code 0644}, when others than the owner can read or write it; null otherwise. */
    static @Nullable String exposedMode(@Nullable Path file) {
        return mode(file, 066);
    }

    /** The mode when everybody can read it or others than the owner can write it: a group may read. */
    static @Nullable String modeOpenToAll(Path file) {
        return mode(file, 026);
    }

    private static @Nullable String mode(@Nullable Path file, int refused) {
        if (file == null) return null;
        Set<PosixFilePermission> permissions;
        try {
            permissions = Files.getPosixFilePermissions(file);
        } catch (IOException | UnsupportedOperationException e) {
            return null;
        }
        int mode = 0;
        // The enum's order is that of the bits: owner's read first, others' execute last.
        for (PosixFilePermission permission : permissions) mode |= 1 << 8 - permission.ordinal();
        return (mode & refused) == 0 ? null : String.format("%04o", mode);
    }
}
