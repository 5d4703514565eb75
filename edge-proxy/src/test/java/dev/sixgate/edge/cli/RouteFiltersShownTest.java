package dev.sixgate.edge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code sixgate route} says of each filter what it does, and what the route answers itself. */
class RouteFiltersShownTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET http://a:8080/gone | filter    DirectResponse 410, 2 bytes",
                "GET http://a:8080/gone | answer    410, direct_response",
                "GET http://a:8080/old/x | answer    301, redirect to https://new.example/old/x",
                "GET http://a:8080/api | filter    CORS, origins https://app.example, methods PUT",
                "OPTIONS http://a:8080/api --header Origin:https://app.example --header"
                        + " Access-Control-Request-Method:PUT | answer    204, cors_preflight",
                "GET http://a:8080/api | backend   b",
                "GET http://a:8080/api | filter    RequestMirror to web.web, 5 of 100",
            })
    void route_says_what_a_filter_does(String words, String line) throws Exception {
        Path file = Files.writeString(directory.resolve("sixgate.json"), """
            { "edge": { "addresses": ["127.0.0.1"] },
              "apps": { "web": {
                "backends": [ { "name": "b", "address": "127.0.0.1", "insecure_direct": true } ],
                "services": [ { "name": "web", "internal_port": 1, "ports": [ { "port": 8080, "handlers": ["http"] } ],
                  "routes": [
                    { "name": "gone", "matches": [ { "path": { "value": "/gone" } } ],
                      "filters": [ { "type": "DirectResponse", "status": 410, "body": "no" } ] },
                    { "name": "old", "matches": [ { "path": { "value": "/old" } } ],
                      "filters": [ { "type": "RequestRedirect", "scheme": "https", "hostname": "new.example", "status_code": 301 } ] },
                    { "name": "api", "matches": [ { "path": { "value": "/api" } } ],
                      "filters": [ { "type": "CORS", "allow_origins": ["https://app.example"], "allow_methods": ["PUT"] },
                                   { "type": "RequestMirror", "backend_ref": { "app": "web", "service": "web" }, "percent": 5 } ] } ] } ] } } }
            """);
        StringWriter out = new StringWriter();
        PrintWriter printed = new PrintWriter(out, true);
        int exit = Main.run(("route " + file + " " + words).split(" "), printed, printed);
        assertThat(out.toString()).contains(line);
        assertThat(exit).isZero();
    }
}
