package dev.sixgate.anycast;

import dev.sixgate.anycast.AnycastPlan.Community;
import dev.sixgate.anycast.AnycastPlan.Family;
import dev.sixgate.anycast.AnycastPlan.Neighbor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** GoBGP 3, in TOML. Its file holds sessions and policies and no routes, which are added by the commands in the first lines. */
final class GoBgpText {
    private final AnycastPlan plan;
    private final SiteState state;
    private final StringBuilder out = new StringBuilder();

    GoBgpText(AnycastPlan plan, SiteState state) {
        this.plan = plan;
        this.state = state;
    }

    String text() {
        line("# What " + plan.site() + " announces. Written by sixgate anycast render gobgp; changes are lost.");
        line("# Routes are not part of this file. Once gobgpd runs:");
        for (Prefix prefix : plan.announce())
            line("#   gobgp global rib add " + prefix + " -a " + (prefix.isIpv4() ? "ipv4" : "ipv6"));
        line("[global.config]");
        line("  as = " + plan.localAs());
        line("  router-id = \"" + plan.routerId().getHostAddress() + "\"");
        line("[global.apply-policy.config]");
        line("  default-import-policy = \"accept-route\"");
        line("  default-export-policy = \"reject-route\"");
        line("  export-policy-list = [" + names() + "]");
        for (Family family : Family.values()) prefixes(family);
        for (int i = 0; i < plan.neighbors().size(); i++)
            neighbor(plan.neighbors().get(i), i + 1);
        return out.toString();
    }

    private String names() {
        List<String> names = new ArrayList<>();
        for (int i = 1; i <= plan.neighbors().size(); i++) names.add("\"sixgate-n" + i + "\"");
        return String.join(", ", names);
    }

    private boolean has(Family family) {
        return plan.announce().stream().anyMatch(prefix -> Family.of(prefix.address()) == family);
    }

    private void prefixes(Family family) {
        if (!has(family)) return;
        line("[[defined-sets.prefix-sets]]");
        line("  prefix-set-name = \"" + set(family) + "\"");
        for (Prefix prefix : plan.announce())
            if (Family.of(prefix.address()) == family) {
                line("  [[defined-sets.prefix-sets.prefix-list]]");
                line("    ip-prefix = \"" + prefix + "\"");
            }
    }

    private static String set(Family family) {
        return family == Family.IPV4 ? "sixgate-ipv4" : "sixgate-ipv6";
    }

    private void neighbor(Neighbor neighbor, int number) {
        line("");
        if (neighbor.bfd() != null) line("# bfd: not spoken by this GoBGP; silence is noticed by the hold timer");
        line("[[neighbors]]");
        line("  [neighbors.config]");
        line("    neighbor-address = \"" + Addresses.text(neighbor.address()) + "\"");
        line("    peer-as = " + neighbor.remoteAs());
        if (neighbor.password() != null) line("    auth-password = \"" + neighbor.password() + "\"");
        if (neighbor.holdSeconds() > 0) {
            line("  [neighbors.timers.config]");
            line("    hold-time = " + neighbor.holdSeconds());
            line("    keepalive-interval = " + neighbor.holdSeconds() / 3);
        }
        boolean otherPort = neighbor.port() != Neighbor.BGP_PORT;
        if (neighbor.localAddress() != null || otherPort) line("  [neighbors.transport.config]");
        if (neighbor.localAddress() != null)
            line("    local-address = \"" + Addresses.text(neighbor.localAddress()) + "\"");
        if (otherPort) line("    remote-port = " + neighbor.port());
        for (Family family : Family.values())
            if (neighbor.families().contains(family)) {
                line("  [[neighbors.afi-safis]]");
                line("    [neighbors.afi-safis.config]");
                line("      afi-safi-name = \"" + (family == Family.IPV4 ? "ipv4" : "ipv6") + "-unicast\"");
            }
        line("[[defined-sets.neighbor-sets]]");
        line("  neighbor-set-name = \"sixgate-n" + number + "\"");
        line("  neighbor-info-list = [\"" + Addresses.text(neighbor.address()) + "\"]");
        line("[[policy-definitions]]");
        line("  name = \"sixgate-n" + number + "\"");
        if (state != SiteState.WITHDRAWN)
            for (Family family : Family.values())
                if (neighbor.families().contains(family) && has(family)) statement(neighbor, number, family);
    }

    private void statement(Neighbor neighbor, int number, Family family) {
        line("  [[policy-definitions.statements]]");
        line("    [policy-definitions.statements.conditions.match-prefix-set]");
        line("      prefix-set = \"" + set(family) + "\"");
        line("    [policy-definitions.statements.conditions.match-neighbor-set]");
        line("      neighbor-set = \"sixgate-n" + number + "\"");
        line("    [policy-definitions.statements.actions]");
        line("      route-disposition = \"accept-route\"");
        if (neighbor.med() != null) {
            line("    [policy-definitions.statements.actions.bgp-actions]");
            line("      set-med = \"" + neighbor.med() + "\"");
        }
        int prepend = plan.prepend(neighbor, state);
        if (prepend > 0) {
            line("    [policy-definitions.statements.actions.bgp-actions.set-as-path-prepend]");
            line("      repeat-n = " + prepend);
            line("      as = \"" + plan.localAs() + "\"");
        }
        List<Community> communities = new ArrayList<>(neighbor.communities());
        if (state == SiteState.DRAINING) communities.add(AnycastPlan.GRACEFUL_SHUTDOWN);
        if (!communities.isEmpty()) {
            line("    [policy-definitions.statements.actions.bgp-actions.set-community]");
            line("      options = \"add\"");
            line("      [policy-definitions.statements.actions.bgp-actions.set-community.set-community-method]");
            line("        communities-list = ["
                    + communities.stream().map(each -> "\"" + each + "\"").collect(Collectors.joining(", ")) + "]");
        }
    }

    private void line(String text) {
        out.append(text).append('\n');
    }
}
