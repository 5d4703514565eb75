package dev.sixgate.anycast;

import dev.sixgate.anycast.AnycastPlan.Community;
import dev.sixgate.anycast.AnycastPlan.Family;
import dev.sixgate.anycast.AnycastPlan.Neighbor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** ExaBGP 4. It has no BFD, which the text says where it was asked for. */
final class ExaBgpText {
    private final AnycastPlan plan;
    private final SiteState state;
    private final StringBuilder out = new StringBuilder();

    ExaBgpText(AnycastPlan plan, SiteState state) {
        this.plan = plan;
        this.state = state;
    }

    String text() throws PlanException {
        line("# What " + plan.site() + " announces. Written by sixgate anycast render exabgp; changes are lost.");
        for (Neighbor neighbor : plan.neighbors()) neighbor(neighbor);
        return out.toString();
    }

    private void neighbor(Neighbor neighbor) throws PlanException {
        line("");
        if (neighbor.bfd() != null) line("# bfd: ExaBGP has none; silence is noticed by the hold timer");
        line("neighbor " + Addresses.text(neighbor.address()) + " {");
        line("  router-id " + plan.routerId().getHostAddress() + ";");
        if (neighbor.localAddress() == null)
            throw new PlanException("ExaBGP needs the address that its session with "
                    + Addresses.text(neighbor.address()) + " leaves from: add \"local_address\" to that neighbor");
        if (!neighbor.families().equals(Set.of(Family.of(neighbor.address()))))
            throw new PlanException("ExaBGP announces to " + Addresses.text(neighbor.address())
                    + " what is of its own family only: remove \"multiprotocol\", and peer over the other family too");
        line("  local-address " + Addresses.text(neighbor.localAddress()) + ";");
        line("  local-as " + plan.localAs() + ";");
        line("  peer-as " + neighbor.remoteAs() + ";");
        if (neighbor.port() != Neighbor.BGP_PORT) line("  connect " + neighbor.port() + ";");
        if (neighbor.holdSeconds() > 0) line("  hold-time " + neighbor.holdSeconds() + ";");
        if (neighbor.password() != null) line("  md5-password \"" + neighbor.password() + "\";");
        line("  capability { asn4 enable; route-refresh enable; graceful-restart disable; }");
        line("  family {");
        for (Family family : Family.values())
            if (neighbor.families().contains(family))
                line("    " + (family == Family.IPV4 ? "ipv4" : "ipv6") + " unicast;");
        line("  }");
        if (state != SiteState.WITHDRAWN) {
            line("  static {");
            for (Prefix prefix : plan.announceTo(neighbor)) line("    route " + prefix + attributes(neighbor) + ";");
            line("  }");
        }
        line("}");
    }

    private String attributes(Neighbor neighbor) {
        StringBuilder text = new StringBuilder(" next-hop self");
        int prepend = plan.prepend(neighbor, state);
        if (prepend > 0)
            text.append(" as-path [ ")
                    .append(Renderer.repeated(plan.localAs(), prepend))
                    .append(" ]");
        List<Community> communities = new ArrayList<>(neighbor.communities());
        if (state == SiteState.DRAINING) communities.add(AnycastPlan.GRACEFUL_SHUTDOWN);
        if (!communities.isEmpty())
            text.append(" community [ ").append(Renderer.spaced(communities)).append(" ]");
        if (neighbor.med() != null) text.append(" med ").append(neighbor.med());
        return text.toString();
    }

    private void line(String text) {
        out.append(text).append('\n');
    }
}
