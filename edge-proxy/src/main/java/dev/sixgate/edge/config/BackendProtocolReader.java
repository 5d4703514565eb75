package dev.sixgate.edge.config;

import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.servicemap.BackendProtocol;
import dev.sixgate.edge.servicemap.BackendTls;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code h2_backend} and {@code backend_tls} of a service's {@code http_options}. */
final class BackendProtocolReader {

    private final Scope scope;
    private final Problems problems;

    BackendProtocolReader(Scope scope) {
        this.scope = scope;
        this.problems = scope.problems();
    }

    /** @param http the service's {@code http_options}, if it has them */
    BackendProtocol read(@Nullable Fields http) {
        if (http == null) return BackendProtocol.HTTP_1_1;
        boolean http2 = http.flag("h2_backend");
        Fields tls = http.object("backend_tls", KeyCatalogue.BACKEND_TLS).orElse(null);
        BackendTls read = tls == null ? null : tls(tls);
        return http2 || read != null ? new BackendProtocol(http2, read) : BackendProtocol.HTTP_1_1;
    }

    /** A port cannot say how backends are spoken to: they are those of all ports. */
    void refuse(@Nullable Fields http) {
        if (http == null) return;
        for (String key : List.of("h2_backend", "backend_tls"))
            if (http.has(key))
                problems.error(
                        Code.JSON_010,
                        http.keySpot(key),
                        Quoted.of(key) + " stands at a port, but the backends are the whole service's",
                        "move it to the service's \"http_options\"");
    }

    private @Nullable BackendTls tls(Fields fields) {
        fields.require("server_name", "\"server_name\": \"app.internal\", which the backend's certificate stands for");
        JsonText name = fields.textNode("server_name");
        String serverName = name == null ? null : Addresses.hostname(name.text(), false);
        if (name != null && serverName == null)
            problems.error(
                    Code.JSON_010, name.spot(), Quoted.of(name.text()) + " is not a host name", "\"app.internal\"");
        List<X509Certificate> trust = new IssuersReader(scope).read(fields, "trust");
        JsonText certificate = fields.textNode("certificate");
        JsonText key = new Secrets(scope).file(fields, "private_key");
        if (fields.has("certificate") != fields.has("private_key"))
            problems.error(
                    Code.JSON_009,
                    fields.object().spot(),
                    "\"certificate\" and \"private_key\" stand together or not at all",
                    "\"certificate\": \"edge.pem\", \"private_key\": { \"file\": \"edge.key\" }");
        KeyAndChain own = certificate == null || key == null ? null : own(certificate, key);
        if (serverName == null) return null;
        return own == null
                ? new BackendTls(serverName, trust, null, List.of())
                : new BackendTls(serverName, trust, own.key(), own.chain());
    }

    private @Nullable KeyAndChain own(JsonText certificate, JsonText key) {
        Path certificateFile = scope.path(certificate.text(), certificate.spot());
        Path keyFile = scope.path(key.text(), key.spot());
        if (certificateFile == null || keyFile == null) return null;
        scope.files().add(certificateFile);
        scope.files().add(keyFile);
        return CertificateChecks.load(problems, certificate, certificateFile, key, keyFile);
    }
}
