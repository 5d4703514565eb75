package dev.sixgate.edge.servicemap;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Every rule by port and host name; immutable. A wildcard stands for one or more labels, and the longest one that fits
 * wins (Gateway API's order). Where two rules have one port and one host, the first app in order keeps it.
 */
public final class HostIndex {
    /** RFC 1035 §2.3.4; a longer name is no host name and matches nothing but "any host". */
    public static final int MAX_HOST_LENGTH = 253;

    private final Map<Integer, PortRules> ports;
    private final Map<Integer, Rule> udpPorts;

    private HostIndex(Map<Integer, PortRules> ports, Map<Integer, Rule> udpPorts) {
        this.ports = ports;
        this.udpPorts = udpPorts;
    }

    /** What the public reaches: everything but services of apps with a private address that no host name leads to. */
    public static HostIndex of(List<App> apps) {
        Map<Integer, PortRules> ports = new TreeMap<>();
        Map<Integer, Rule> udpPorts = new TreeMap<>();
        Map<String, App> byName = byName(apps);
        for (App app : apps)
            for (Service service : app.services())
                if (!isPrivate(app, service))
                    for (PortBinding binding : service.ports()) {
                        if (binding.isUdp()) {
                            udpPorts.putIfAbsent(binding.port(), new Rule(app, service, binding, Rule.ANY_HOST));
                            continue;
                        }
                        PortRules rules = ports.computeIfAbsent(binding.port(), port -> new PortRules(port, byName));
                        if (service.hostnames().isEmpty()) rules.add(new Rule(app, service, binding, Rule.ANY_HOST));
                        for (String host : service.hostnames()) rules.add(new Rule(app, service, binding, host));
                    }
        return new HostIndex(ports, udpPorts);
    }

    /** Whether the service is served on its app's private address only. */
    public static boolean isPrivate(App app, Service service) {
        return app.privateAddress() != null && service.hostnames().isEmpty();
    }

    /**
     * What an app's private address reaches: its services by port, whatever host the client names.
     *
     * @param all for routes to other apps
     */
    public static HostIndex ofPrivate(App app, List<App> all) {
        Map<Integer, PortRules> ports = new TreeMap<>();
        Map<Integer, Rule> udpPorts = new TreeMap<>();
        Map<String, App> byName = byName(all);
        for (Service service : app.services())
            for (PortBinding binding : service.ports()) {
                if (binding.isUdp()) {
                    udpPorts.putIfAbsent(binding.port(), new Rule(app, service, binding, Rule.ANY_HOST));
                    continue;
                }
                PortRules rules = ports.computeIfAbsent(binding.port(), port -> new PortRules(port, byName));
                for (String host : service.hostnames()) rules.add(new Rule(app, service, binding, host));
                rules.add(new Rule(app, service, binding, Rule.ANY_HOST)); // of two, the first has it
            }
        return new HostIndex(ports, udpPorts);
    }

    private static Map<String, App> byName(List<App> apps) {
        Map<String, App> byName = new LinkedHashMap<>();
        for (App app : apps) byName.putIfAbsent(app.name(), app);
        return byName;
    }

    /** Those of TCP. */
    public Set<Integer> ports() {
        return ports.keySet();
    }

    /** @return null when no service has this port */
    public @Nullable PortRules port(int port) {
        return ports.get(port);
    }

    public Set<Integer> udpPorts() {
        return udpPorts.keySet();
    }

    /** @return null when no service has this UDP port */
    public @Nullable Rule udpPort(int port) {
        return udpPorts.get(port);
    }

    /** The rules of one port. */
    public static final class PortRules {
        private final int port;
        private final Map<String, App> apps;
        private final Map<String, Rule> byHost = new LinkedHashMap<>();

        PortRules(int port, Map<String, App> apps) {
            this.port = port;
            this.apps = apps;
        }

        /** Any app of the same index, for routes that send to another; null: there is none of that name. */
        public @Nullable App app(String name) {
            return apps.get(name);
        }

        void add(Rule rule) {
            byHost.putIfAbsent(rule.host(), rule);
        }

        public int port() {
            return port;
        }

        /** In the order of the apps. */
        public List<Rule> all() {
            return List.copyOf(byHost.values());
        }

        /** What stands for connections whose host is not known yet: the rule for any host, or else the first. */
        public Rule first() {
            Rule any = byHost.get(Rule.ANY_HOST);
            return any != null ? any : byHost.values().iterator().next();
        }

        /**
         * @param host lower case; empty when the client named none
         * @return every rule that fits, the most specific first
         */
        public List<Rule> matching(String host) {
            List<Rule> found = new ArrayList<>(2);
            if (!host.isEmpty() && host.length() <= MAX_HOST_LENGTH && !host.equals(Rule.ANY_HOST)) {
                take(found, host);
                // a.b.c.example.com asks for *.b.c.example.com, *.c.example.com, *.example.com, *.com.
                for (int dot = host.indexOf('.'); dot > 0; dot = host.indexOf('.', dot + 1))
                    take(found, "*" + host.substring(dot));
            }
            take(found, Rule.ANY_HOST);
            return found;
        }

        private void take(List<Rule> found, String key) {
            Rule rule = byHost.get(key);
            if (rule != null && !found.contains(rule)) found.add(rule);
        }
    }
}
