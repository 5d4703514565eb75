package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.run.Snapshot;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.source.Document;
import dev.sixgate.edge.source.DocumentSet;
import dev.sixgate.edge.source.DocumentStanding;
import dev.sixgate.edge.source.DocumentStanding.Standing;
import dev.sixgate.edge.source.Documents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentsTest {
    @TempDir
    Path directory;

    private Path file;
    private Path apps;
    private DocumentSet running = DocumentSet.EMPTY;

    @BeforeEach
    void folder() throws IOException {
        apps = Files.createDirectory(directory.resolve("apps.d"));
        file = Files.writeString(
                directory.resolve("sixgate.json"),
                "{ \"edge\": { \"addresses\": [\"203.0.113.1\"] }, \"sources\": [ { \"directory\": \"apps.d\" } ] }");
    }

    private void write(String name, String app, String host, String extra) throws IOException {
        Files.writeString(apps.resolve(name), """
            { "apps": { "%s": {
                "backends": [ { "name": "a", "address": "10.0.0.7", "insecure_direct": true } ],
                "services": [ { "name": "web", "hostnames": ["%s"], "internal_port": 8080,
                                "ports": [ { "port": 80, "handlers": ["http"] } ] %s } ] } } }
            """.formatted(app, host, extra));
    }

    private Reading read() {
        Reading reading = ConfigReader.read(file, new FixedSurroundings(), Documents.OFFLINE, running);
        if (reading.snapshot() != null) running = reading.snapshot().documents();
        return reading;
    }

    private Snapshot snapshot() {
        return Objects.requireNonNull(read().snapshot());
    }

    private static List<String> names(Snapshot snapshot) {
        return snapshot.apps().stream().map(App::name).toList();
    }

    private Standing standing(String name) {
        return running.standings().stream()
                .filter(one -> one.name().equals(name))
                .map(DocumentStanding::standing)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void every_json_file_of_a_directory_is_a_document() throws Exception {
        write("b.json", "blog", "blog.example.com", "");
        write("a.json", "shop", "shop.example.com", "");
        write(".hidden.json", "hidden", "hidden.example.com", "");
        write("notes.txt", "notes", "notes.example.com", "");
        Files.createDirectory(apps.resolve("folder.json"));
        Reading reading = read();
        assertThat(reading.problems()).isEmpty();
        assertThat(names(Objects.requireNonNull(reading.snapshot()))).containsExactly("shop", "blog");
        assertThat(reading.files()).contains(file, apps);
    }

    @Test
    void an_empty_directory_serves_nothing_and_waits() {
        assertThat(names(snapshot())).isEmpty();
    }

    @Test
    void a_bad_document_among_good_ones_costs_itself_only() throws Exception {
        write("a.json", "shop", "shop.example.com", "");
        Files.writeString(apps.resolve("bad.json"), "{ \"apps\": ");
        Reading reading = read();
        assertThat(names(Objects.requireNonNull(reading.snapshot()))).containsExactly("shop");
        assertThat(reading.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.file()).isEqualTo("apps.d/bad.json");
            assertThat(problem.isError()).isTrue();
        });
        assertThat(standing("apps.d/bad.json")).isEqualTo(Standing.REFUSED);
    }

    @Test
    void a_document_that_went_bad_stays_as_it_was() throws Exception {
        write("a.json", "shop", "shop.example.com", "");
        write("b.json", "blog", "blog.example.com", "");
        snapshot();
        write("a.json", "shop", "shop.example.com", ", \"intenal_port\": 1");
        write("b.json", "news", "news.example.com", "");
        assertThat(names(snapshot())).containsExactly("shop", "news");
        assertThat(standing("apps.d/a.json")).isEqualTo(Standing.LAST_GOOD);
        assertThat(read().problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.code()).isEqualTo(Code.JSON_003));
        write("a.json", "shop", "www.example.com", "");
        assertThat(snapshot().apps().getFirst().services().getFirst().hostnames())
                .containsExactly("www.example.com");
        assertThat(standing("apps.d/a.json")).isEqualTo(Standing.SERVED);
    }

    @Test
    void a_document_that_is_gone_is_gone() throws Exception {
        write("a.json", "shop", "shop.example.com", "");
        snapshot();
        Files.delete(apps.resolve("a.json"));
        assertThat(names(snapshot())).isEmpty();
    }

    @Test
    void who_comes_later_cannot_take_a_name_away() throws Exception {
        write("m.json", "shop", "shop.example.com", "");
        snapshot();
        write("a.json", "thief", "shop.example.com", "");
        assertThat(names(snapshot())).containsExactly("shop");
        assertThat(standing("apps.d/a.json")).isEqualTo(Standing.REFUSED);
        assertThat(read().problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.code()).isEqualTo(Code.ROUTE_007));
    }

    @Test
    void a_last_good_version_that_fits_no_more_goes_too() throws Exception {
        write("a.json", "shop", "shop.example.com", "");
        snapshot();
        write("a.json", "shop", "shop.example.com", ", \"bogus\": 1");
        // The first file now holds that app itself.
        Files.writeString(
                file,
                Files.readString(apps.resolve("a.json"))
                        .replace(", \"bogus\": 1", "")
                        .strip()
                        .replaceFirst(
                                "\\{",
                                "{ \"edge\": { \"addresses\": [\"203.0.113.1\"] }, \"sources\": [ { \"directory\":"
                                        + " \"apps.d\" } ],"));
        assertThat(names(snapshot())).containsExactly("shop");
        assertThat(standing("apps.d/a.json")).isEqualTo(Standing.REFUSED);
    }

    @Test
    void an_error_in_the_first_file_is_one_of_the_whole() throws Exception {
        write("a.json", "shop", "shop.example.com", "");
        Files.writeString(file, "{ \"edge\": { \"nmae\": \"x\" }, \"sources\": [ { \"directory\": \"apps.d\" } ] }");
        assertThat(read().snapshot()).isNull();
    }

    @Test
    void a_document_of_ten_mebibytes_is_refused_unread() throws Exception {
        Files.write(apps.resolve("big.json"), new byte[10 << 20]);
        snapshot();
        assertThat(running.standings().getFirst().problem()).contains("is larger than 4 MiB");
    }

    @Test
    void documents_refer_to_each_other_in_any_order() throws Exception {
        write(
                "a.json",
                "shop",
                "shop.example.com",
                ", \"routes\": [ { \"name\": \"all\", \"backend_refs\": [ { \"app\": \"blog\" } ] } ]");
        write("b.json", "blog", "blog.example.com", "");
        assertThat(read().problems()).isEmpty();
        Files.delete(apps.resolve("b.json"));
        assertThat(names(snapshot())).as("it has nowhere to send to").isEmpty();
    }

    @Test
    void a_thousand_documents_are_read_of_which_one_is_bad() throws Exception {
        for (int i = 0; i < 1000; i++) write("app-" + i + ".json", "app-" + i, i + ".example.com", "");
        Files.writeString(apps.resolve("app-500.json"), "{");
        assertThat(names(snapshot())).hasSize(999);
        assertThat(running.served("apps.d/app-500.json")).isNull();
        assertThat(running.served("apps.d/app-501.json")).isInstanceOf(Document.class);
    }
}
