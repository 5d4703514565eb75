/**
 * The cross-platform configuration protocol of WireGuard (wireguard.com/xplatform), which {@code wg} speaks over a Unix domain
 * socket. Start at {@link dev.sixgate.mesh.uapi.UapiConversation}; {@link dev.sixgate.mesh.uapi.UapiHandler} is its rim.
 */
@NullMarked
package dev.sixgate.mesh.uapi;

import org.jspecify.annotations.NullMarked;
