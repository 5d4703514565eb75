package dev.sixgate.edge.config;

import java.util.List;

/**
 * Every key of the operator's language by the object it stands in: those that are built, and those that are documented but
 * not built yet and therefore refused by name. A new key starts here.
 */
enum KeyCatalogue {
    TOP(
            "$schema version edge networks mesh certificates apps app http_service backends observability admin"
                    + " regions defaults sources dns anycast kubernetes policies",
            ""),
    DNS("listen zones forward", ""),
    ANYCAST(
            "announce local_as router_id neighbors withdraw_when prepend_when drain_wait backend sites return_after",
            "lease"),
    ANYCAST_BACKEND("type control file", ""),
    SITE("name address", ""),
    NEIGHBOR(
            "address local_address remote_as password bfd med communities prepend max_prefix multiprotocol port"
                    + " hold_time",
            ""),
    BFD("interval multiplier", ""),
    WITHDRAW_WHEN("healthy_apps_below for alone", ""),
    PREPEND_WHEN("soft_limit_reached times", ""),
    /** What a document of a source may hold; all else is the first file's. */
    DOCUMENT("$schema version apps app http_service backends certificates policies", ""),
    SOURCE("directory", "etcd"),
    KUBERNETES(
            "gateway_class ingress_class controller_name namespaces kubeconfig ip_family_policy fly_annotations"
                    + " network_policy",
            "cluster_domain cluster_ips certificates"),
    KUBERNETES_NAMESPACES("label_selector", ""),
    EDGE("name region addresses drain state trusted_proxies max_connections_per_client", "memory_budget"),
    DRAIN("timeout spread", ""),
    NETWORK("prefix", "services"),
    MESH("private_key address listen_port mtu identities uapi peers wg_quick", "fallback"),
    PEER("name region public_key endpoint allowed_ips preshared_key persistent_keepalive role", ""),
    SECRET("file env", "secret"),
    CERTIFICATES("files acme", ""),
    CERTIFICATE_FILE("hostnames certificate private_key passphrase", ""),
    ACME("email accept_terms directory second_directory profile challenges trust external_account dns_hook store", ""),
    EXTERNAL_ACCOUNT("key_id hmac_key", ""),
    APP("network backends services private_address", "primary_region"),
    BACKEND("name kind address region insecure_direct weight labels", ""),
    SERVICE(
            "name hostnames internal_port ports protocol http_options tls_options tcp_options routes concurrency"
                    + " when_all_unhealthy load_balancing session_persistence rate_limits checks udp client_ip"
                    + " timeouts retry outlier_detection",
            ""),
    HTTP_SERVICE(
            "hostnames internal_port force_https http_options tls_options tcp_options routes concurrency"
                    + " when_all_unhealthy load_balancing session_persistence rate_limits checks client_ip"
                    + " timeouts retry outlier_detection",
            ""),
    CHECK("type method path headers interval timeout grace_period healthy_threshold unhealthy_threshold", ""),
    REGION("groups fallback", ""),
    DEFAULTS("load_balancing timeouts retry", ""),
    LOAD_BALANCING("policy locality spill_at key slow_start", ""),
    CONCURRENCY("type soft_limit hard_limit queue", ""),
    QUEUE("max timeout", ""),
    OUTLIER_DETECTION("consecutive_5xx base_ejection_time max_ejection_percent", ""),
    SESSION("type name absolute_timeout", ""),
    RATE_LIMIT("name key match limit burst scope", ""),
    RATE_MATCH("path", ""),
    ROUTE("name matches filters backend_refs timeouts retry region session_persistence", ""),
    ROUTE_REGION("prefer", ""),
    ROUTE_MATCH("path method headers query_params", ""),
    ROUTE_PATH("type value", ""),
    FIELD_MATCH("name type value", ""),
    ROUTE_FILTER(
            "type hostname path scheme port status_code set add remove status body content_type allow_origins"
                + " allow_credentials allow_methods allow_headers expose_headers max_age backend_ref percent fraction"
                + " realm users user_header copy_headers timeout keys algorithms issuer audiences leeway"
                + " claim_headers",
            ""),
    USERS("file", ""),
    JWT_KEYS("file secret backend_ref path refresh", ""),
    BACKEND_REF("app service weight", ""),
    FILTER_REF("app service", ""),
    FRACTION("numerator denominator", ""),
    TIMEOUTS("request backend_request", ""),
    RETRY("attempts on codes idempotent budget_percent", ""),
    PORT(
            "port handlers force_https http_options tls_options tcp_options proxy_proto_options accept_proxy_proto"
                    + " start_port end_port collapse udp",
            ""),
    UDP("idle_timeout max_sessions load_balancing_key", ""),
    HTTP_OPTIONS(
            "header_timeout idle_timeout max_header_bytes max_headers max_request_body max_concurrent_streams"
                    + " max_requests client_ip_header h2_backend backend_tls compress response error_pages",
            "body_min_rate"),
    RESPONSE("headers", ""),
    ERROR_PAGE("file content_type", ""),
    BACKEND_TLS("server_name trust certificate private_key", ""),
    TRUST("file", ""),
    TLS_OPTIONS("alpn versions client_auth", "early_data"),
    CLIENT_AUTH("mode ca", ""),
    TCP_OPTIONS("connect_timeout idle_timeout max_lifetime", ""),
    PROXY_PROTO_OPTIONS("version tlvs per", ""),
    ACCEPT_PROXY_PROTO("from", ""),
    OBSERVABILITY("access_log metrics explain", ""),
    ACCESS_LOG("format to sample", ""),
    SAMPLE("success error", ""),
    METRICS("listen", ""),
    EXPLAIN("keep keep_errors", "header_token"),
    ADMIN("listen", "ui tokens"),
    POLICY("name mode to from allow", ""),
    POLICY_SUBJECT("app labels edge network peer cidr except ports", ""),
    POLICY_ALLOW("app labels edge network peer cidr except ports", "methods"),
    POLICY_PORT("port start_port end_port protocol", ""),
    NODE_FILE("$schema version mesh node policies", ""),
    NODE("ports", ""),
    NODE_PORT("port to", "");

    private final List<String> built;
    private final List<String> notBuiltYet;

    KeyCatalogue(String built, String notBuiltYet) {
        this.built = List.of(built.split(" "));
        this.notBuiltYet = notBuiltYet.isEmpty() ? List.of() : List.of(notBuiltYet.split(" "));
    }

    List<String> built() {
        return built;
    }

    List<String> notBuiltYet() {
        return notBuiltYet;
    }
}
