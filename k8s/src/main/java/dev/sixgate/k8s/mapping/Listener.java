package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.ObjectRef;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.AllowedRoutes;
import org.jspecify.annotations.Nullable;

/**
 * One listener of a Gateway that is served.
 *
 * @param hostname empty: any
 * @param allowed null: routes of the Gateway's own namespace
 */
record Listener(
        ObjectRef gateway,
        String name,
        int port,
        Kind kind,
        String hostname,
        @Nullable AllowedRoutes allowed) {
    /** What it speaks, and which routes it takes. */
    enum Kind {
        HTTP("[http]"),
        HTTPS("[tls, http]"),
        TLS_PASSTHROUGH("[]"),
        TLS_TERMINATE("[tls]"),
        TCP("[]"),
        UDP("");

        private final String handlers;

        Kind(String handlers) {
            this.handlers = handlers;
        }

        /** As {@link PortClaims} compares it with what Services open. */
        String speech() {
            return handlers + " ";
        }

        String transport() {
            return this == UDP ? "udp" : "tcp";
        }

        boolean takes(String routeKind) {
            return switch (routeKind) {
                case "HTTPRoute", "GRPCRoute" -> this == HTTP || this == HTTPS;
                case "TLSRoute" -> this == TLS_PASSTHROUGH || this == TLS_TERMINATE;
                case "TCPRoute" -> this == TCP || this == TLS_TERMINATE;
                case "UDPRoute" -> this == UDP;
                default -> false;
            };
        }
    }
}
