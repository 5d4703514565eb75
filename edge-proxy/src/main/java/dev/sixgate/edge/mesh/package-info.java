/**
 * A running mesh as operators ask it, the same for an edge and a node. Start at {@link dev.sixgate.edge.mesh.RunningMesh}.
 * <p>Here: what its admin paths answer with. Not here: the paths themselves and their JSON, which are {@code edge.admin}'s, and
 * anything that carries traffic.
 */
@NullMarked
package dev.sixgate.edge.mesh;

import org.jspecify.annotations.NullMarked;
