package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.run.Change;
import dev.sixgate.edge.run.Comparison;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WrittenChangesTest {
    private static final String BEFORE = """
        { "edge": { "name": "e", "region": "fra", "addresses": ["127.0.0.1"] },
          "apps": {
            "shop": {
              "backends": [ { "name": "a", "address": "127.0.0.1:9001", "insecure_direct": true },
                            { "name": "b", "address": "127.0.0.1:9002", "insecure_direct": true } ],
              "services": [ { "name": "web", "hostnames": ["shop.example.com"], "internal_port": 8080,
                "concurrency": { "type": "requests", "soft_limit": 100, "hard_limit": 200 },
                "ports": [ { "port": 8000, "handlers": ["http"] } ] } ] } } }
        """;

    @TempDir
    Path directory;

    @Test
    void the_same_text_in_another_layout_differs_in_nothing() {
        assertThat(lines(BEFORE, BEFORE.replaceAll("\\s+", " "))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"soft_limit\": 100 | \"soft_limit\": 150 | ~ limit shop.web.concurrency.soft_limit: 100 → 150"
                        + " (/apps/shop/services/0/concurrency/soft_limit)",
                "\"name\": \"b\", | \"name\": \"b\", \"weight\": 5, | + weight shop/b: 5"
                        + " (/apps/shop/backends/1/weight)",
                "\"name\": \"b\", | \"name\": \"c\", | + backend shop/c (/apps/shop/backends/1); - backend shop/b"
                        + " (/apps/shop/backends/1)",
                "9002 | 9003 | ~ backend shop/b.address: 127.0.0.1:9002 → 127.0.0.1:9003"
                        + " (/apps/shop/backends/1/address)",
                "\"shop.example.com\" | \"*.example.com\" | + service shop.web.hostnames/*.example.com"
                        + " (/apps/shop/services/0/hostnames/0); - service shop.web.hostnames/shop.example.com"
                        + " (/apps/shop/services/0/hostnames/0)",
                "\"port\": 8000 | \"port\": 8001 | + listener 8001/tcp: 127.0.0.1:8001; - listener 8000/tcp: was"
                        + " 127.0.0.1:8000; + port shop.web:8001 (/apps/shop/services/0/ports/0); - port shop.web:8000"
                        + " (/apps/shop/services/0/ports/0)",
                "[\"127.0.0.1\"] | [\"127.0.0.1\", \"127.0.0.2\"] | ~ listener 8000/tcp: 127.0.0.1:8000 →"
                        + " 127.0.0.1:8000 127.0.0.2:8000; + setting edge.addresses/127.0.0.2 (/edge/addresses/1)",
                ", \"addresses\": [\"127.0.0.1\"] | `` | ~ listener 8000/tcp: 127.0.0.1:8000 → [::]:8000, takes a"
                        + " restart; - setting edge.addresses: was [127.0.0.1] (/edge/addresses)",
                "\"fra\" | \"ams\" | ~ setting edge.region: fra → ams (/edge/region), takes a restart",
                "\"internal_port\": 8080, | \"internal_port\": 8080, \"routes\": [ { \"name\": \"all\","
                        + " \"backend_refs\": [ { \"app\": \"shop\" } ] } ], | + route shop.web/all"
                        + " (/apps/shop/services/0/routes/0)",
            })
    void a_change_is_told_by_the_operators_word_and_by_its_place(String old, String fresh, String lines) {
        assertThat(BEFORE).contains(old);
        assertThat(String.join("; ", lines(BEFORE, BEFORE.replace(old, fresh)))).isEqualTo(lines);
    }

    @Test
    void an_app_that_goes_is_one_change_and_the_summary_counts_by_noun() {
        String two = BEFORE.replace("\"apps\": {", """
            "apps": { "blog": { "backends": [], "services": [ { "name": "raw", "internal_port": 9, "ports": [ { "port": 8001, "handlers": [] } ] } ] },
            """);
        Comparison comparison = compare(two, BEFORE.replace("9002", "9003").replace("100", "150"));
        assertThat(comparison.changes().stream().map(Change::text))
                .containsExactly(
                        "- listener 8001/tcp: was 127.0.0.1:8001",
                        "~ backend shop/b.address: 127.0.0.1:9002 → 127.0.0.1:9003 (/apps/shop/backends/1/address)",
                        "~ limit shop.web.concurrency.soft_limit: 100 → 150"
                                + " (/apps/shop/services/0/concurrency/soft_limit)",
                        "- app blog (/apps/blog)");
        assertThat(comparison.summary()).isEqualTo("~1 backend, ~1 limit, -1 app, 1 listener touched");
    }

    @Test
    void what_a_named_file_says_is_a_change_that_no_text_shows() {
        OperatorFolder folder = new OperatorFolder(directory);
        String text = """
            { "app": "hello", "http_service": { "internal_port": 8080 }, "backends": ["fdaa:0:48c8:a7b:228:4b6d:6e20:2"],
              "mesh": { "wg_quick": "mesh.conf" } }
            """;
        folder.write("mesh.conf", OperatorFolder.WG_QUICK);
        Reading before = ConfigReader.read(folder.write("a.json", text), new FixedSurroundings());
        folder.write(
                "mesh.conf", OperatorFolder.WG_QUICK.replace("15\n", "20\n").replace("102/120", "103/120"));
        Reading after = ConfigReader.read(folder.write("a.json", text), new FixedSurroundings());
        assertThat(texts(before, after))
                .hasSize(2)
                .satisfiesExactly(
                        peer -> assertThat(peer).startsWith("~ peer "),
                        setting -> assertThat(setting).isEqualTo("~ setting mesh.address, takes a restart"));
    }

    private List<String> lines(String before, String after) {
        return compare(before, after).changes().stream().map(Change::text).toList();
    }

    private Comparison compare(String before, String after) {
        OperatorFolder folder = new OperatorFolder(directory);
        Reading old = ConfigReader.read(folder.write("old.json", before), new FixedSurroundings());
        Reading fresh = ConfigReader.read(folder.write("new.json", after), new FixedSurroundings());
        assertThat(old.problems().stream().filter(Problem::isError)).isEmpty();
        assertThat(fresh.problems().stream().filter(Problem::isError)).isEmpty();
        return Comparison.of(old.snapshot(), fresh.snapshot(), WrittenChanges.between(old, fresh));
    }

    private static List<String> texts(Reading before, Reading after) {
        return Comparison.of(before.snapshot(), after.snapshot(), WrittenChanges.between(before, after))
                .changes()
                .stream()
                .map(Change::text)
                .toList();
    }
}
