package dev.sixgate.load;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code sixgate load run browse --target URL …}. */
@Command(
        name = "run",
        description = "Run a scenario against a URL; exit 0 when every gate held, 1 when one did not.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class RunCommand implements Callable<Integer> {
    private static final int DEFAULT_USERS = 10;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Parameters(paramLabel = "SCENARIO", description = "browse: visitors ask for one page again and again")
    String scenario = "";

    @Option(names = "--target", required = true, paramLabel = "URL", description = "http or https URL of the page")
    String target = "";

    @Option(
            names = "--users",
            paramLabel = "N",
            description = "visitors at the same time, each with its own connection (10, if there is no --rate)")
    int users;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description =
                    "requests a second, sent whether or not earlier ones are answered; with --users, their common pace")
    int rate;

    @Option(
            names = "--duration",
            defaultValue = "10s",
            converter = Time.class,
            description = "how long to measure (${DEFAULT-VALUE})")
    Duration duration = Duration.ZERO;

    @Option(
            names = "--warm-up",
            defaultValue = "2s",
            converter = Time.class,
            description = "load before that which is not measured (${DEFAULT-VALUE})")
    Duration warmUp = Duration.ZERO;

    @Option(
            names = "--timeout",
            defaultValue = "10s",
            converter = Time.class,
            description = "a request without a complete answer by then has failed (${DEFAULT-VALUE})")
    Duration timeout = Duration.ZERO;

    @Option(
            names = "--gate",
            paramLabel = "GATES",
            description = "such as 'p99<50ms,errors<0.1%%'; may be given more than once")
    List<String> gates = List.of();

    @Option(
            names = "--resolve",
            paramLabel = "HOST:PORT:ADDRESS",
            description = "connect to this address for HOST:PORT, as curl does; the name is still sent")
    List<String> resolve = List.of();

    @Option(
            names = "--cacert",
            paramLabel = "FILE",
            description = "PEM file of the roots to trust, such as the development CA's")
    @Nullable
    Path certificates;

    @Option(names = "--insecure", description = "take any certificate")
    boolean insecure;

    @Option(names = "--http2", description = "offer HTTP/2 in the TLS handshake")
    boolean http2;

    @Override
    public Integer call() throws Exception {
        List<Gate> conditions =
                gates.stream().flatMap(text -> gates(text).stream()).toList();
        LoadPlan plan = plan();
        var out = spec.commandLine().getOut();
        out.printf(
                Locale.ROOT,
                "browse    %s: %s for %.1f s after %.1f s of warm-up%n",
                plan.target(),
                shape(plan),
                plan.duration().toMillis() / 1e3,
                plan.warmUp().toMillis() / 1e3);
        out.flush();
        Summary summary = GatlingRun.browse(plan);
        out.print(summary.text());
        for (Gate gate : conditions) out.println(gate.verdict(summary));
        out.flush();
        if (conditions.isEmpty()) return summary.successes() > 0 ? 0 : 1;
        return conditions.stream().allMatch(gate -> gate.holds(summary)) ? 0 : 1;
    }

    private static String shape(LoadPlan plan) {
        if (plan.users() == 0) return "%,d requests a second".formatted(plan.rate());
        return "%,d visitors".formatted(plan.users())
                + (plan.rate() == 0 ? "" : ", together %,d requests a second".formatted(plan.rate()));
    }

    private LoadPlan plan() {
        if (!scenario.equals("browse"))
            throw wrong("there is no scenario \"" + scenario + "\"; the one there is: browse");
        if (users < 0 || rate < 0) throw wrong("--users and --rate are whole numbers above 0");
        if (duration.isZero()) throw wrong("--duration 0 would measure nothing; write --duration 10s");
        if (insecure && certificates != null)
            throw wrong("--cacert says whom to trust and --insecure says everybody; leave one out");
        if (certificates != null && !Files.isReadable(certificates))
            throw wrong("--cacert " + certificates + " does not exist or cannot be read");
        URI url = url();
        int visitors = users == 0 && rate == 0 ? DEFAULT_USERS : users;
        return new LoadPlan(
                url, visitors, rate, warmUp, duration, timeout, addresses(url), certificates, insecure, http2);
    }

    private URI url() {
        try {
            URI url = new URI(target);
            boolean web = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
            if (web && url.getHost() != null) return url;
        } catch (URISyntaxException _) {
            // Said below, as for every other text that is no URL.
        }
        throw wrong("--target \"" + target + "\" is not an http or https URL; write --target http://127.0.0.1:8080/");
    }

    private Map<String, List<String>> addresses(URI url) {
        int port = url.getPort() >= 0 ? url.getPort() : url.getScheme().equalsIgnoreCase("https") ? 443 : 80;
        Map<String, List<String>> addresses = new LinkedHashMap<>();
        for (String text : resolve) {
            String[] parts = text.split(":", 3);
            try {
                if (parts.length == 3
                        && Integer.parseInt(parts[1]) == port
                        && url.getHost().equalsIgnoreCase(parts[0])) {
                    String address = parts[2].replaceAll("^\\[(.*)]$", "$1");
                    addresses.put(
                            url.getHost(),
                            List.of(InetAddress.ofLiteral(address).getHostAddress()));
                    continue;
                }
            } catch (IllegalArgumentException _) {
                // A port that is no number, or an address that is none.
            }
            throw wrong("--resolve \"" + text + "\" does not fit the target; write --resolve " + url.getHost() + ":"
                    + port + ":ADDRESS");
        }
        return addresses;
    }

    private List<Gate> gates(String text) {
        try {
            return Gate.parse(text);
        } catch (IllegalArgumentException e) {
            throw wrong("--gate " + e.getMessage());
        }
    }

    private ParameterException wrong(String sentence) {
        return new ParameterException(spec.commandLine(), sentence);
    }

    /** A duration with a unit, as everywhere in sixgate. */
    static final class Time implements ITypeConverter<Duration> {
        private static final Pattern TIME = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");

        @Override
        public Duration convert(String text) {
            Matcher matcher = TIME.matcher(text);
            if (!matcher.matches())
                throw new TypeConversionException(
                        "\"" + text + "\" is not a time; write a whole number and ms, s, m or h, such as 10s");
            long number = Long.parseLong(matcher.group(1));
            return switch (matcher.group(2)) {
                case "ms" -> Duration.ofMillis(number);
                case "s" -> Duration.ofSeconds(number);
                case "m" -> Duration.ofMinutes(number);
                default -> Duration.ofHours(number);
            };
        }
    }
}
