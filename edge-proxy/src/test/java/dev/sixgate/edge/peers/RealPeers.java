package dev.sixgate.edge.peers;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Says what to install where a peer is missing: a skip on a developer's machine, a failure in CI. */
public final class RealPeers {
    private static final boolean CI = "true".equals(System.getenv("CI"));
    private static final List<String> PLACES = List.of("/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin");

    private RealPeers() {}

    /**
     * Those programs, and the right to build namespaces.
     *
     * @param programs each as {@code program} or {@code program:debian-package}
     */
    public static void require(String... programs) {
        requirePrograms(programs);
        if (!canMakeNamespaces()) refuse("this test builds network namespaces: run it as root");
    }

    /** Those programs alone. */
    public static void requirePrograms(String... programs) {
        List<String> missing = Arrays.stream(programs)
                .filter(program ->
                        PLACES.stream().noneMatch(place -> Files.isExecutable(Path.of(place, name(program)))))
                .map(program -> program.substring(program.indexOf(':') + 1))
                .toList();
        if (!missing.isEmpty()) refuse("this test needs real peers: apt-get install " + String.join(" ", missing));
    }

    private static String name(String program) {
        int colon = program.indexOf(':');
        return colon < 0 ? program : program.substring(0, colon);
    }

    private static boolean canMakeNamespaces() {
        try {
            return Files.readString(Path.of("/proc/self/status")).contains("Uid:\t0\t0")
                    && Files.exists(Path.of("/dev/net/tun"));
        } catch (IOException e) {
            return false;
        }
    }

    private static void refuse(String sentence) {
        if (CI) fail(sentence);
        System.out.println("skipped: " + sentence); // Maven's own lines name the class, but not the reason
        Assumptions.abort(sentence);
    }
}
