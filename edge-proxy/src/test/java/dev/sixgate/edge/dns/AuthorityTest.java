package dev.sixgate.edge.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.Handler;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.servicemap.TcpOptions;
import dev.sixgate.edge.servicemap.TlsOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsPtrRecord;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages in, messages out; read back by another codec than ours. */
class AuthorityTest {
    private static final int EDNS = 1232;

    private final Workloads workloads = new Workloads(
            List.of(
                    app(
                            "shop",
                            null,
                            backend("a", "pod", "fra", 1),
                            backend("b", "vm", "ams", 2),
                            backend("c", "function", "fra", 3)),
                    app("kuard.default", "fdaa:0:48c8:0:1::1a", backend("kuard-1", "pod", "fra", 0x102)),
                    app("db.default", null, backend("db-0", "micro-vm", "fra", 5), backend("db-1", "pod", "ams", 6)),
                    app(
                            "many",
                            null,
                            IntStream.range(0, 200)
                                    .mapToObj(i -> backend("m" + i, "pod", "", 1000 + i))
                                    .toArray(Backend[]::new)),
                    new App(
                            "old",
                            List.of(new Backend("v4", "static", InetAddress.ofLiteral("10.0.0.7"), 0, "", true, 1)),
                            List.of())),
            Map.of("Node-1", six("fdaa::99")),
            List.of("ams", "fra"));
    private final Authority authority = new Authority(
            DnsServer.zones(
                    new DnsSettings(List.of(), 0, Set.of("internal", "flycast", "cluster.local"), List.of()),
                    workloads),
            7);

    private static Inet6Address six(String text) {
        return (Inet6Address) InetAddress.ofLiteral(text);
    }

    private static Backend backend(String name, String kind, String region, int number) {
        return new Backend(name, kind, six("fdaa:0:48c8:a7b:228::" + Integer.toHexString(number)), 0, region, false, 1);
    }

    private static App app(String name, String privateAddress, Backend... backends) {
        PortBinding http = new PortBinding(
                8080, List.of(Handler.HTTP), TlsOptions.DEFAULT, HttpOptions.DEFAULT, TcpOptions.DEFAULT, 0);
        return new App(
                name,
                List.of(backends),
                List.of(new Service("http", List.of(), 8080, List.of(http))),
                privateAddress == null ? null : six(privateAddress));
    }

    /** @param edns what is taken by UDP; 0: no EDNS */
    private static ByteBuf query(String name, int type, int edns) {
        ByteBuf query = Unpooled.buffer();
        query.writeShort(0x1234).writeShort(0x0100).writeShort(1).writeInt(0).writeShort(edns == 0 ? 0 : 1);
        for (String label : name.isEmpty() ? new String[0] : name.split("\\."))
            query.writeByte(label.length()).writeBytes(label.getBytes(StandardCharsets.ISO_8859_1));
        query.writeByte(0).writeShort(type).writeShort(1);
        if (edns != 0)
            query.writeByte(0).writeShort(41).writeShort(edns).writeInt(0).writeShort(0);
        return query;
    }

    /** What a client sees: code, flags, and records in words. */
    private record Answer(
            int code, boolean authoritative, boolean truncated, int bytes, List<String> answers, List<String> others) {}

    private Answer ask(String name, int type, int edns, boolean tcp) {
        ByteBuf query = query(name, type, edns);
        ByteBuf out = Unpooled.buffer();
        authority.answer(query, Question.read(query), tcp, false, out);
        return decode(out);
    }

