package dev.sixgate.edge.networkpolicy;

import dev.sixgate.edge.networkpolicy.Policy.Allow;
import dev.sixgate.edge.networkpolicy.Policy.Direction;
import dev.sixgate.edge.networkpolicy.Policy.Mode;
import dev.sixgate.edge.networkpolicy.Verdict.Denied;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Policies, compiled. A flow is looked up by the address that policies select it by: at once where they name single addresses,
 * through the few that name ranges otherwise. Memory grows with the addresses written down and with nothing else. Immutable; any
 * thread.
 */
public final class PolicyTable {
    public static final int MAX_POLICIES = 4096;

    /** Of one policy. */
    public static final int MAX_ALLOW = 1024;

    public static final PolicyTable EMPTY = of(List.of(), Tally.NONE);

    /** Where flows are counted. */
    @FunctionalInterface
    public interface Tally {
        Tally NONE = (_, _, _) -> () -> {};

        /** The count of one rule of one policy; the same for the same words. */
        Runnable of(String policy, String rule, Result result);
    }

    public enum Result {
        ALLOWED,
        DENIED,
        /** By a policy in audit mode, so that it went on. */
        WOULD_DENY
    }

    /** A rule with what is said and counted when it allows. */
    private record Rule(Allow allow, Verdict allowed, Runnable count) {}

    private record Compiled(Policy policy, List<Rule> rules, Runnable denied) {
        boolean enforces() {
            return policy.mode() == Mode.ENFORCE;
        }
    }

    /** The policies of one direction, by whom they select. */
    private static final class Side {
        private static final Compiled[] NONE = {};

        private final Map<Ipv6Address, Compiled[]> single = new HashMap<>();
        private Compiled[] wide = NONE;

        void add(Compiled policy) {
            AddressSet subject = policy.policy().subject().addresses();
            boolean ranges = false;
            for (int i = 0; i < subject.size(); i++) {
                Ipv6Address address = subject.single(i);
                if (address == null) ranges = true;
            }
            if (ranges) {
                wide = with(wide, policy);
                return;
            }
            for (int i = 0; i < subject.size(); i++) {
                Ipv6Address address = subject.single(i);
                if (address != null) single.merge(address, new Compiled[] {policy}, (old, _) -> with(old, policy));
            }
        }

        private static Compiled[] with(Compiled[] list, Compiled more) {
            Compiled[] longer = Arrays.copyOf(list, list.length + 1);
            longer[list.length] = more;
            return longer;
        }

        Compiled[] of(Ipv6Address address) {
            return single.getOrDefault(address, NONE);
        }
    }

    private final Side ingress = new Side();
    private final Side egress = new Side();
    private final List<Policy> policies;

    private PolicyTable(List<Policy> policies, Tally tally) {
        this.policies = List.copyOf(policies);
        for (Policy policy : this.policies) {
            List<Rule> rules = new ArrayList<>();
            for (Allow allow : policy.allow())
                rules.add(new Rule(
                        allow,
                        new Verdict.Allowed(
                                policy.name(),
                                "policy \"" + policy.name() + "\" allows "
                                        + (policy.direction() == Direction.INGRESS ? "" : "flows to ") + allow.text()),
                        tally.of(policy.name(), allow.text(), Result.ALLOWED)));
            Result refusal = policy.mode() == Mode.ENFORCE ? Result.DENIED : Result.WOULD_DENY;
            Compiled compiled = new Compiled(policy, List.copyOf(rules), tally.of(policy.name(), "", refusal));
            (policy.direction() == Direction.INGRESS ? ingress : egress).add(compiled);
        }
    }

    public static PolicyTable of(List<Policy> policies, Tally tally) {
        return new PolicyTable(policies, tally);
    }

    public List<Policy> policies() {
        return policies;
    }

    public boolean isEmpty() {
        return policies.isEmpty();
    }

    /** Decides on a flow and counts it: what policies select the destination must allow it, and those that select the source. */
    public Verdict check(Flow flow) {
        if (policies.isEmpty()) return Verdict.OPEN;
        Verdict in = new Question(flow, Direction.INGRESS).answer();
        if (!in.allowed()) return in;
        Verdict out = new Question(flow, Direction.EGRESS).answer();
        return !out.allowed() || out instanceof Verdict.Audited || in.policy() == null ? out : in;
    }

    /** As {@link #check}, by what selects the destination alone. */
    public Verdict checkIngress(Flow flow) {
        return policies.isEmpty() ? Verdict.OPEN : new Question(flow, Direction.INGRESS).answer();
    }

