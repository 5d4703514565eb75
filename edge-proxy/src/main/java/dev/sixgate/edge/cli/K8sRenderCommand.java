package dev.sixgate.edge.cli;

import dev.sixgate.k8s.Ipv6Range;
import dev.sixgate.k8s.KubernetesObjects;
import dev.sixgate.k8s.MappingSettings;
import dev.sixgate.k8s.Verdict;
import dev.sixgate.k8s.manifest.ManifestException;
import dev.sixgate.k8s.manifest.ManifestReader;
import dev.sixgate.k8s.mapping.Rendering;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sixgate k8s render}: offline, what manifests amount to. */
@Command(
        name = "render",
        description = "Prints the JSON that Kubernetes objects amount to, and on stderr what becomes of each object.",
        mixinStandardHelpOptions = true)
final class K8sRenderCommand implements Callable<Integer> {
    private static final String STDIN = "-";

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE.yaml",
            description = "YAML or JSON of any number of objects; \"-\": standard input.")
    private List<String> files;

    @Option(names = "--strict", description = "Exit with 3 when anything is refused or approximated.")
    private boolean strict;

    @Option(
            names = "--gateway-class",
            paramLabel = "NAME",
            description = "Gateways of this class are ours (default: sixgate).")
    private String gatewayClass = MappingSettings.DEFAULT.gatewayClass();

    @Option(
            names = "--ingress-class",
            paramLabel = "NAME",
            description = "Ingresses of this class are ours (default: sixgate).")
    private String ingressClass = MappingSettings.DEFAULT.ingressClass();

    @Option(
            names = "--accept",
            paramLabel = "PREFIX",
            description = "Where endpoints may live; may be repeated (default: fdaa::/16).")
    private List<String> accept = List.of("fdaa::/16");

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter err = spec.commandLine().getErr();
        ManifestReader reader = new ManifestReader();
        try {
            for (String file : files) reader.read(file.equals(STDIN) ? "standard input" : file, text(file));
        } catch (ManifestException e) {
            err.println("sixgate: " + e.sentence());
            return Main.WRONG_CONFIGURATION;
        }
        Rendering rendering = Rendering.of(new KubernetesObjects(reader.objects()), settings());
        for (Verdict verdict : rendering.verdicts()) err.println(verdict);
        for (String other : reader.passedOver()) err.println(other + ": means nothing to an edge");
        err.flush();
        PrintWriter out = spec.commandLine().getOut();
        out.print(rendering.json());
        out.flush();
        boolean clean = rendering.verdicts().stream().allMatch(verdict -> verdict.code() == null);
        return clean || !strict ? 0 : Main.WRONG_CONFIGURATION;
    }

    private MappingSettings settings() {
        MappingSettings plain = MappingSettings.DEFAULT;
        try {
            List<Ipv6Range> ranges = accept.stream().map(Ipv6Range::parse).toList();
            return new MappingSettings(
                    gatewayClass,
                    ingressClass,
                    plain.namespaceLabels(),
                    ranges,
                    plain.flyAnnotations(),
                    plain.privateAddresses(),
                    plain.networkPolicies());
        } catch (IllegalArgumentException e) {
            throw new CommandLineError(spec, e.getMessage());
        }
    }

    private static String text(String file) throws IOException, ManifestException {
        if (file.equals(STDIN)) return text(file, System.in);
        Path path = Path.of(file);
        if (Files.exists(path) && !Files.isRegularFile(path))
            throw new ManifestException(file + " is not a regular file; give \"-\" to read a pipe");
        try (InputStream in = Files.newInputStream(path)) {
            return text(file, in);
        }
    }

    private static String text(String file, InputStream in) throws IOException, ManifestException {
        byte[] bytes = in.readNBytes(ManifestReader.MAX_CHARACTERS + 1);
        if (bytes.length > ManifestReader.MAX_CHARACTERS)
            throw new ManifestException(file + " is larger than " + (ManifestReader.MAX_CHARACTERS >> 20) + " MiB");
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
