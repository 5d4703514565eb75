package dev.sixgate.anycast;

import dev.sixgate.anycast.AnycastPlan.Bfd;
import dev.sixgate.anycast.AnycastPlan.Community;
import dev.sixgate.anycast.AnycastPlan.Family;
import dev.sixgate.anycast.AnycastPlan.Neighbor;
import java.util.ArrayList;
import java.util.List;

/** FRR. Policies always stand there: without them its two sets of defaults announce nothing, or everything. */
final class FrrText {
    private final AnycastPlan plan;
    private final SiteState state;
    private final StringBuilder out = new StringBuilder();

    FrrText(AnycastPlan plan, SiteState state) {
        this.plan = plan;
        this.state = state;
    }

    String text() {
        line("! What " + plan.site() + " announces. Written by sixgate anycast render frr; changes are lost.");
        line("! State: " + state.name().toLowerCase(java.util.Locale.ROOT));
        line("frr defaults traditional");
        bfd();
        for (Family family : Family.values()) prefixes(family);
        line("route-map SIXGATE-NOTHING deny 10");
        line("exit");
        for (int i = 0; i < plan.neighbors().size(); i++)
            for (Family family : Family.values())
                if (plan.neighbors().get(i).families().contains(family)) policy(i + 1, family);
        line("router bgp " + plan.localAs());
        line(" bgp router-id " + plan.routerId().getHostAddress());
        line(" bgp ebgp-requires-policy");
        line(" no bgp default ipv4-unicast");
        line(" no bgp network import-check");
        line(" bgp graceful-restart-disable");
        for (int i = 0; i < plan.neighbors().size(); i++)
            session(plan.neighbors().get(i), i + 1);
        for (Family family : Family.values()) family(family);
        line("exit");
        return out.toString();
    }

    private void bfd() {
        if (plan.neighbors().stream().noneMatch(each -> each.bfd() != null)) return;
        line("bfd");
        for (int i = 0; i < plan.neighbors().size(); i++) {
            Bfd bfd = plan.neighbors().get(i).bfd();
            if (bfd == null) continue;
            line(" profile SIXGATE-" + (i + 1));
            line("  detect-multiplier " + bfd.multiplier());
            line("  receive-interval " + bfd.intervalMillis());
            line("  transmit-interval " + bfd.intervalMillis());
            line(" exit");
        }
        line("exit");
    }

    private void prefixes(Family family) {
        int seq = 0;
        for (Prefix prefix : own(family))
            line((family == Family.IPV4 ? "ip" : "ipv6") + " prefix-list SIXGATE seq " + (seq += 5) + " permit "
                    + prefix);
    }

    private List<Prefix> own(Family family) {
        return plan.announce().stream()
                .filter(prefix -> Family.of(prefix.address()) == family)
                .toList();
    }

    private static String policyName(int number, Family family) {
        return "SIXGATE-OUT-" + number + "-" + family;
    }

    private void policy(int number, Family family) {
        Neighbor neighbor = plan.neighbors().get(number - 1);
        boolean nothing = state == SiteState.WITHDRAWN || own(family).isEmpty();
        line("route-map " + policyName(number, family) + (nothing ? " deny 10" : " permit 10"));
        if (!nothing) {
            line(" match " + (family == Family.IPV4 ? "ip" : "ipv6") + " address prefix-list SIXGATE");
            int prepend = plan.prepend(neighbor, state);
            if (prepend > 0) line(" set as-path prepend " + Renderer.repeated(plan.localAs(), prepend));
            List<Community> communities = new ArrayList<>(neighbor.communities());
            if (state == SiteState.DRAINING) communities.add(AnycastPlan.GRACEFUL_SHUTDOWN);
            if (!communities.isEmpty()) line(" set community " + Renderer.spaced(communities));
            if (neighbor.med() != null) line(" set metric " + neighbor.med());
        }
        line("exit");
    }

    private void session(Neighbor neighbor, int number) {
        String who = " neighbor " + Addresses.text(neighbor.address());
        line(who + " remote-as " + neighbor.remoteAs());
        if (neighbor.localAddress() != null) line(who + " update-source " + Addresses.text(neighbor.localAddress()));
        if (neighbor.port() != Neighbor.BGP_PORT) line(who + " port " + neighbor.port());
        if (neighbor.holdSeconds() > 0)
            line(who + " timers " + neighbor.holdSeconds() / 3 + " " + neighbor.holdSeconds());
        if (neighbor.password() != null) line(who + " password " + neighbor.password());
        if (neighbor.bfd() != null) line(who + " bfd profile SIXGATE-" + number);
    }

    private void family(Family family) {
        List<Prefix> own = own(family);
        if (own.isEmpty()) return;
        line(" address-family " + (family == Family.IPV4 ? "ipv4" : "ipv6") + " unicast");
        for (Prefix prefix : own) line("  network " + prefix);
        for (int i = 0; i < plan.neighbors().size(); i++) {
            Neighbor neighbor = plan.neighbors().get(i);
            if (!neighbor.families().contains(family)) continue;
            String who = "  neighbor " + Addresses.text(neighbor.address());
            line(who + " activate");
            line(who + " route-map SIXGATE-NOTHING in");
            line(who + " route-map " + policyName(i + 1, family) + " out");
            if (neighbor.maxPrefix() > 0) line(who + " maximum-prefix-out " + neighbor.maxPrefix());
        }
        line(" exit-address-family");
    }

    private void line(String text) {
        out.append(text).append('\n');
    }
}
