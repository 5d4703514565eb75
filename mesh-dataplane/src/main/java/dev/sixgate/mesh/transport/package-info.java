/**
 * TCP and UDP of the mesh as Netty channels on ordinary event loops. Start at
 * {@link dev.sixgate.mesh.transport.MeshSocketChannel}.
 *
 * <p>Here: Netty's contract for channels (promises, events, options, back-pressure) translated to calls on the cores. Not
 * here: rules of TCP or UDP, timers, sockets. A channel lives on the event loop of its
 * {@link dev.sixgate.mesh.underlay.MeshDriver}, so nothing is handed between threads.
 */
@org.jspecify.annotations.NullMarked
package dev.sixgate.mesh.transport;
