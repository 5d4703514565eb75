package dev.sixgate.mesh.transport;

/**
 * A TCP connection over the mesh as a Netty channel. Contract:
 * <pre>{@code
 * new Bootstrap().group(driver.eventLoop()).channelFactory(() -> new MeshSocketChannel(driver))
 *     .handler(...).connect(new InetSocketAddress(inet6Address, 8080));
 * }</pre>
 * extends AbstractChannel implements DuplexChannel; {@code peer()} (WireGuardPeer or null), {@code statistics()}
 * (TcpStatistics), and for children of a server with MeshChannelOption.AUTO_ACCEPT false: {@code accept()} and
 * {@code refuse()}; channelActive follows the completed handshake.
 */
public final class MeshSocketChannel {}
