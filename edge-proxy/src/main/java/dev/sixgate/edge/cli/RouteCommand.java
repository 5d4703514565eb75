package dev.sixgate.edge.cli;

import dev.sixgate.edge.explain.AddressText;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord.RejectedRule;
import dev.sixgate.edge.filter.RouteAnswer;
import dev.sixgate.edge.filter.RouteFilters;
import dev.sixgate.edge.http.Authority;
import dev.sixgate.edge.http.BodyLength;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.http.Version;
import dev.sixgate.edge.router.HostRouter;
import dev.sixgate.edge.router.Route;
import dev.sixgate.edge.router.RoutePath;
import dev.sixgate.edge.router.RouteTable;
import dev.sixgate.edge.router.Router.Decision;
import dev.sixgate.edge.run.Snapshot;
import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.Handler;
import dev.sixgate.edge.servicemap.HttpRoute;
import dev.sixgate.edge.servicemap.RouteFilter;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sixgate route}: the router that serves, asked offline. */
@Command(
        name = "route",
        description =
                "Says offline which listener, rule and backends would take a request, and why the other rules would"
                        + " not.",
        mixinStandardHelpOptions = true)
final class RouteCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "FILE")
    private Path file;

    @Parameters(index = "1", paramLabel = "METHOD")
    private String method;

    @Parameters(index = "2", paramLabel = "URL", description = "http://…, https://… or tcp://host:port")
    private String url;

    @Option(names = "--from", paramLabel = "IP", description = "The client's address.")
    private @Nullable String from;

    @Option(
            names = "--header",
            paramLabel = "NAME:VALUE",
            description = "A header of the request, for routes that look at it.")
    private List<String> headers = List.of();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (!method.matches("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,32}"))
            throw new CommandLineError(spec, "METHOD is a word such as GET");
        URI target = target();
        int port = port(target);
        String host = host(target);
        InetAddress client = client();
        Snapshot snapshot =
                Configuration.read(file, spec.commandLine().getErr()).snapshot();
        if (snapshot == null) return Main.WRONG_CONFIGURATION;
        PrintWriter out = spec.commandLine().getOut();
        // A raw connection names nobody, so the router is asked without a name there, as it is while serving.
        Decision decision =
                new HostRouter(snapshot.apps()).route(port, target.getScheme().equals("tcp") ? "" : host);
        String request = method + " " + target + (client == null ? "" : " from " + AddressText.of(client));
        List<String> listening = listening(snapshot, port, client);
        Route route = decision.route();
        List<RejectedRule> lost = new ArrayList<>(decision.rejected());
        String noRoute = null;
        if (route != null
                && route.table() != null
                && route.port().handlers().contains(Handler.HTTP)
                && !listening.isEmpty()
                && refusal(route, target.getScheme()) == null) {
            AskedByOperator asked = new AskedByOperator(method, target, headers());
            try {
                RouteTable.Matched matched = route.table().match(asked, ThreadLocalRandom.current());
                lost.addAll(route.table().losers(asked, matched == null ? null : matched.route()));
                if (matched == null)
                    noRoute = "404, " + Reason.NO_ROUTE_MATCH.code() + ": no route of " + route.rule() + " fits";
                else route = route.by(matched);
            } catch (RoutePath.Ambiguous e) {
                noRoute = "400, " + Reason.BAD_REQUEST.code() + ": " + e.getMessage();
            }
        }
        boolean taken =
                route != null && noRoute == null && !listening.isEmpty() && refusal(route, target.getScheme()) == null;
        out.println(request);
        if (route == null)
            out.println("  nobody takes it: "
                    + (decision.rejected().isEmpty() ? "no service has port " + port : "404, no_route"));
        else if (listening.isEmpty()) out.println("  nobody takes it: edge.addresses has none of the client's family");
        else if (noRoute != null) out.println("  nobody takes it: " + noRoute);
        else describe(route, target, listening, client, out);
        for (RejectedRule rule : lost) out.println("  not " + rule.rule() + ": " + rule.why());
        out.flush();
        return taken ? 0 : Main.FAILED;
    }

    /** Where a client of this family can arrive. */
    private static List<String> listening(Snapshot snapshot, int port, @Nullable InetAddress client) {
        if (snapshot.addresses().isEmpty()) return List.of("every local address, port " + port);
        return snapshot.addresses().stream()
                .filter(ours -> client == null
                        || ours.getClass() == client.getClass()
                        || ours.isAnyLocalAddress() && ours.getAddress().length > 4)
                .map(ours -> AddressText.of(new InetSocketAddress(ours, port)))
                .toList();
    }

    private void describe(
            Route route, URI target, List<String> listening, @Nullable InetAddress client, PrintWriter out) {
        List<Handler> handlers = route.port().handlers();
        String words = handlers.stream()
                .map(h -> '"' + h.name().toLowerCase(Locale.ROOT) + '"')
                .collect(Collectors.joining(", ", "[", "]"));
        out.println("  listener  " + String.join(", ", listening) + ", handlers " + words);
        String refusal = refusal(route, target.getScheme());
        if (refusal != null) {
            out.println("  refused   " + refusal);
            return;
        }
        out.println("  rule      " + route.rule());
        out.println("  app       " + route.app().name() + ", service "
                + route.service().name());
        if (route.port().forceHttpsPort() > 0) {
            out.println("  answer    308 to https on port " + route.port().forceHttpsPort());
            return;
        }
        if (route.matched() != null) {
            describe(route.matched(), out);
            String answer = ownAnswer(route.matched(), target);
            if (answer != null) {
                out.println("  answer    " + answer);
                return;
            }
        }
        if (client != null && handlers.contains(Handler.HTTP))
            out.println("  forwarded X-Forwarded-For: " + AddressText.of(client));
        for (Backend backend : route.app().backends()) {
            int at = backend.port() == 0 ? route.service().internalPort() : backend.port();
            out.println("  backend   " + backend.name() + "  "
                    + AddressText.of(new InetSocketAddress(backend.address(), at))
                    + (backend.region().isEmpty() ? "" : "  region " + backend.region())
                    + (backend.insecureDirect() ? "  outside the mesh, unencrypted" : ""));
        }
        if (route.app().backends().isEmpty()) out.println("  answer    503, no_backend");
    }

    private void describe(RouteTable.Matched matched, PrintWriter out) {
        HttpRoute http = matched.route();
        int weights = http.backendRefs().stream()
                .mapToInt(HttpRoute.BackendRef::weight)
                .sum();
        for (HttpRoute.BackendRef ref : http.backendRefs())
            out.printf(
                    "  share     %s%s: %d of %d%n",
                    ref.app(), ref.service().isEmpty() ? "" : "." + ref.service(), ref.weight(), weights);
        for (RouteFilter filter : http.filters()) out.println("  filter    " + RouteFilterText.of(filter));
    }

    /** What the route would answer itself, by the code that serves; null: a backend is asked. */
    private @Nullable String ownAnswer(RouteTable.Matched matched, URI target) {
        Fields fields = new Fields();
        headers().forEach(fields::add);
        String host = host(target);
        RequestHead request = new RequestHead(
                method,
                Version.HTTP_1_1,
                new Authority(host, host),
                matched.target(),
                fields,
                BodyLength.NONE,
                true,
                false,
                false,
                false);
        RouteAnswer answer =
                RouteFilters.answer(matched, request, target.getScheme().equals("https"), port(target));
        if (answer == null) return null;
        String said = answer.status() + ", " + answer.reason().code();
        return answer instanceof RouteAnswer.Redirect redirect ? said + " to " + redirect.location() : said;
    }

    private record AskedByOperator(String method, URI uri, Map<String, String> headers) implements RouteTable.Asked {
        @Override
        public String target() {
            String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
            return path + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
        }

        @Override
        public @Nullable String field(String name) {
            return headers.get(name.toLowerCase(Locale.ROOT));
        }
    }

    private Map<String, String> headers() {
        Map<String, String> named = new HashMap<>();
        for (String header : headers) {
            int colon = header.indexOf(':');
            if (colon < 1) throw new CommandLineError(spec, "--header \"" + header + "\" is not NAME:VALUE");
            named.putIfAbsent(
                    header.substring(0, colon).strip().toLowerCase(Locale.ROOT),
                    header.substring(colon + 1).strip());
        }
        return named;
    }

    /** Why the listener does not serve this request; null: it does. */
    private @Nullable String refusal(Route route, String scheme) {
        List<Handler> handlers = route.port().handlers();
        boolean tls = handlers.contains(Handler.TLS);
        boolean spoken = switch (scheme) {
            case "http" -> !tls;
            case "https" -> tls || handlers.isEmpty();
            default -> true;
        };
        if (!spoken) return "the listener does not speak " + scheme;
        boolean passedOn = !handlers.contains(Handler.HTTP) || !method.equals("CONNECT") && !method.equals("TRACE");
        return passedOn
                ? null
                : "501, " + Reason.UNSUPPORTED_METHOD.code() + ": " + Reason.UNSUPPORTED_METHOD.sentence();
    }

    private URI target() {
        try {
            URI target = new URI(url);
            if (target.getScheme() != null
                    && target.getHost() != null
                    && List.of("http", "https", "tcp").contains(target.getScheme())) return target;
        } catch (URISyntaxException _) {
            // Said below.
        }
        throw new CommandLineError(spec, "\"" + url + "\" is not a URL such as https://hello.example.com/path");
    }

    private int port(URI target) {
        if (target.getPort() > 0) return target.getPort();
        return switch (target.getScheme()) {
            case "http" -> 80;
            case "https" -> 443;
            default -> throw new CommandLineError(spec, "\"" + url + "\" names no port");
        };
    }

    private static String host(URI target) {
        String host = target.getHost().toLowerCase(Locale.ROOT);
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private @Nullable InetAddress client() {
        if (from == null) return null;
        try {
            return InetAddress.ofLiteral(from);
        } catch (IllegalArgumentException e) {
            throw new CommandLineError(spec, "--from \"" + from + "\" is not an IP address");
        }
    }
}
