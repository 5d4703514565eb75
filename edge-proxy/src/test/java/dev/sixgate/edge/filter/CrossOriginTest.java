package dev.sixgate.edge.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.servicemap.RouteFilter.Cors;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CrossOriginTest {
    @ParameterizedTest
    @CsvSource({
        "https://app.example.com, https://app.example.com, true",
        "https://app.example.com, HTTPS://APP.example.com, true",
        "https://app.example.com, http://app.example.com, false",
        "https://app.example.com, https://app.example.com:8443, false",
        "https://*.example.com, https://a.example.com, true",
        "https://*.example.com, https://a.b.example.com, true",
        "https://*.example.com, https://example.com, false",
        "https://*.example.com, https://.example.com, false",
        "https://*.example.com, https://evil.com/.example.com, false",
        "https://*.example.com, https://evil.com#.example.com, false",
        "https://*.example.com, https://a.example.com.evil.com, false",
        "*, null, true"
    })
    void an_origin_is_allowed_when_it_is_as_written_or_fits_the_star(String pattern, String origin, boolean allowed) {
        assertThat(CrossOrigin.isAllowed(cors(pattern, false), origin)).isEqualTo(allowed);
    }

    @Test
    void what_a_backend_said_is_replaced_and_caches_hear_that_origins_differ() {
        Fields fields = new Fields();
        fields.add("Access-Control-Allow-Origin", "*");
        fields.add("vary", "accept-encoding");
        CrossOrigin.edit(fields, cors("https://app.example.com", true), "https://evil.example");
        assertThat(fields.toString()).isEqualTo("vary: accept-encoding\nvary: origin\n");
    }

    @Test
    void any_origin_with_credentials_is_named_for_a_star_would_not_do() {
        Fields fields = new Fields();
        CrossOrigin.edit(fields, cors("*", true), "https://a.example");
        assertThat(fields.find("access-control-allow-origin")).isEqualTo("https://a.example");
        assertThat(fields.find("access-control-allow-credentials")).isEqualTo("true");
        assertThat(fields.find("vary")).isEqualTo("origin");
    }

    private static Cors cors(String origin, boolean credentials) {
        return new Cors(List.of(origin), credentials, List.of(), List.of(), List.of(), Duration.ZERO);
    }
}
