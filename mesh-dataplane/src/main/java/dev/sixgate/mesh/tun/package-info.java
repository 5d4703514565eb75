/**
 * An optional way for kernel sockets into the mesh: a TUN device (Linux, CAP_NET_ADMIN) whose addresses belong to the
 * host. Start at {@link dev.sixgate.mesh.tun.TunDriver}.
 *
 * <p>Here: the device, its addresses and routes, and the reading and writing of packets on the loop of a
 * {@link dev.sixgate.mesh.underlay.MeshDriver}. Not here: which packet may pass, which {@link dev.sixgate.mesh.Mesh}
 * decides; and no use of it by the data path of an edge, which needs no device.
 */
@org.jspecify.annotations.NullMarked
package dev.sixgate.mesh.tun;
