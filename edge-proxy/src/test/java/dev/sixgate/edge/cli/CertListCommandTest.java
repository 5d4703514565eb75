package dev.sixgate.edge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class CertListCommandTest {
    @Test
    void renewal_and_failure_are_shown_as_the_admin_socket_names_them() {
        StringWriter out = new StringWriter();
        CertListCommand.print(
                JsonMapper.builder().build().readTree("""
                    [ { "names": ["shop.example.com"], "source": "acme", "issuer": "CN=Example CA",
                        "expires": "2026-03-01T00:00:00Z", "next_renewal": "2026-02-01T00:00:00Z",
                        "failures": 2, "last_error": "the CA wants an external account" } ]
                    """),
                Instant.parse("2026-01-30T00:00:00Z"),
                new PrintWriter(out, true));
        assertThat(out).hasToString("""
            shop.example.com
              source      acme
              issuer      CN=Example CA
              expires     2026-03-01T00:00:00Z, in 30 days
              next order  2026-02-01T00:00:00Z, in 48 hours
              last error  the CA wants an external account (failure 2)
            """);
    }
}
