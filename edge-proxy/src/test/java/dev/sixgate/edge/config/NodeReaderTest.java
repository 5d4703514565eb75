package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.node.NodePort;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeReaderTest {
    @TempDir
    Path directory;

    private OperatorFolder folder;

    @BeforeEach
    void open() {
        folder = new OperatorFolder(directory);
        folder.write("node.conf", OperatorFolder.WG_QUICK);
    }

    @Test
    void a_wg_quick_file_is_a_node_without_ports() {
        NodeReading reading = ConfigReader.readNode(folder.file("node.conf"), new FixedSurroundings());
        assertThat(reading.mesh().config().privateKey().publicKey()).isEqualTo(OperatorFolder.EDGE_KEY.publicKey());
        assertThat(reading.ports()).isEmpty();
    }

    @Test
    void json_names_ports_and_where_their_apps_listen() {
        NodeReading reading = read("[ { \"port\": 8080, \"to\": \"127.0.0.1:3000\" }, { \"port\": 5432 } ]");
        assertThat(reading.problems()).isEmpty();
        assertThat(reading.mesh()).isNotNull();
        assertThat(reading.ports())
                .containsExactly(NodePort.parse("8080=127.0.0.1:3000"), NodePort.parse("5432=localhost:5432"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[ { } ] | JSON_009 | /node/ports/0 | the key \"port\" is missing here",
                "[ { \"port\": 0 } ] | JSON_010 | /node/ports/0/port | \"port\" is 0, which is not between 1 and 65535",
                "[ { \"port\": \"80\" } ] | JSON_004 | /node/ports/0/port | \"port\" must be a whole number",
                "[ { \"port\": 80, \"to\": \"app:3000\" } ] | JSON_010 | /node/ports/0/to | is not an address and a"
                        + " port",
                "[ { \"port\": 80 }, { \"port\": 80 } ] | JSON_011 | /node/ports/1/port | port 80 is there twice",
                "[ { \"port\": 80, \"too\": \"\" } ] | JSON_003 | /node/ports/0/too | unknown key \"too\"",
            })
    void a_port_that_cannot_be_used_is_told(String ports, Code code, String pointer, String message) {
        NodeReading reading = read(ports);
        assertThat(reading.mesh()).isNull();
        assertThat(reading.ports()).isEmpty();
        assertThat(reading.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.code()).isEqualTo(code);
            assertThat(problem.pointer()).isEqualTo(pointer);
            assertThat(problem.message()).contains(message);
        });
    }

    @Test
    void policies_name_peers_and_ranges_but_no_app() {
        NodeReading good = readPolicy("{ \"cidr\": \"fdaa::1\" }, { \"edge\": \"*\" }");
        assertThat(good.problems()).isEmpty();
        assertThat(good.policies())
                .singleElement()
                .satisfies(policy -> assertThat(policy.allow()).hasSize(2));
        assertThat(readPolicy("{ \"app\": \"shop\" }").problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.code()).isEqualTo(Code.POL_001));
    }

    private NodeReading readPolicy(String allow) {
        Path file = folder.write("node.json", """
            { "mesh": { "wg_quick": "node.conf" }, "node": { "ports": [ { "port": 8080 } ] },
              "policies": [ { "name": "callers", "to": {}, "allow": [ %s ] } ] }
            """.formatted(allow));
        return ConfigReader.readNode(file, new FixedSurroundings());
    }

    @Test
    void an_edge_is_not_a_node() {
        Path file = folder.write("edge.json", "{ \"mesh\": { \"wg_quick\": \"node.conf\" }, \"apps\": {} }");
        assertThat(ConfigReader.readNode(file, new FixedSurroundings()).problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.message()).contains("unknown key \"apps\""));
    }

    private NodeReading read(String ports) {
        Path file = folder.write(
                "node.json", "{ \"mesh\": { \"wg_quick\": \"node.conf\" }, \"node\": { \"ports\": " + ports + " } }");
        return ConfigReader.readNode(file, new FixedSurroundings());
    }
}
