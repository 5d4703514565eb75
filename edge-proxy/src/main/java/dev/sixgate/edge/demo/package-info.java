/**
 * {@code sixgate demo}: an edge, nodes in three regions and their apps in one process on loopback, from the same JSON, edge and
 * nodes that an operator runs. Start at {@link dev.sixgate.edge.demo.Demo}.
 */
@NullMarked
package dev.sixgate.edge.demo;

import org.jspecify.annotations.NullMarked;
