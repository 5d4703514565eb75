package dev.sixgate.anycast;

import dev.sixgate.anycast.AnycastPlan.Bfd;
import dev.sixgate.anycast.AnycastPlan.Community;
import dev.sixgate.anycast.AnycastPlan.Family;
import dev.sixgate.anycast.AnycastPlan.Neighbor;
import java.util.List;
import java.util.stream.Collectors;

/**
 * BIRD 2. The state stands in one definition, so that a drain is one changed line and a plain {@code configure}: filters are applied
 * again by that and the session stays, which {@code configure soft} does not do.
 */
final class BirdText {
    private final AnycastPlan plan;
    private final SiteState state;
    private final StringBuilder out = new StringBuilder();

    BirdText(AnycastPlan plan, SiteState state) {
        this.plan = plan;
        this.state = state;
    }

    String text() {
        line("# What " + plan.site() + " announces. Written by sixgate anycast render bird; changes are lost.");
        line("router id " + plan.routerId().getHostAddress() + ";");
        line("");
        line("# 0 able, 1 limited (longer path), 2 draining (RFC 8326), 3 withdrawn. After a change: birdc configure");
        line("define SIXGATE_STATE = " + state.ordinal() + ";");
        line("");
        line("protocol device { }");
        if (plan.neighbors().stream().anyMatch(each -> each.bfd() != null)) line("protocol bfd { }");
        for (Family family : Family.values()) origin(family);
        for (int i = 0; i < plan.neighbors().size(); i++)
            neighbor(plan.neighbors().get(i), i + 1);
        return out.toString();
    }

    private void origin(Family family) {
        List<Prefix> own = plan.announce().stream()
                .filter(prefix -> Family.of(prefix.address()) == family)
                .toList();
        if (own.isEmpty()) return;
        line("protocol static sixgate_" + word(family) + " {");
        line("  " + word(family) + ";");
        for (Prefix prefix : own) line("  route " + prefix + " blackhole;");
        line("}");
    }

    private static String word(Family family) {
        return family == Family.IPV4 ? "ipv4" : "ipv6";
    }

    private void neighbor(Neighbor neighbor, int number) {
        for (Family family : Family.values())
            if (neighbor.families().contains(family)) filter(neighbor, number, family);
        line("");
        line("protocol bgp sixgate_n" + number + " {");
        line("  local "
                + (neighbor.localAddress() == null ? "" : Addresses.text(neighbor.localAddress()) + " ") + "as "
                + plan.localAs() + ";");
        line("  neighbor " + Addresses.text(neighbor.address())
                + (neighbor.port() == Neighbor.BGP_PORT ? "" : " port " + neighbor.port()) + " as "
                + neighbor.remoteAs() + ";");
        if (neighbor.holdSeconds() > 0) line("  hold time " + neighbor.holdSeconds() + ";");
        if (neighbor.password() != null) line("  password \"" + neighbor.password() + "\";");
        line("  graceful restart off;");
        Bfd bfd = neighbor.bfd();
        if (bfd != null)
            line("  bfd { min rx interval " + bfd.intervalMillis() + " ms; min tx interval " + bfd.intervalMillis()
                    + " ms; multiplier " + bfd.multiplier() + "; };");
        for (Family family : Family.values()) {
            if (!neighbor.families().contains(family)) continue;
            line("  " + word(family) + " {");
            line("    import none;");
            line("    export filter sixgate_out_n" + number + "_" + word(family) + ";");
            if (neighbor.maxPrefix() > 0) line("    export limit " + neighbor.maxPrefix() + " action disable;");
            line("    next hop self;");
            line("  };");
        }
        line("}");
    }

    private void filter(Neighbor neighbor, int number, Family family) {
        String prefixes = plan.announce().stream()
                .filter(prefix -> Family.of(prefix.address()) == family)
                .map(Prefix::toString)
                .collect(Collectors.joining(", "));
        line("");
        line("filter sixgate_out_n" + number + "_" + word(family) + " {");
        if (prefixes.isEmpty()) {
            line("  reject;");
            line("}");
            return;
        }
        line("  if ! (net ~ [ " + prefixes + " ]) then reject;");
        line("  if SIXGATE_STATE = 3 then reject;");
        prepends("", neighbor.prepend());
        prepends("if SIXGATE_STATE = 1 then ", plan.prependTimes());
        prepends("if SIXGATE_STATE = 2 then ", AnycastPlan.DRAIN_PREPEND);
        line("  if SIXGATE_STATE = 2 then bgp_community.add(" + pair(AnycastPlan.GRACEFUL_SHUTDOWN) + ");");
        for (Community each : neighbor.communities()) line("  bgp_community.add(" + pair(each) + ");");
        if (neighbor.med() != null) line("  bgp_med = " + neighbor.med() + ";");
        line("  accept;");
        line("}");
    }

    private void prepends(String condition, int times) {
        if (times == 0) return;
        line("  " + condition + "{ " + ("bgp_path.prepend(" + plan.localAs() + "); ").repeat(times) + "}");
    }

    private static String pair(Community community) {
        return "(" + community.high() + ", " + community.low() + ")";
    }

    private void line(String text) {
        out.append(text).append('\n');
    }
}
