/**
 * Whole meshes on virtual time: nodes, bad links, transfers, and invariants looked at after each event. Start at
 * {@link dev.sixgate.mesh.sim.SimNetwork}.
 * <p>Here: time, chance and the path between nodes; every bit of it follows from one seed. Not here: any rule of a
 * protocol, sockets, threads, the system's clock.
 */
@NullMarked
package dev.sixgate.mesh.sim;

import org.jspecify.annotations.NullMarked;
