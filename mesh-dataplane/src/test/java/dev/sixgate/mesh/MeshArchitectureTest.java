package dev.sixgate.mesh;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * The arrows between the packages of this module: {@code transport → underlay → mesh → tcp, udp, wireguard → ipv6, crypto},
 * {@code tun → underlay} and {@code sim, capture → mesh}.
 */
@AnalyzeClasses(packages = "dev.sixgate.mesh", importOptions = ImportOption.DoNotIncludeTests.class)
class MeshArchitectureTest {
    private static final String[] CORES = {
        "dev.sixgate.mesh", "..mesh.tcp..", "..mesh.udp..", "..mesh.wireguard..", "..mesh.ipv6..", "..mesh.capture.."
    };

    @ArchTest
    static final ArchRule cores_do_no_io = noClasses()
            .that()
            .resideInAnyPackage(CORES)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.netty.channel..",
                    "io.netty.util.concurrent..",
                    "java.nio.channels..",
                    "java.nio.file..",
                    "java.net.http..",
                    "java.util.concurrent.locks..",
                    "java.util.concurrent.atomic..")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(java.util.concurrent.Executor.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Thread.class)
            .because("cores get bytes and time from a driver; move the I/O to mesh.underlay or mesh.transport");

    @ArchTest
    static final ArchRule cores_read_no_clock = noClasses()
            .that()
            .resideInAnyPackage(CORES)
            .or()
            .resideInAPackage("..mesh.sim..")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(java.time.Instant.class, "now")
            .because("time is an argument; take nowNanos, or an InstantSource for wall-clock time");

    @ArchTest
    static final ArchRule cores_take_chance_as_an_argument = noClasses()
            .that()
            .resideInAnyPackage(CORES)
            .or()
            .resideInAPackage("..mesh.sim..")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.security.SecureRandom")
            .orShould()
            .callMethod(Math.class, "random")
            .because("a seed must give the same run; take a RandomGenerator");

    @ArchTest
    static final ArchRule ipv6_uses_nothing_of_ours = not(
            "dev.sixgate.mesh.ipv6",
            "ipv6 is a leaf; move what it needs into it, or the class above",
            "dev.sixgate.mesh.crypto",
            "dev.sixgate.mesh.tcp",
            "dev.sixgate.mesh.udp",
            "dev.sixgate.mesh.wireguard",
            "dev.sixgate.mesh",
            "dev.sixgate.mesh.underlay",
            "dev.sixgate.mesh.transport",
            "dev.sixgate.mesh.sim");

    @ArchTest
    static final ArchRule crypto_uses_nothing_of_ours = not(
            "dev.sixgate.mesh.crypto",
            "crypto is a leaf; move what it needs into it, or the class above",
            "dev.sixgate.mesh.ipv6",
            "dev.sixgate.mesh.tcp",
            "dev.sixgate.mesh.udp",
            "dev.sixgate.mesh.wireguard",
            "dev.sixgate.mesh",
            "dev.sixgate.mesh.underlay",
            "dev.sixgate.mesh.transport",
            "dev.sixgate.mesh.sim");

    @ArchTest
    static final ArchRule tcp_uses_ipv6_only = not(
            "dev.sixgate.mesh.tcp",
            "tcp gets packets and gives packets; Mesh joins it with the rest",
            "dev.sixgate.mesh.crypto",
            "dev.sixgate.mesh.udp",
            "dev.sixgate.mesh.wireguard",
            "dev.sixgate.mesh",
            "dev.sixgate.mesh.underlay",
            "dev.sixgate.mesh.transport",
            "dev.sixgate.mesh.sim");

    @ArchTest
    static final ArchRule udp_uses_ipv6_only = not(
            "dev.sixgate.mesh.udp",
            "udp gets packets and gives packets; Mesh joins it with the rest",
            "dev.sixgate.mesh.crypto",
            "dev.sixgate.mesh.tcp",
            "dev.sixgate.mesh.wireguard",
            "dev.sixgate.mesh",
            "dev.sixgate.mesh.underlay",
            "dev.sixgate.mesh.transport",
            "dev.sixgate.mesh.sim");

    @ArchTest
    static final ArchRule wireguard_uses_ipv6_and_crypto_only = not(
            "dev.sixgate.mesh.wireguard",
            "WireGuard carries packets and does not look into TCP or UDP; Mesh joins them",
            "dev.sixgate.mesh.tcp",
            "dev.sixgate.mesh.udp",
            "dev.sixgate.mesh",
            "dev.sixgate.mesh.underlay",
            "dev.sixgate.mesh.transport",
            "dev.sixgate.mesh.sim");

    @ArchTest
    static final ArchRule the_assembly_knows_no_driver = not(
            "dev.sixgate.mesh",
            "a driver calls the mesh, never the other way; return a value or an event",
            "dev.sixgate.mesh.underlay",
            "dev.sixgate.mesh.transport",
            "dev.sixgate.mesh.tun",
            "dev.sixgate.mesh.sim");

    @ArchTest
    static final ArchRule a_capture_knows_no_driver = not(
            "dev.sixgate.mesh.capture",
            "whoever polls a capture writes the file",
            "dev.sixgate.mesh.underlay",
            "dev.sixgate.mesh.transport",
            "dev.sixgate.mesh.sim");

    @ArchTest
    static final ArchRule the_driver_does_not_know_its_channels = not(
            "dev.sixgate.mesh.underlay",
            "a channel registers with the driver through an interface of mesh.underlay",
            "dev.sixgate.mesh.transport",
            "dev.sixgate.mesh.tun",
            "dev.sixgate.mesh.sim");

    @ArchTest
    static final ArchRule the_channels_do_not_know_the_simulation =
            not("dev.sixgate.mesh.transport", "virtual time and real sockets do not mix", "dev.sixgate.mesh.sim");

    @ArchTest
    static final ArchRule a_tun_device_knows_the_driver_and_no_protocol = not(
            "dev.sixgate.mesh.tun",
            "which packet may pass is the mesh's to say",
            "dev.sixgate.mesh.tcp",
            "dev.sixgate.mesh.udp",
            "dev.sixgate.mesh.wireguard",
            "dev.sixgate.mesh.crypto",
            "dev.sixgate.mesh.transport",
            "dev.sixgate.mesh.sim");

    @ArchTest
    static final ArchRule the_simulation_is_a_driver_of_its_own = not(
            "dev.sixgate.mesh.sim",
            "virtual time and real sockets do not mix",
            "dev.sixgate.mesh.underlay",
            "dev.sixgate.mesh.transport");

    @ArchTest
    static final ArchRule the_module_stands_alone = not(
            "dev.sixgate.mesh..",
            "mesh-dataplane is a library that uses nothing else of sixgate",
            "dev.sixgate.edge..",
            "dev.sixgate.certs..");

    private static ArchRule not(String from, String mend, String... to) {
        return noClasses()
                .that()
                .resideInAPackage(from)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(to)
                .because(mend);
    }
}
