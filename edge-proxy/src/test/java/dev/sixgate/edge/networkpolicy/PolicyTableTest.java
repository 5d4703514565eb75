package dev.sixgate.edge.networkpolicy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.networkpolicy.Policy.Allow;
import dev.sixgate.edge.networkpolicy.Policy.Direction;
import dev.sixgate.edge.networkpolicy.Policy.Mode;
import dev.sixgate.edge.networkpolicy.Policy.Party;
import dev.sixgate.edge.networkpolicy.PortSet.Protocol;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PolicyTableTest {
    private static final List<Protocol> BOTH = List.of(Protocol.TCP, Protocol.UDP);
    private static final Party API = party("app \"api\"", "fdaa::a1", "fdaa::a2");
    private static final Party SHOP = party("app \"shop\"", "fdaa::51");

    private final Map<String, Integer> counts = new TreeMap<>();

    @Test
    void whom_no_policy_selects_is_open() {
        PolicyTable table = table(ingress("api-callers", Mode.ENFORCE, allow(SHOP, 8080)));
        Verdict verdict = table.check(tcp("fdaa::99", "fdaa::b1", 8080));
        assertThat(verdict.allowed()).isTrue();
        assertThat(verdict.policy()).isNull();
        assertThat(counts).isEmpty();
    }

    @Test
    void the_rule_that_allows_is_named_and_counted() {
        PolicyTable table = table(ingress("api-callers", Mode.ENFORCE, allow(SHOP, 8080)));
        Verdict verdict = table.check(tcp("fdaa::51", "fdaa::a2", 8080));
        assertThat(verdict.allowed()).isTrue();
        assertThat(verdict.why()).isEqualTo("policy \"api-callers\" allows app \"shop\" on 8080");
        assertThat(counts).containsExactly(Map.entry("api-callers|app \"shop\" on 8080|ALLOWED", 1));
    }

    @Test
    void a_denial_names_the_nearest_rule_and_the_port_that_it_lacks() {
        PolicyTable table = table(ingress("api-callers", Mode.ENFORCE, allow(Party.ANYONE, 443), allow(SHOP, 8080)));
        assertThat(table.check(tcp("fdaa::51", "fdaa::a1", 9090)).why())
                .isEqualTo(
                        "policy \"api-callers\" (ingress) denies fdaa::51 → [fdaa::a1]:9090/tcp: the nearest rule, of"
                                + " \"api-callers\", allows anyone on 443, and port 9090/tcp is not among them");
        assertThat(counts).containsExactly(Map.entry("api-callers||DENIED", 1));
    }

    @Test
    void a_denial_names_the_nearest_rule_and_the_peer_that_it_lacks() {
        PolicyTable table = table(
                ingress("other-port", Mode.ENFORCE, allow(SHOP, 1)),
                ingress("api-callers", Mode.ENFORCE, allow(SHOP, 8080)));
        assertThat(table.check(tcp("fdaa::99", "fdaa::a1", 8080)).why())
                .isEqualTo("policy \"other-port\" (ingress) denies fdaa::99 → [fdaa::a1]:8080/tcp: the nearest rule, of"
                        + " \"api-callers\", allows app \"shop\" on 8080, and fdaa::99 is not among them");
    }

    @Test
    void to_be_selected_without_a_rule_is_to_be_closed() {
        PolicyTable table = table(ingress("default-deny", Mode.ENFORCE));
        Verdict verdict = table.check(tcp("fdaa::51", "fdaa::a1", 8080));
        assertThat(verdict.allowed()).isFalse();
        assertThat(verdict.why()).endsWith(": it allows nothing");
    }

    @Test
    void policies_that_select_one_destination_add_up() {
        PolicyTable table =
                table(ingress("default-deny", Mode.ENFORCE), ingress("api-callers", Mode.ENFORCE, allow(SHOP, 8080)));
        assertThat(table.check(tcp("fdaa::51", "fdaa::a1", 8080)).allowed()).isTrue();
        assertThat(table.check(tcp("fdaa::52", "fdaa::a1", 8080)).allowed()).isFalse();
    }

    @Test
    void both_ends_must_allow() {
        Policy out = new Policy(
                "shop-egress",
                Mode.ENFORCE,
                Direction.EGRESS,
                SHOP,
                PortSet.ALL,
                List.of(new Allow(API, ports(8080)), new Allow(party("dns", "fdaa::3"), udp(53))));
        PolicyTable table = table(out, ingress("api-callers", Mode.ENFORCE, allow(SHOP, 8080, 9090)));
        assertThat(table.check(tcp("fdaa::51", "fdaa::a1", 8080)).allowed()).isTrue();
        Verdict denied = table.check(tcp("fdaa::51", "fdaa::a1", 9090));
        assertThat(denied.why()).startsWith("policy \"shop-egress\" (egress) denies");
        assertThat(table.check(tcp("fdaa::51", "fdaa::3", 53)).allowed()).isFalse();
        assertThat(table.check(flow(Protocol.UDP, "fdaa::51", null, "fdaa::3", 53))
                        .why())
                .isEqualTo("policy \"shop-egress\" allows flows to dns on 53/udp");
    }

    @Test
    void audit_never_drops_and_says_what_it_would_have_done() {
        PolicyTable table = table(ingress("trial", Mode.AUDIT, allow(SHOP, 8080)));
        Verdict verdict = table.check(tcp("fdaa::99", "fdaa::a1", 8080));
        assertThat(verdict.allowed()).isTrue();
        assertThat(verdict.policy()).isEqualTo("trial");
        assertThat(verdict.why())
                .startsWith("allowed in audit mode; if enforced, policy \"trial\" (ingress) denies fdaa::99");
        assertThat(table.check(tcp("fdaa::51", "fdaa::a1", 8080)).why())
                .isEqualTo("policy \"trial\" allows app \"shop\" on 8080");
        assertThat(counts).containsEntry("trial||WOULD_DENY", 1).hasSize(2);
    }

    @Test
    void audit_opens_nothing_that_is_closed() {
        PolicyTable table =
                table(ingress("default-deny", Mode.ENFORCE), ingress("trial", Mode.AUDIT, allow(SHOP, 8080)));
        assertThat(table.check(tcp("fdaa::51", "fdaa::a1", 8080)).allowed()).isFalse();
    }

    @Test
    void a_public_client_comes_in_by_its_own_address_or_by_the_edges() {
        Party edge = party("edge \"*\"", "fdaa::e1");
        Party office = party("203.0.113.0/24", "::ffff:203.0.113.0/120");
        PolicyTable table = table(ingress("api-callers", Mode.ENFORCE, allow(office, 8080)));
        assertThat(table.check(flow(Protocol.TCP, "fdaa::e1", "::ffff:203.0.113.9", "fdaa::a1", 8080))
                        .allowed())
                .isTrue();
        Verdict denied = table.check(flow(Protocol.TCP, "fdaa::e1", "::ffff:198.51.100.9", "fdaa::a1", 8080));
        assertThat(denied.why()).endsWith("and neither this edge nor 198.51.100.9 is among them");
        PolicyTable byEdge = table(ingress("api-callers", Mode.ENFORCE, allow(edge, 8080)));
        assertThat(byEdge.check(flow(Protocol.TCP, "fdaa::e1", "::ffff:198.51.100.9", "fdaa::a1", 8080))
                        .allowed())
                .isTrue();
    }

    @Test
    void a_replaced_table_decides_at_once_and_keeps_its_counts() {
        LivePolicies live = new LivePolicies(this::count);
        Flow flow = tcp("fdaa::51", "fdaa::a1", 8080);
        assertThat(live.table().check(flow)).isSameAs(Verdict.OPEN);
        live.replace(List.of(ingress("api-callers", Mode.ENFORCE, allow(SHOP, 8080))));
        live.table().check(flow);
        live.replace(List.of(ingress("api-callers", Mode.ENFORCE, allow(SHOP, 8080), allow(API, 1))));
        live.table().check(flow);
        assertThat(counts).containsExactly(Map.entry("api-callers|app \"shop\" on 8080|ALLOWED", 2));
    }

    /** The rules of Kubernetes, spelled out once more and slowly. */
    @Test
    void agrees_with_the_plain_reading_of_random_policies() {
        Random random = new Random(20);
        for (int round = 0; round < 400; round++) {
            List<Policy> policies = random.ints(random.nextInt(5), 0, 1 << 20)
                    .mapToObj(i -> randomPolicy(random, "p" + i))
                    .toList();
            PolicyTable table = PolicyTable.of(policies, PolicyTable.Tally.NONE);
            for (int i = 0; i < 40; i++) {
                Flow flow = new Flow(
                        BOTH.get(random.nextInt(2)),
                        new Ipv6Address(0, random.nextInt(8)),
                        null,
                        new Ipv6Address(0, random.nextInt(8)),
                        1 + random.nextInt(4));
                assertThat(table.check(flow).allowed())
                        .as("%s by %s", flow, policies)
                        .isEqualTo(plainly(policies, flow, Direction.INGRESS)
                                && plainly(policies, flow, Direction.EGRESS));
                assertThat(table.check(flow).why()).isNotEmpty();
            }
        }
    }

    private static boolean plainly(List<Policy> policies, Flow flow, Direction direction) {
        Ipv6Address self = direction == Direction.INGRESS ? flow.destination() : flow.source();
        Ipv6Address other = direction == Direction.INGRESS ? flow.source() : flow.destination();
        List<Policy> selecting = policies.stream()
                .filter(policy -> policy.mode() == Mode.ENFORCE && policy.direction() == direction)
                .filter(policy -> policy.subject().addresses().contains(self))
                .filter(policy -> policy.ports().contains(flow.protocol(), flow.port()))
                .toList();
        return selecting.isEmpty()
                || selecting.stream()
                        .flatMap(policy -> policy.allow().stream())
                        .anyMatch(allow -> allow.peer().addresses().contains(other)
                                && allow.ports().contains(flow.protocol(), flow.port()));
    }

    private static Policy randomPolicy(Random random, String name) {
        return new Policy(
                name,
                random.nextInt(4) == 0 ? Mode.AUDIT : Mode.ENFORCE,
                random.nextBoolean() ? Direction.INGRESS : Direction.EGRESS,
                randomParty(random),
                randomPorts(random),
                random.ints(random.nextInt(3), 0, 9)
                        .mapToObj(_ -> new Allow(randomParty(random), randomPorts(random)))
                        .toList());
    }

    private static Party randomParty(Random random) {
        return new Party(
                "some",
                AddressSet.of(
                        List.of(new Ipv6Prefix(new Ipv6Address(0, random.nextInt(8)), 125 + random.nextInt(4))),
                        List.of()));
    }

    private static PortSet randomPorts(Random random) {
        if (random.nextInt(3) == 0) return PortSet.ALL;
        int first = 1 + random.nextInt(4);
        List<Protocol> protocols = random.nextBoolean() ? BOTH : List.of(Protocol.TCP);
        return PortSet.of(List.of(new PortSet.Range(protocols, first, first + random.nextInt(2))));
    }

    private PolicyTable table(Policy... policies) {
        return PolicyTable.of(List.of(policies), this::count);
    }

    private Runnable count(String policy, String rule, PolicyTable.Result result) {
        return () -> counts.merge(policy + "|" + rule + "|" + result, 1, Integer::sum);
    }

    private static Policy ingress(String name, Mode mode, Allow... allow) {
        return new Policy(name, mode, Direction.INGRESS, API, PortSet.ALL, List.of(allow));
    }

    private static Allow allow(Party peer, int... ports) {
        return new Allow(peer, ports(ports));
    }

    private static PortSet ports(int... ports) {
        return PortSet.of(java.util.Arrays.stream(ports)
                .mapToObj(port -> new PortSet.Range(BOTH, port, port))
                .toList());
    }

    private static PortSet udp(int port) {
        return PortSet.of(List.of(new PortSet.Range(List.of(Protocol.UDP), port, port)));
    }

    private static Party party(String text, String... prefixes) {
        return new Party(
                text,
                AddressSet.of(List.of(prefixes).stream().map(Ipv6Prefix::parse).toList(), List.of()));
    }

    private static Flow tcp(String from, String to, int port) {
        return flow(Protocol.TCP, from, null, to, port);
    }

    private static Flow flow(Protocol protocol, String from, @Nullable String client, String to, int port) {
        return new Flow(
                protocol,
                Ipv6Address.parse(from),
                client == null ? null : Ipv6Address.parse(client),
                Ipv6Address.parse(to),
                port);
    }
}