    private static Answer decode(ByteBuf message) {
        try {
            int bytes = message.readableBytes();
            assertThat(message.readUnsignedShort()).isEqualTo(0x1234);
            int flags = message.readUnsignedShort();
            assertThat(flags & 0x8000).isNotZero();
            int questions = message.readUnsignedShort();
            int answers = message.readUnsignedShort();
            int others = message.readUnsignedShort() + message.readUnsignedShort();
            for (int i = 0; i < questions; i++) {
                DefaultDnsRecordDecoder.decodeName(message);
                message.skipBytes(4);
            }
            List<String> first = new ArrayList<>();
            List<String> second = new ArrayList<>();
            for (int i = 0; i < answers; i++)
                first.add(text(DefaultDnsRecordDecoder.DEFAULT.decodeRecord(message), message));
            for (int i = 0; i < others; i++)
                second.add(text(DefaultDnsRecordDecoder.DEFAULT.decodeRecord(message), message));
            assertThat(message.readableBytes()).as("nothing behind the message").isZero();
            return new Answer(flags & 15, (flags & 0x400) != 0, (flags & 0x200) != 0, bytes, first, second);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static String text(DnsRecord record, ByteBuf message) throws UnknownHostException {
        if (record == null) throw new AssertionError("a record is cut off");
        if (record instanceof DnsPtrRecord pointer) return "PTR " + pointer.hostname();
        ByteBuf data = ((DnsRawRecord) record).content();
        return switch (record.type().intValue()) {
            case Authority.AAAA ->
                "AAAA " + InetAddress.getByAddress(ByteBufUtil.getBytes(data)).getHostAddress();
            case Authority.TXT -> {
                StringBuilder text = new StringBuilder("TXT ");
                while (data.isReadable())
                    text.append(data.readCharSequence(data.readUnsignedByte(), StandardCharsets.UTF_8));
                yield text.toString();
            }
            case Authority.SRV -> {
                data.skipBytes(4);
                yield "SRV " + data.readUnsignedShort() + " " + DefaultDnsRecordDecoder.decodeName(data);
            }
            case Authority.HINFO -> "HINFO";
            default -> record.type().name();
        };
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        shop.internal                          | AAAA fdaa:0:48c8:a7b:228:0:0:1, AAAA fdaa:0:48c8:a7b:228:0:0:2, AAAA fdaa:0:48c8:a7b:228:0:0:3
        SHOP.Internal                          | AAAA fdaa:0:48c8:a7b:228:0:0:1, AAAA fdaa:0:48c8:a7b:228:0:0:2, AAAA fdaa:0:48c8:a7b:228:0:0:3
        global.shop.internal                   | AAAA fdaa:0:48c8:a7b:228:0:0:1, AAAA fdaa:0:48c8:a7b:228:0:0:2, AAAA fdaa:0:48c8:a7b:228:0:0:3
        fra.shop.internal                      | AAAA fdaa:0:48c8:a7b:228:0:0:1, AAAA fdaa:0:48c8:a7b:228:0:0:3
        top1.nearest.of.shop.internal          | AAAA fdaa:0:48c8:a7b:228:0:0:2
        b.vm.shop.internal                     | AAAA fdaa:0:48c8:a7b:228:0:0:2
        kuard-1.vm.kuard.default.internal      | AAAA fdaa:0:48c8:a7b:228:0:0:102
        node-1._peer.internal                  | AAAA fdaa:0:0:0:0:0:0:99
        kuard.default.flycast                  | AAAA fdaa:0:48c8:0:1:0:0:1a
        kuard.svc.default.flycast              | AAAA fdaa:0:48c8:0:1:0:0:1a
        http.svc.kuard.default.flycast         | AAAA fdaa:0:48c8:0:1:0:0:1a
        kuard.default.svc.cluster.local        | AAAA fdaa:0:48c8:0:1:0:0:1a
        db.default.svc.cluster.local           | AAAA fdaa:0:48c8:a7b:228:0:0:5, AAAA fdaa:0:48c8:a7b:228:0:0:6
        db-1.db.default.svc.cluster.local      | AAAA fdaa:0:48c8:a7b:228:0:0:6
        """)
    void names_have_addresses(String name, String expected) {
        Answer answer = ask(name, Authority.AAAA, EDNS, false);
        assertThat(answer.code).isZero();
        assertThat(answer.authoritative).isTrue();
        assertThat(answer.answers).containsExactlyInAnyOrder(expected.split(", "));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        _apps.internal        | shop,kuard.default,db.default,many,old
        vms.shop.internal     | a fra,b ams,c fra
        regions.shop.internal | ams,fra
        _peer.internal        | node-1
        """)
    void lists_are_text(String name, String expected) {
        assertThat(ask(name, Authority.TXT, EDNS, false).answers).containsExactly("TXT " + expected);
    }

    @Test
    void instances_are_listed_with_their_kinds() {
        Answer cut = ask("_instances.internal", Authority.TXT, EDNS, false);
        assertThat(cut.truncated).isTrue();
        assertThat(cut.answers).isEmpty();
        String text =
                ask("_instances.internal", Authority.TXT, EDNS, true).answers.getFirst();
        assertThat(text)
                .contains("instance=a,app=shop,kind=pod,ip=fdaa:0:48c8:a7b:228::1,region=fra;")
                .contains("kind=vm", "kind=function", "kind=micro-vm")
                .doesNotContain("10.0.0.7");
    }

    @Test
    void services_have_ports_and_the_addresses_behind_them() {
        Answer own = ask("_http._tcp.kuard.default.svc.cluster.local", Authority.SRV, EDNS, false);
        assertThat(own.answers).containsExactly("SRV 8080 kuard.default.svc.cluster.local.");
        assertThat(own.others).contains("AAAA fdaa:0:48c8:0:1:0:0:1a");
        assertThat(ask("_http._tcp.db.default.svc.cluster.local", Authority.SRV, EDNS, false).answers)
                .containsExactly(
                        "SRV 8080 db-0.db.default.svc.cluster.local.", "SRV 8080 db-1.db.default.svc.cluster.local.");
    }

    @Test
    void addresses_have_names() {
        assertThat(ask(
                                "2.0.1.0.0.0.0.0.0.0.0.0.8.2.2.0.b.7.a.0.8.c.8.4.0.0.0.0.a.a.d.f.ip6.arpa",
                                Authority.PTR,
                                EDNS,
                                false)
                        .answers)
                .containsExactly("PTR kuard-1.vm.kuard.default.internal.");
        assertThat(ask(
                                "3.0.1.0.0.0.0.0.0.0.0.0.8.2.2.0.b.7.a.0.8.c.8.4.0.0.0.0.a.a.d.f.ip6.arpa",
                                Authority.PTR,
                                EDNS,
                                false)
                        .code)
                .isEqualTo(Authority.NXDOMAIN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "shop.internal",
                "kuard.default.svc.cluster.local",
                "default.svc.cluster.local",
                "svc.cluster.local",
                "internal",
                "cluster.local",
                "vm.shop.internal",
                "default.internal",
                "_tcp.kuard.default.svc.cluster.local",
                "old.internal",
                "svc.default.flycast",
                "default.flycast"
            })
    void what_exists_without_such_a_record_is_no_error(String name) {
        Answer answer = ask(name, Authority.A, EDNS, false);
        assertThat(answer.code).as("NXDOMAIN would hide its AAAA records").isZero();
        assertThat(answer.answers).isEmpty();
        assertThat(answer.others).contains("SOA");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nothing.internal",
                "iad.shop.internal",
                "z.vm.shop.internal",
                "top0.nearest.of.shop.internal",
                "x.flycast",
                "db.default.flycast",
                "svc.shop.flycast",
                "kuard.other.svc.cluster.local",
                "kuard.default.svc.cluster.local.default.svc.cluster.local",
                "x.kuard.default.svc.cluster.local",
                "pod.cluster.local",
                "nobody._peer.internal"
            })
    void what_does_not_exist_says_so_and_for_how_long(String name) {
        Answer answer = ask(name, Authority.AAAA, EDNS, false);
        assertThat(answer.code).isEqualTo(Authority.NXDOMAIN);
        assertThat(answer.authoritative).isTrue();
        assertThat(answer.others).contains("SOA");
    }

    @ParameterizedTest
    @ValueSource(strings = {"example.com", "", "local", "xinternal", "internal.example.com"})
    void other_zones_are_refused(String name) {
        Answer answer = ask(name, Authority.AAAA, 0, false);
        assertThat(answer.code).isEqualTo(Authority.REFUSED);
        assertThat(answer.authoritative).isFalse();
    }

    @Test
    void what_does_not_fit_is_cut_and_whole_by_tcp() {
        for (int edns : new int[] {0, 512, 4096}) {
            Answer answer = ask("many.internal", Authority.AAAA, edns, false);
            assertThat(answer.truncated).isTrue();
            assertThat(answer.answers).isEmpty();
        }
        Answer whole = ask("many.internal", Authority.AAAA, 0, true);
        assertThat(whole.truncated).isFalse();
        assertThat(whole.answers).hasSize(200).doesNotHaveDuplicates();
    }

    @Test
    void the_first_address_changes_so_that_clients_spread() {
        Set<String> firsts = new java.util.HashSet<>();
        for (int i = 0; i < 3; i++)
            firsts.add(ask("shop.internal", Authority.AAAA, 0, false).answers.getFirst());
        assertThat(firsts).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {Authority.AXFR, Authority.IXFR})
    void a_zone_is_handed_to_nobody_as_a_whole(int type) {
        assertThat(ask("internal", type, 0, true).code).isEqualTo(Authority.REFUSED);
    }

    @Test
    void a_list_that_fits_no_message_ends_with_a_whole_item() {
        Workloads crowd = new Workloads(
                List.of(app(
                        "crowd",
                        null,
                        IntStream.range(0, 2_000)
                                .mapToObj(i -> backend("instance-number-" + i, "pod", "fra", i))
                                .toArray(Backend[]::new))),
                Map.of(),
                List.of());
        Zone zone = new RememberingZone(new InternalZone(crowd));
        for (int i = 0; i < 2; i++) {
            String list = zone.find("_instances").texts().getFirst();
            assertThat(list.length()).isBetween(InternalZone.MAX_LIST_BYTES - 200, InternalZone.MAX_LIST_BYTES);
            assertThat(list).endsWith(",region=fra");
            assertThat(zone.find("vms.crowd").texts().getFirst()).endsWith("instance-number-1999 fra");
        }
        assertThat(zone.find("nobody")).isNull();
    }

    @Test
    void any_gets_as_little_as_may_be() {
        assertThat(ask("shop.internal", Authority.ANY, EDNS, false).answers).containsExactly("HINFO");
    }

    @Test
    void edns_is_answered_with_edns_and_its_version_checked() {
        assertThat(ask("shop.internal", Authority.AAAA, EDNS, false).others).containsExactly("OPT");
        assertThat(ask("shop.internal", Authority.AAAA, 0, false).others).isEmpty();
        ByteBuf query = query("shop.internal", Authority.AAAA, EDNS);
        query.setByte(query.writerIndex() - 5, 1); // EDNS version 1
        ByteBuf out = Unpooled.buffer();
        assertThat(authority.answer(query, Question.read(query), false, false, out))
                .isEqualTo(16);
    }

    @Test
    void no_message_does_more_than_be_refused() {
        Random random = new Random(1);
        List<ByteBuf> seeds = List.of(
                query("shop.internal", Authority.AAAA, EDNS),
                query("_instances.internal", Authority.TXT, 0),
                query("_http._tcp.kuard.default.svc.cluster.local", Authority.SRV, 4096),
                query("2.0.1.0.0.0.0.0.0.0.0.0.8.2.2.0.b.7.a.0.8.c.8.4.0.0.0.0.a.a.d.f.ip6.arpa", Authority.PTR, 512));
        for (ByteBuf seed : seeds)
            for (int length = 0; length <= seed.readableBytes(); length++) throwIn(seed.copy(0, length));
        for (int i = 0; i < 20_000; i++) {
            ByteBuf mutant = seeds.get(random.nextInt(seeds.size())).copy();
            for (int flips = random.nextInt(6); flips >= 0; flips--)
                mutant.setByte(random.nextInt(mutant.readableBytes()), random.nextInt());
            throwIn(mutant);
        }
    }

    private void throwIn(ByteBuf message) {
        ByteBuf out = Unpooled.buffer();
        Question.Read read = Question.read(message);
        if (read instanceof Question.Read.Bad bad && bad.flaw() == Question.Flaw.NOT_A_QUERY) return;
        authority.answer(message, read, false, true, out);
        assertThat(out.readableBytes()).isBetween(12, Authority.MAX_UDP_BYTES);
        assertThat(out.getShort(0)).isEqualTo(message.getShort(0));
    }
}