    /** One flow asked of one direction. */
    private final class Question {
        private final Flow flow;
        private final Direction direction;
        private @Nullable Compiled enforcing; // the first that selects the flow
        private @Nullable Compiled auditing;
        private @Nullable Rule allowing; // of one that enforces
        private @Nullable Rule auditAllowing;

        Question(Flow flow, Direction direction) {
            this.flow = flow;
            this.direction = direction;
        }

        Verdict answer() {
            visit(flow, direction, this::look);
            if (enforcing != null && allowing == null) {
                enforcing.denied.run();
                return new Denied(PolicyTable.this, flow, direction, enforcing.policy.name(), false);
            }
            if (auditing != null && allowing == null && auditAllowing == null) {
                auditing.denied.run();
                return new Verdict.Audited(new Denied(PolicyTable.this, flow, direction, auditing.policy.name(), true));
            }
            Rule by = allowing != null ? allowing : auditAllowing;
            if (by == null) return Verdict.OPEN;
            by.count.run();
            return by.allowed;
        }

        private void look(Compiled each) {
            if (each.enforces() && enforcing == null) enforcing = each;
            if (!each.enforces() && auditing == null) auditing = each;
            if (each.enforces() ? allowing != null : auditAllowing != null) return;
            for (Rule rule : each.rules) {
                if (!rule.allow.ports().contains(flow.protocol(), flow.port()) || !names(rule, flow, direction))
                    continue;
                if (each.enforces()) allowing = rule;
                else auditAllowing = rule;
                return;
            }
        }
    }

    private static boolean names(Rule rule, Flow flow, Direction direction) {
        AddressSet peer = rule.allow.peer().addresses();
        if (direction == Direction.EGRESS) return peer.contains(flow.destination());
        return peer.contains(flow.source()) || flow.client() != null && peer.contains(flow.client());
    }

    private interface Visitor {
        void look(Compiled policy);
    }

    /** Those that select the flow. */
    private void visit(Flow flow, Direction direction, Visitor visitor) {
        Side side = direction == Direction.INGRESS ? ingress : egress;
        Ipv6Address subject = direction == Direction.INGRESS ? flow.destination() : flow.source();
        for (Compiled each : side.of(subject))
            if (each.policy.ports().contains(flow.protocol(), flow.port())) visitor.look(each);
        for (Compiled each : side.wide)
            if (each.policy.ports().contains(flow.protocol(), flow.port())
                    && each.policy.subject().addresses().contains(subject)) visitor.look(each);
    }

    /** Why, in one sentence: the nearest rule is one that names the peer, else one that names the port. */
    String denial(Denied denied) {
        Flow flow = denied.flow();
        List<Compiled> selecting = new ArrayList<>();
        visit(flow, denied.direction(), each -> {
            if (each.enforces() || denied.withAudit()) selecting.add(each);
        });
        String word = denied.direction() == Direction.INGRESS ? "ingress" : "egress";
        String head = "policy \"" + denied.policy() + "\" (" + word + ") denies " + flow + ": ";
        Rule nearest = null;
        Compiled of = null;
        boolean peerFits = false;
        for (Compiled each : selecting)
            for (Rule rule : each.rules) {
                boolean fits = names(rule, flow, denied.direction());
                boolean portFits = rule.allow.ports().contains(flow.protocol(), flow.port());
                boolean nearer =
                        nearest == null || fits && !peerFits || portFits && !peerFits && !fitsPort(nearest, flow);
                if (!nearer) continue;
                nearest = rule;
                of = each;
                peerFits = fits;
            }
        if (nearest == null || of == null) return head + "it allows nothing";
        String rule = "the nearest rule, of \"" + of.policy.name() + "\", allows " + nearest.allow.text();
        if (peerFits)
            return head + rule + ", and port " + flow.port() + "/"
                    + flow.protocol().word() + " is not among them";
        String missing = peer(flow, denied.direction());
        return head + rule + ", and " + missing + (fitsPort(nearest, flow) ? "" : ", nor is port " + flow.port());
    }

    private static String peer(Flow flow, Direction direction) {
        if (direction == Direction.EGRESS) return AddressSet.text(flow.destination()) + " is not among them";
        return flow.client() == null
                ? AddressSet.text(flow.source()) + " is not among them"
                : "neither this edge nor " + AddressSet.text(flow.client()) + " is among them";
    }

    private static boolean fitsPort(Rule rule, Flow flow) {
        return rule.allow.ports().contains(flow.protocol(), flow.port());
    }
}
