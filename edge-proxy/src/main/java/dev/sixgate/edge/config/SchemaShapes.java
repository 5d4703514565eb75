package dev.sixgate.edge.config;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the value of each key looks like, for the JSON Schema; {@link KeyCatalogue} says which keys there are. A shape is
 * {@code text}, {@code name}, {@code flag}, {@code number}, {@code share}, {@code duration}, {@code size}, {@code 1..100}, {@code =one,other},
 * {@code [item]}, {@code {value}} of a map, the catalogue of an object, or several of these with {@code |} between.
 */
final class SchemaShapes {
    private static final String HEADERS = "{text}";

    private static final Map<KeyCatalogue, Map<String, String>> SHAPES = new EnumMap<>(KeyCatalogue.class);
    private static final Map<KeyCatalogue, List<String>> REQUIRED = new EnumMap<>(KeyCatalogue.class);

    static {
        of(
                KeyCatalogue.TOP,
                "$schema:text version:1..1 edge:EDGE networks:{NETWORK} mesh:MESH certificates:CERTIFICATES apps:{APP}"
                        + " app:name http_service:HTTP_SERVICE backends:[text|BACKEND] observability:OBSERVABILITY"
                        + " admin:ADMIN regions:{REGION} defaults:DEFAULTS sources:[SOURCE] dns:DNS anycast:ANYCAST"
                        + " kubernetes:KUBERNETES policies:[POLICY]");
        of(KeyCatalogue.DNS, "listen!:[text] zones!:[text] forward:[text]");
        of(
                KeyCatalogue.ANYCAST,
                "announce!:[text] local_as!:1..4294967294 router_id:text neighbors!:[NEIGHBOR]"
                        + " withdraw_when:WITHDRAW_WHEN prepend_when:PREPEND_WHEN drain_wait:duration"
                        + " backend:text|ANYCAST_BACKEND sites:[SITE] return_after:duration");
        of(KeyCatalogue.ANYCAST_BACKEND, "type:text control:text file:text");
        of(KeyCatalogue.SITE, "name:name address:text");
        of(
                KeyCatalogue.NEIGHBOR,
                "address!:text local_address:text remote_as!:1..4294967294 password:SECRET bfd:flag|BFD"
                        + " med:0..2147483647 communities:[text] prepend:0..10 max_prefix:1..10000 multiprotocol:flag"
                        + " port:1..65535 hold_time:duration");
        of(KeyCatalogue.BFD, "interval:duration multiplier:1..255");
        of(KeyCatalogue.WITHDRAW_WHEN, "healthy_apps_below!:1..1000000 for:duration alone:flag");
        of(KeyCatalogue.PREPEND_WHEN, "soft_limit_reached:flag times:1..10");
        of(KeyCatalogue.SOURCE, "directory!:text");
        of(
                KeyCatalogue.KUBERNETES,
                "gateway_class:text ingress_class:text controller_name:text namespaces:KUBERNETES_NAMESPACES"
                        + " kubeconfig:text ip_family_policy:=SingleStack fly_annotations:flag"
                        + " network_policy:=enforce,audit,off");
        of(KeyCatalogue.KUBERNETES_NAMESPACES, "label_selector:text");
        of(
                KeyCatalogue.EDGE,
                "name:name region:name addresses:[text] drain:DRAIN state:text trusted_proxies:[text]"
                        + " max_connections_per_client:1..100000");
        of(KeyCatalogue.DRAIN, "timeout:duration spread:duration");
        of(KeyCatalogue.NETWORK, "prefix!:text");
        of(
                KeyCatalogue.MESH,
                "private_key:SECRET address:text listen_port:0..65535 mtu:0..65535 identities:1..64 uapi:text"
                        + " peers:[PEER] wg_quick:text");
        of(
                KeyCatalogue.PEER,
                "name:name region:name public_key!:text endpoint:text allowed_ips!:[text] preshared_key:SECRET"
                        + " persistent_keepalive:duration role:=node,edge");
        of(KeyCatalogue.SECRET, "file:text env:text");
        of(KeyCatalogue.CERTIFICATES, "files:[CERTIFICATE_FILE] acme:ACME");
        of(KeyCatalogue.CERTIFICATE_FILE, "hostnames:[text] certificate!:text private_key!:SECRET passphrase:SECRET");
        of(
                KeyCatalogue.ACME,
                "email:text accept_terms!:flag directory:text second_directory:text profile:name"
                        + " challenges:[=tls-alpn-01,http-01,dns-01] trust:TRUST external_account:EXTERNAL_ACCOUNT"
                        + " dns_hook:text store:text");
        of(KeyCatalogue.EXTERNAL_ACCOUNT, "key_id!:text hmac_key!:SECRET");
        of(KeyCatalogue.APP, "network:name backends!:[text|BACKEND] services!:[SERVICE] private_address:text");
        of(
                KeyCatalogue.BACKEND,
                "name:name kind:=pod,vm,function,micro-vm,static address!:text region:name insecure_direct:flag"
                        + " weight:1..1000"
                        + " labels:{text}");
        String both = " hostnames:[text] internal_port:1..65535 http_options:HTTP_OPTIONS tls_options:TLS_OPTIONS"
                + " tcp_options:TCP_OPTIONS routes:[ROUTE] concurrency:CONCURRENCY"
                + " when_all_unhealthy:=try_all,fail load_balancing:LOAD_BALANCING session_persistence:SESSION"
                + " rate_limits:[RATE_LIMIT] checks:[CHECK] timeouts:TIMEOUTS retry:RETRY"
                + " client_ip:=headers,proxy_proto,embed,none outlier_detection:OUTLIER_DETECTION";
        of(KeyCatalogue.SERVICE, "name!:name ports:[PORT] protocol:=tcp,udp udp:UDP" + both);
        of(KeyCatalogue.HTTP_SERVICE, "force_https:flag" + both.replace("internal_port:", "internal_port!:"));
        of(
                KeyCatalogue.CHECK,
                "type:=http,tcp,grpc method:=GET,HEAD,OPTIONS path:text headers:" + HEADERS
                        + " interval:duration timeout:duration"
                        + " grace_period:duration healthy_threshold:1..1000 unhealthy_threshold:1..1000");
        of(KeyCatalogue.REGION, "groups:[name] fallback:[name]");
        of(KeyCatalogue.DEFAULTS, "load_balancing:LOAD_BALANCING timeouts:TIMEOUTS retry:RETRY");
        of(
                KeyCatalogue.LOAD_BALANCING,
                "policy:text locality:=nearest,any spill_at:text key:[text] slow_start:duration");
        of(
                KeyCatalogue.CONCURRENCY,
                "type:=requests,connections soft_limit:1..2147483647 hard_limit:1..2147483647 queue:QUEUE");
        of(KeyCatalogue.QUEUE, "max:0..1000000 timeout:duration");
        of(
                KeyCatalogue.OUTLIER_DETECTION,
                "consecutive_5xx:1..1000000 base_ejection_time:duration max_ejection_percent:1..100");
        of(KeyCatalogue.SESSION, "type:=Cookie,Header,ClientIP name:text absolute_timeout:duration");
        of(KeyCatalogue.RATE_LIMIT, "name:name key:[text] match:RATE_MATCH limit!:text burst:1..1000000 scope:=edge");
        of(KeyCatalogue.RATE_MATCH, "path:ROUTE_PATH");
        of(
                KeyCatalogue.ROUTE,
                "name:name matches:[ROUTE_MATCH] filters:[ROUTE_FILTER] backend_refs:[BACKEND_REF] timeouts:TIMEOUTS"
                        + " retry:RETRY region:ROUTE_REGION session_persistence:SESSION");
        of(KeyCatalogue.ROUTE_REGION, "prefer:[name]");
        of(KeyCatalogue.ROUTE_MATCH, "path:ROUTE_PATH method:text headers:[FIELD_MATCH] query_params:[FIELD_MATCH]");
        of(KeyCatalogue.ROUTE_PATH, "type:text value!:text");
        of(KeyCatalogue.FIELD_MATCH, "name!:text type:=Exact,RegularExpression value!:text");
        of(
                KeyCatalogue.ROUTE_FILTER,
                "type!:=" + String.join(",", FilterReader.TYPES)
                        + " hostname:text path:ROUTE_PATH|text scheme:=http,https port:1..65535 status_code:300..399"
                        + " set:"
                        + HEADERS
                        + " add:" + HEADERS
                        + " remove:[text] status:200..599 body:text content_type:text allow_origins:[text]"
                        + " allow_credentials:flag allow_methods:[text] allow_headers:[text] expose_headers:[text]"
                        + " max_age:duration backend_ref:FILTER_REF percent:0..100 fraction:FRACTION realm:text"
                        + " users:USERS user_header:text copy_headers:[text] timeout:duration keys:JWT_KEYS"
                        + " algorithms:[text] issuer:text audiences:[text] leeway:duration claim_headers:{text}");
        of(KeyCatalogue.JWT_KEYS, "file:text secret:SECRET backend_ref:FILTER_REF path:text refresh:duration");
        of(KeyCatalogue.USERS, "file!:text");
        String party = "app:text labels:{text} edge:text network:text peer:text cidr:text|[text] except:text|[text]"
                + " ports:[1..65535|POLICY_PORT]";
        of(
                KeyCatalogue.POLICY,
                "name!:name mode:=enforce,audit to:POLICY_SUBJECT from:POLICY_SUBJECT allow!:[POLICY_ALLOW]");
        of(KeyCatalogue.POLICY_SUBJECT, party);
        of(KeyCatalogue.POLICY_ALLOW, party);
        of(KeyCatalogue.POLICY_PORT, "port:1..65535 start_port:1..65535 end_port:1..65535 protocol:=tcp,udp");
        of(KeyCatalogue.BACKEND_REF, "app:text service:text weight:0..1000000");
        of(KeyCatalogue.FILTER_REF, "app:text service:text");
        of(KeyCatalogue.FRACTION, "numerator:0..1000000 denominator:1..1000000");
        of(KeyCatalogue.TIMEOUTS, "request:duration backend_request:duration");
        of(
                KeyCatalogue.RETRY,
                "attempts:0..10 on:[=connect_failure,reset_before_response] codes:[400..599] idempotent:flag"
                        + " budget_percent:1..100");
        of(
                KeyCatalogue.PORT,
                "port:1..65535 handlers:[=tls,http,proxy_proto] force_https:flag http_options:HTTP_OPTIONS"
                        + " tls_options:TLS_OPTIONS tcp_options:TCP_OPTIONS proxy_proto_options:PROXY_PROTO_OPTIONS"
                        + " accept_proxy_proto:ACCEPT_PROXY_PROTO start_port:1..65535 end_port:1..65535 collapse:flag"
                        + " udp:UDP");
        of(KeyCatalogue.UDP, "idle_timeout:duration max_sessions:1..1000000 load_balancing_key:[text]");
        of(
                KeyCatalogue.HTTP_OPTIONS,
                "header_timeout:duration idle_timeout:duration max_header_bytes:size max_headers:1..10000"
                    + " max_request_body:size max_concurrent_streams:1..10000 max_requests:1..1000000000"
                    + " client_ip_header:text h2_backend:flag backend_tls:BACKEND_TLS compress:flag response:RESPONSE"
                    + " error_pages:{ERROR_PAGE}");
        of(KeyCatalogue.RESPONSE, "headers:{text|flag}");
        of(KeyCatalogue.ERROR_PAGE, "file!:text content_type:text");
        of(KeyCatalogue.BACKEND_TLS, "server_name!:text trust:TRUST certificate:text private_key:SECRET");
        of(KeyCatalogue.TRUST, "file!:text");
        of(KeyCatalogue.TLS_OPTIONS, "alpn:[=h3,h2,http/1.1] versions:[=TLSv1.2,TLSv1.3] client_auth:CLIENT_AUTH");
        of(KeyCatalogue.CLIENT_AUTH, "mode!:=require,request ca!:TRUST");
        of(KeyCatalogue.TCP_OPTIONS, "connect_timeout:duration idle_timeout:duration max_lifetime:duration");
        of(KeyCatalogue.PROXY_PROTO_OPTIONS, "version:=v1,v2 tlvs:[text] per:=session,datagram");
        of(KeyCatalogue.ACCEPT_PROXY_PROTO, "from!:[text]");
        of(KeyCatalogue.OBSERVABILITY, "access_log:ACCESS_LOG metrics:METRICS explain:EXPLAIN");
        of(KeyCatalogue.ACCESS_LOG, "format:=json to:text sample:SAMPLE");
        of(KeyCatalogue.SAMPLE, "success:share error:share");
        of(KeyCatalogue.METRICS, "listen:text");
        of(KeyCatalogue.EXPLAIN, "keep:0..1000000 keep_errors:0..1000000");
        of(KeyCatalogue.ADMIN, "listen:text");
    }

    private SchemaShapes() {}

    private static void of(KeyCatalogue keys, String shapes) {
        Map<String, String> byKey = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (String each : shapes.split(" ")) {
            int colon = each.indexOf(':');
            boolean must = each.charAt(colon - 1) == '!';
            String key = each.substring(0, must ? colon - 1 : colon);
            byKey.put(key, each.substring(colon + 1));
            if (must) required.add(key);
        }
        SHAPES.put(keys, byKey);
        REQUIRED.put(keys, required);
    }

    /** Null: nobody wrote it down, and everything fits. */
    static @Nullable String shape(KeyCatalogue keys, String key) {
        return SHAPES.getOrDefault(keys, Map.of()).get(key);
    }

    /** Keys that must be there. */
    static List<String> required(KeyCatalogue keys) {
        return REQUIRED.getOrDefault(keys, List.of());
    }
}
