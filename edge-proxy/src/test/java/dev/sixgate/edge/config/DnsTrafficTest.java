package dev.sixgate.edge.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.dns.DnsMessages;
import dev.sixgate.edge.run.Edge;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** DNS from the operator's JSON, with real sockets on loopback. */
@Timeout(30)
class DnsTrafficTest {
    private static final InetAddress LOCALHOST = InetAddress.ofLiteral("127.0.0.1");
    private static final int AAAA = 28;

    private static final AtomicInteger PORTS = new AtomicInteger();

    @TempDir
    Path directory;

    private Edge edge;
    private DatagramSocket other;
    private final AtomicInteger asked = new AtomicInteger();

    @AfterEach
    void stop() {
        if (edge != null) edge.close();
        if (other != null) other.close();
    }

    /** Below those that the kernel chooses from, so that nobody takes it meanwhile. */
    private static int freePort() {
        return 30_000 + (int) (ProcessHandle.current().pid() % 50) * 50 + PORTS.getAndAdd(1) % 50;
    }

    private Reading read(int port, String app, String more) throws IOException {
        Path file = Files.writeString(directory.resolve("sixgate.json"), """
            { "edge": { "name": "e", "addresses": ["127.0.0.1"] }, "admin": { "listen": "unix:admin.sock" },
              "mesh": { "wg_quick": "mesh.conf" },
              "dns": { "listen": ["127.0.0.1:%d", "mesh"], "zones": ["internal"] %s },
              "apps": { "%s": { "backends": ["fdaa:0:48c8:a7b:228:4b6d:6e20:2"], "services": [ { "name": "http" } ] } } }
            """.formatted(port, more, app));
        new OperatorFolder(directory).write("mesh.conf", OperatorFolder.WG_QUICK);
        Reading reading = ConfigReader.read(file, Surroundings.ofThisProcess());
        assertThat(reading.problems().stream().filter(Problem::isError)).isEmpty();
        return reading;
    }

    private static byte[] query(int id, String name) {
        ByteBuffer query = ByteBuffer.allocate(300);
        query.putShort((short) id)
                .putShort((short) 0x0100)
                .putShort((short) 1)
                .putShort((short) 0)
                .putInt(0);
        for (String label : name.split("\\."))
            query.put((byte) label.length()).put(label.getBytes(StandardCharsets.US_ASCII));
        query.put((byte) 0).putShort((short) AAAA).putShort((short) 1);
        return Arrays.copyOf(query.array(), query.position());
    }

    private static ByteBuffer udp(int port, byte[] query) throws IOException {
        try (DatagramSocket client = new DatagramSocket(new InetSocketAddress(LOCALHOST, 0))) {
            client.setSoTimeout(8000);
            client.send(new DatagramPacket(query, query.length, LOCALHOST, port));
            DatagramPacket answer = new DatagramPacket(new byte[4096], 4096);
            client.receive(answer);
            return ByteBuffer.wrap(answer.getData(), 0, answer.getLength());
        }
    }

    private static int code(ByteBuffer answer) {
        return answer.getShort(2) & 15;
    }

    private static int answers(ByteBuffer answer) {
        return answer.getShort(6);
    }

    @Test
    void names_are_answered_by_udp_and_by_tcp_and_follow_a_reload() throws Exception {
        int port = freePort();
        edge = Edge.start(read(port, "shop", "").snapshot());
        ByteBuffer answer = udp(port, query(7, "shop.internal"));
        assertThat(answer.getShort(0)).isEqualTo((short) 7);
        assertThat(code(answer)).isZero();
        assertThat(answers(answer)).isEqualTo(1);
        try (Socket tcp = new Socket(LOCALHOST, port)) {
            DataOutputStream out = new DataOutputStream(tcp.getOutputStream());
            DataInputStream in = new DataInputStream(tcp.getInputStream());
            for (int id = 1; id < 4; id++) { // one connection takes many
                byte[] query = query(id, "shop.internal");
                out.writeShort(query.length);
                out.write(query);
                byte[] bytes = in.readNBytes(in.readUnsignedShort());
                assertThat(ByteBuffer.wrap(bytes).getShort(0)).isEqualTo((short) id);
                assertThat(answers(ByteBuffer.wrap(bytes))).isEqualTo(1);
            }
        }
        int second = freePort();
        assertThat(edge.apply(read(second, "blog", "").snapshot()).problems()).isEmpty();
        assertThat(code(udp(second, query(1, "shop.internal")))).isEqualTo(3);
        assertThat(answers(udp(second, query(1, "blog.internal")))).isEqualTo(1);
        assertThat(edge.apply(read(port, "blog", "").snapshot()).problems())
                .as("the first port is free again")
                .isEmpty();
    }

