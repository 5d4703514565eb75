/**
 * One {@link dev.sixgate.mesh.Mesh} on one event loop with one UDP socket. Start at
 * {@link dev.sixgate.mesh.underlay.MeshDriver}.
 *
 * <p>Here: the socket, the clock, the timer, the threads for X25519, segmentation offload. Not here: protocol rules, which
 * belong to the cores that are driven, and Netty channels for applications, which are in {@code mesh.transport}.
 */
@org.jspecify.annotations.NullMarked
package dev.sixgate.mesh.underlay;
