package dev.sixgate.edge;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Arrows between the edge's packages point one way; a package uses those that are listed for it and no others. */
class EdgeArchitectureTest {
    private static final String ROOT = "dev.sixgate.edge.";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.sixgate.edge");

    /** Leaves first. Siblings do not know each other. */
    private static final Map<String, Set<String>> MAY_USE = new TreeMap<>(Map.ofEntries(
            Map.entry("servicemap", Set.of()),
            Map.entry("explain", Set.of()),
            Map.entry("metrics", Set.of()),
            Map.entry("source", Set.of()),
            Map.entry("networkpolicy", Set.of()),
            Map.entry("anycast", Set.of()),
            Map.entry("sixpn", Set.of("servicemap")),
            Map.entry("dns", Set.of("servicemap", "explain", "metrics")),
            Map.entry("http", Set.of("servicemap", "explain")),
            Map.entry("router", Set.of("servicemap", "explain")),
            Map.entry("balancer", Set.of("servicemap", "explain")),
            Map.entry("filter", Set.of("router", "servicemap", "http", "explain")),
            Map.entry("policy", Set.of("servicemap", "explain")),
            Map.entry("auth", Set.of("servicemap")),
            Map.entry(
                    "upstream",
                    Set.of(
                            "auth",
                            "sixpn",
                            "policy",
                            "networkpolicy",
                            "filter",
                            "router",
                            "balancer",
                            "servicemap",
                            "http",
                            "explain")),
            Map.entry("health", Set.of("upstream", "servicemap")),
            Map.entry("tls", Set.of("servicemap", "http", "explain")),
            Map.entry("http1", Set.of("upstream", "filter", "router", "balancer", "servicemap", "http", "explain")),
            Map.entry("http2", Set.of("upstream", "filter", "router", "balancer", "servicemap", "http", "explain")),
            Map.entry("http3", Set.of("upstream", "filter", "router", "balancer", "servicemap", "http", "explain")),
            Map.entry("proxyprotocol", Set.of("http", "explain")),
            Map.entry(
                    "tcp",
                    Set.of(
                            "proxyprotocol",
                            "networkpolicy",
                            "upstream",
                            "filter",
                            "router",
                            "balancer",
                            "servicemap",
                            "http",
                            "explain")),
            Map.entry(
                    "udp",
                    Set.of(
                            "proxyprotocol",
                            "upstream",
                            "policy",
                            "networkpolicy",
                            "router",
                            "balancer",
                            "servicemap",
                            "explain",
                            "metrics")),
            Map.entry("admin", Set.of("sixpn", "servicemap", "explain", "metrics")),
            Map.entry(
                    "listener",
                    Set.of(
                            "tls",
                            "http1",
                            "http2",
                            "http3",
                            "tcp",
                            "udp",
                            "proxyprotocol",
                            "upstream",
                            "router",
                            "servicemap",
                            "http",
                            "explain",
                            "metrics")),
            Map.entry(
                    "run",
                    Set.of(
                            "anycast",
                            "mesh",
                            "dns",
                            "admin",
                            "listener",
                            "networkpolicy",
                            "tls",
                            "health",
                            "upstream",
                            "router",
                            "balancer",
                            "servicemap",
                            "http",
                            "explain",
                            "source",
                            "sixpn",
                            "metrics")),
            Map.entry("mesh", Set.of("admin", "explain")),
            Map.entry("node", Set.of("mesh", "networkpolicy", "admin", "listener", "servicemap", "explain", "metrics")),
            Map.entry(
                    "config",
                    Set.of(
                            "anycast",
                            "auth",
                            "source",
                            "sixpn",
                            "dns",
                            "run",
                            "node",
                            "networkpolicy",
                            "admin",
                            "tls",
                            "router",
                            "servicemap",
                            "http",
                            "explain")),
            Map.entry("demo", Set.of("config", "run", "node", "admin", "listener", "servicemap", "explain")),
            Map.entry(
                    "cli",
                    Set.of(
                            "anycast",
                            "source",
                            "sixpn",
                            "dns",
                            "config",
                            "run",
                            "node",
                            "demo",
                            "mesh",
                            "networkpolicy",
                            "admin",
                            "listener",
                            "tls",
                            "filter",
                            "router",
                            "balancer",
                            "servicemap",
                            "http",
                            "explain"))));

    static Stream<String> packages() {
        return MAY_USE.keySet().stream();
    }

    @Test
    void every_package_has_its_place_here() {
        Set<String> found = new TreeSet<>();
        for (JavaClass found1 : CLASSES) found.add(name(found1));
        assertThat(MAY_USE.keySet())
                .as("say in MAY_USE which packages the new one may use")
                .containsAll(found);
    }

    @ParameterizedTest
    @MethodSource("packages")
    void a_package_uses_only_what_stands_to_its_right(String name) {
        String[] forbidden = MAY_USE.keySet().stream()
                .filter(other -> !other.equals(name) && !MAY_USE.get(name).contains(other))
                .map(other -> ROOT + other + "..")
                .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage(ROOT + name + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden)
                .because("edge." + name + " may use " + MAY_USE.get(name)
                        + "; move the class to the package whose noun it is, or hand the value in")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void decisions_open_no_socket() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        ROOT + "router..",
                        ROOT + "balancer..",
                        ROOT + "policy..",
                        ROOT + "auth..",
                        ROOT + "networkpolicy..",
                        ROOT + "servicemap..",
                        ROOT + "sixpn..",
                        ROOT + "explain..",
                        ROOT + "metrics..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty..", "java.nio.channels..", "java.net.http..")
                .because("they get values and time from a driver; move the I/O to upstream, listener or admin")
                .check(CLASSES);
    }

    @Test
    void only_assembly_chooses_how_backends_are_reached() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        ROOT + "upstream..",
                        ROOT + "mesh..",
                        ROOT + "run..",
                        ROOT + "node..",
                        ROOT + "demo..",
                        ROOT + "cli..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.sixgate.mesh.underlay..", "dev.sixgate.mesh.transport..")
                .because("a protocol asks its UpstreamConnector, so that it runs on any transport")
                .check(CLASSES);
    }

    @Test
    void certificates_come_to_tls_from_the_store_alone() {
        noClasses()
                .that()
                .resideInAnyPackage(ROOT + "tls..", ROOT + "listener..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.sixgate.certs.pem..", "dev.sixgate.certs.ca..")
                .because("where a certificate comes from is edge.run's to say")
                .check(CLASSES);
    }

    private static String name(JavaClass type) {
        String rest =
                type.getPackageName().substring(Math.min(type.getPackageName().length(), ROOT.length()));
        int dot = rest.indexOf('.');
        return dot < 0 ? rest : rest.substring(0, dot);
    }
}
