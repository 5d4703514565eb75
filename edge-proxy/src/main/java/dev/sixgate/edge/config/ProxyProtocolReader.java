package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.servicemap.AddressRange;
import dev.sixgate.edge.servicemap.Handler;
import dev.sixgate.edge.servicemap.ProxyProtocol;
import dev.sixgate.edge.servicemap.ProxyProtocol.Detail;
import dev.sixgate.edge.servicemap.ProxyProtocol.Version;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** {@code proxy_proto_options} and {@code accept_proxy_proto} of a port. */
final class ProxyProtocolReader {
    private static final List<String> DETAILS = List.of("authority", "alpn", "tls", "unique_id");

    private final Problems problems;

    ProxyProtocolReader(Problems problems) {
        this.problems = problems;
    }

    ProxyProtocol read(Fields port, List<Handler> handlers) {
        Fields fields = port.object("proxy_proto_options", KeyCatalogue.PROXY_PROTO_OPTIONS)
                .orElse(null);
        Version version = Version.V1;
        Set<Detail> details = new LinkedHashSet<>();
        if (fields != null) {
            if ("v2".equals(fields.word("version", List.of("v1", "v2"), List.of()))) version = Version.V2;
            for (JsonText item : fields.texts("tlvs")) {
                String word = fields.asWord("an item of \"tlvs\"", item, DETAILS, List.of());
                if (word != null && !details.add(Detail.valueOf(word.toUpperCase(Locale.ROOT))))
                    problems.error(Code.JSON_011, item.spot(), Quoted.of(word) + " appears twice", "remove one");
            }
            if (version == Version.V1 && !details.isEmpty())
                problems.error(
                        Code.JSON_010,
                        fields.keySpot("tlvs"),
                        "\"tlvs\" need \"version\": \"v2\"; a head of version 1 has addresses only",
                        "\"version\": \"v2\"");
        }
        return new ProxyProtocol(handlers.contains(Handler.PROXY_PROTO) ? version : null, details, from(port));
    }

    private List<AddressRange> from(Fields port) {
        if (!port.has("accept_proxy_proto")) return List.of();
        Fields fields = port.object("accept_proxy_proto", KeyCatalogue.ACCEPT_PROXY_PROTO)
                .orElse(null);
        if (fields == null) return List.of();
        if (!fields.has("from")
                || fields.get("from") instanceof JsonNode.JsonArray array
                        && array.items().isEmpty())
            problems.error(
                    Code.PORT_010,
                    fields.object().spot(),
                    "accept_proxy_proto without \"from\": any client could forge its address",
                    "list the load balancers' CIDRs");
        return new RangeReader(problems).ranges(fields, "from", "accept_proxy_proto from", Code.PORT_010);
    }
}