    /** Another server that knows one address for every name; every second question goes unanswered. */
    private int other(boolean lossy) throws IOException {
        other = new DatagramSocket(new InetSocketAddress(LOCALHOST, 0));
        Thread.ofVirtual().start(() -> {
            byte[] bytes = new byte[4096];
            while (true) {
                try {
                    DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
                    other.receive(packet);
                    if (lossy && asked.incrementAndGet() % 2 == 1) continue;
                    ByteBuffer answer = ByteBuffer.allocate(500).put(bytes, 0, packet.getLength());
                    answer.putShort(2, (short) 0x8180).putShort(6, (short) 1);
                    answer.putShort((short) 0xc00c)
                            .putShort((short) AAAA)
                            .putShort((short) 1)
                            .putInt(60)
                            .putShort((short) 16);
                    answer.put(new byte[16]);
                    other.send(new DatagramPacket(answer.array(), answer.position(), packet.getSocketAddress()));
                    if (!lossy) asked.incrementAndGet();
                } catch (IOException e) {
                    return;
                }
            }
        });
        return other.getLocalPort();
    }

    @Test
    void other_names_are_asked_of_others_once() throws Exception {
        int port = freePort();
        int server = other(false);
        edge = Edge.start(read(port, "shop", ", \"forward\": [\"127.0.0.1:" + server + "\"]")
                .snapshot());
        for (int id = 1; id < 4; id++) {
            ByteBuffer answer = udp(port, query(id, "www.Example.com"));
            assertThat(answer.getShort(0)).isEqualTo((short) id);
            assertThat(code(answer)).isZero();
            assertThat(answers(answer)).isEqualTo(1);
            assertThat(new String(answer.array(), 17, 7, StandardCharsets.US_ASCII))
                    .isEqualTo("Example");
        }
        assertThat(asked.get()).as("the rest came from memory").isEqualTo(1);
        assertThat(code(udp(port, query(9, "nobody.internal"))))
                .as("ours are ours")
                .isEqualTo(3);
    }

    /** Another server that answers with as many addresses as the client takes. */
    private int generous() throws IOException {
        other = new DatagramSocket(new InetSocketAddress(LOCALHOST, 0));
        Thread.ofVirtual().start(() -> {
            byte[] bytes = new byte[4096];
            while (true) {
                try {
                    DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
                    other.receive(packet);
                    asked.incrementAndGet();
                    ByteBuffer answer = ByteBuffer.allocate(4096).put(bytes, 0, packet.getLength() - 11);
                    int count = (ByteBuffer.wrap(bytes).getShort(packet.getLength() - 8) - 100) / 28;
                    answer.putShort(2, (short) 0x8180)
                            .putShort(6, (short) count)
                            .putShort(10, (short) 0);
                    for (int i = 0; i < count; i++)
                        answer.putShort((short) 0xc00c)
                                .putShort((short) AAAA)
                                .putShort((short) 1)
                                .putInt(60)
                                .putShort((short) 16)
                                .put(new byte[16]);
                    other.send(new DatagramPacket(answer.array(), answer.position(), packet.getSocketAddress()));
                } catch (IOException e) {
                    return;
                }
            }
        });
        return other.getLocalPort();
    }

    @Test
    void what_is_remembered_for_one_client_is_not_too_large_for_another() throws Exception {
        int port = freePort();
        int server = generous();
        edge = Edge.start(read(port, "shop", ", \"forward\": [\"127.0.0.1:" + server + "\"]")
                .snapshot());
        assertThat(udp(port, DnsMessages.query(1, "www.example.com", AAAA, 0x0100, 4000))
                        .limit())
                .isGreaterThan(3000);
        assertThat(udp(port, DnsMessages.query(2, "www.example.com", AAAA, 0x0100, 600))
                        .limit())
                .isLessThan(600);
        assertThat(udp(port, DnsMessages.query(3, "www.example.com", AAAA, 0x0100, 4000))
                        .limit())
                .as("the last answer is remembered")
                .isLessThan(600);
        assertThat(asked.get()).isEqualTo(2);
        assertThat(answers(udp(port, DnsMessages.query(4, "www.example.com", AAAA, 0x0110, 600))))
                .isPositive();
        assertThat(asked.get())
                .as("what was checked and what was not are kept apart")
                .isEqualTo(3);
    }

    @Test
    void a_question_that_gets_lost_is_asked_again() throws Exception {
        int port = freePort();
        int server = other(true);
        edge = Edge.start(read(port, "shop", ", \"forward\": [\"127.0.0.1:" + server + "\"]")
                .snapshot());
        assertThat(answers(udp(port, query(5, "www.example.com")))).isEqualTo(1);
    }

    @Test
    void when_nobody_answers_the_client_is_told_and_knows_of_what() throws Exception {
        int port = freePort();
        edge = Edge.start(read(port, "shop", ", \"forward\": [\"127.0.0.1:" + freePort() + "\"]")
                .snapshot());
        byte[] query = DnsMessages.query(5, "www.Example.com", AAAA, 0x0100, 1232);
        ByteBuffer answer = udp(port, query);
        assertThat(code(answer)).isEqualTo(2);
        assertThat(answer.limit()).isEqualTo(query.length);
        assertThat(Arrays.copyOfRange(answer.array(), 12, query.length - 11))
                .as("stub resolvers wait on when the question is not repeated")
                .isEqualTo(Arrays.copyOfRange(query, 12, query.length - 11));
    }

    @Test
    void without_others_other_names_are_refused() throws Exception {
        int port = freePort();
        edge = Edge.start(read(port, "shop", "").snapshot());
        assertThat(code(udp(port, query(5, "www.example.com")))).isEqualTo(5);
    }
}
