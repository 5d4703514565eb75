/**
 * Tells routers what this edge can serve: the embedded BGP speaker or BIRD as an {@link dev.sixgate.edge.anycast.Announcer}, and other sites
 * over the mesh. One thread of its own.
 */
@NullMarked
package dev.sixgate.edge.anycast;

import org.jspecify.annotations.NullMarked;
