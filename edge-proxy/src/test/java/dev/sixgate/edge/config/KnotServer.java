package dev.sixgate.edge.config;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Knot DNS, authoritative for zones of a test, on a port of loopback. */
final class KnotServer implements AutoCloseable {
    private final Process process;
    final Path log;

    /** @param zones origin → zone file without its {@code $ORIGIN} */
    KnotServer(Path directory, InetSocketAddress listen, Map<String, String> zones) throws IOException {
        log = directory.resolve("knotd.log");
        StringBuilder configuration =
                new StringBuilder("""
                    server:
                        rundir: "%1$s"
                        listen: %2$s@%3$d
                        udp-workers: 1
                        tcp-workers: 1
                        background-workers: 1
                    log:
                      - target: stdout
                        any: info
                    database:
                        storage: "%1$s"
                    template:
                      - id: default
                        storage: "%1$s"
                        journal-content: none
                        zonefile-sync: -1
                    zone:
                    """.formatted(directory, listen.getAddress().getHostAddress(), listen.getPort()));
        for (var zone : zones.entrySet()) {
            Path file = directory.resolve(zone.getKey() + ".zone");
            Files.writeString(file, "$ORIGIN " + zone.getKey() + ".\n$TTL 5\n" + zone.getValue());
            configuration.append("  - domain: %s.%n    file: \"%s\"%n".formatted(zone.getKey(), file.getFileName()));
        }
        Path file = Files.writeString(directory.resolve("knot.conf"), configuration.toString());
        process = new ProcessBuilder("knotd", "-c", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Zone files as the documentation's table of names has them, from the same facts as the operator's file. */
    static final class Zones {
        record Instance(String name, String kind, String region, String address) {}

        private final Map<String, StringBuilder> zones = new LinkedHashMap<>();
        private final List<String> apps = new ArrayList<>();
        private final List<String> instances = new ArrayList<>();

        Zones(int serial) {
            for (String origin : List.of("internal", "flycast", "cluster.local", "d.f.ip6.arpa"))
                zones.put(
                        origin,
                        new StringBuilder("@ IN SOA ns hostmaster %d 60 10 3600 5%n@ IN NS ns%n".formatted(serial)));
        }

        private void record(String zone, String owner, String type, String data) {
            zones.get(zone).append(owner + " IN " + type + " " + data + "\n");
        }

        /** @param privateAddress empty: none, and the service of that name is a headless one */
        void app(String name, String privateAddress, String service, int port, Instance... members) {
            apps.add(name);
            List<String> regions = new ArrayList<>();
            List<String> vms = new ArrayList<>();
            for (Instance each : members) {
                for (String owner :
                        List.of(name, "global." + name, each.region + "." + name, each.name + ".vm." + name))
                    record("internal", owner, "AAAA", each.address);
                reverse(each.address, each.name + ".vm." + name + ".internal.");
                if (!regions.contains(each.region)) regions.add(each.region);
                vms.add(each.name + " " + each.region);
                instances.add("instance=" + each.name + ",app=" + name + ",kind=" + each.kind + ",ip=" + each.address
                        + ",region=" + each.region);
            }
            List<Instance> nearest = new ArrayList<>(List.of(members));
            nearest.sort(java.util.Comparator.comparing(each -> !each.region.equals("fra")));
            for (int top = 1; top <= 4; top++)
                for (Instance each : nearest.subList(0, Math.min(top, nearest.size())))
                    record("internal", "top" + top + ".nearest.of." + name, "AAAA", each.address);
            record("internal", "vms." + name, "TXT", text(String.join(",", vms)));
            record(
                    "internal",
                    "regions." + name,
                    "TXT",
                    text(String.join(",", regions.stream().sorted().toList())));
            if (!privateAddress.isEmpty()) {
                record("flycast", name, "AAAA", privateAddress);
                record("flycast", service + ".svc." + name, "AAAA", privateAddress);
                int dot = name.indexOf('.');
                if (dot > 0)
                    record("flycast", name.substring(0, dot) + ".svc" + name.substring(dot), "AAAA", privateAddress);
                reverse(privateAddress, name + ".flycast.");
            }
            if (name.indexOf('.') < 0) return;
            String own = name + ".svc";
            if (!privateAddress.isEmpty()) {
                record("cluster.local", own, "AAAA", privateAddress);
                record("cluster.local", "_" + service + "._tcp." + own, "SRV", "0 100 " + port + " " + own);
                return;
            }
            for (Instance each : members) {
                record("cluster.local", own, "AAAA", each.address);
                record("cluster.local", each.name + "." + own, "AAAA", each.address);
                record(
                        "cluster.local",
                        "_" + service + "._tcp." + own,
                        "SRV",
                        "0 100 " + port + " " + each.name + "." + own);
            }
        }

        void peer(String name, String address) {
            record("internal", name + "._peer", "AAAA", address);
            record("internal", "_peer", "TXT", text(name));
        }

        private void reverse(String address, String name) {
            String hex = java.util.HexFormat.of()
                    .formatHex(java.net.InetAddress.ofLiteral(address).getAddress());
            StringBuilder owner = new StringBuilder();
            for (int i = hex.length() - 1; i >= 2; i--)
                owner.append(hex.charAt(i)).append('.');
            record("d.f.ip6.arpa", owner.substring(0, owner.length() - 1), "PTR", name);
        }

        /** In strings of 255 bytes. */
        private static String text(String text) {
            StringBuilder strings = new StringBuilder();
            for (int at = 0; at < text.length(); at += 255)
                strings.append('"')
                        .append(text, at, Math.min(text.length(), at + 255))
                        .append("\" ");
            return strings.toString();
        }

        Map<String, String> files() {
            record("internal", "_apps", "TXT", text(String.join(",", apps)));
            record("internal", "_instances", "TXT", text(String.join(";", instances)));
            Map<String, String> files = new LinkedHashMap<>();
            zones.forEach((origin, lines) -> files.put(origin, lines.toString()));
            return files;
        }

        /** Every name that has a record, with its zone. */
        List<String> owners() {
            List<String> owners = new ArrayList<>();
            zones.forEach((origin, lines) -> lines.toString().lines().forEach(line -> {
                String owner = line.substring(0, line.indexOf(' '));
                owners.add(owner.equals("@") ? origin : owner + "." + origin);
            }));
            return owners.stream().distinct().toList();
        }
    }
}
