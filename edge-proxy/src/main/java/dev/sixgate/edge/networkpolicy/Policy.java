package dev.sixgate.edge.networkpolicy;

import java.util.List;

/**
 * What an operator wrote, its selectors resolved to addresses. Whoever is selected by a policy of a direction is closed in that
 * direction but for what the policies that select it allow; who is selected by none is open.
 *
 * @param name unique
 * @param subject whose flows it is about: destinations of {@link Direction#INGRESS}, sources of {@link Direction#EGRESS}
 * @param ports the policy is about flows to these ports only
 * @param allow any one of them is enough; empty: nothing is allowed
 */
public record Policy(String name, Mode mode, Direction direction, Party subject, PortSet ports, List<Allow> allow) {
    public Policy {
        allow = List.copyOf(allow);
    }

    public enum Mode {
        ENFORCE,
        /** Decides nothing; what it would have denied is counted and named. */
        AUDIT
    }

    public enum Direction {
        INGRESS,
        EGRESS
    }

    /** @param text such as {@code app "shop"}, for people */
    public record Party(String text, AddressSet addresses) {
        public static final Party ANYONE = new Party("anyone", AddressSet.ALL);
    }

    /** @param peer the other end */
    public record Allow(Party peer, PortSet ports) {
        /** Such as {@code app "shop" on 8080/tcp}. */
        public String text() {
            return peer.text + (ports.isAll() ? "" : " on " + ports);
        }
    }
}
