/**
 * A node: owns fdaa:: addresses in user space and hands their TCP connections to local apps. Start at
 * {@link dev.sixgate.edge.node.Node}.
 *
 * <p>Here: which mesh port goes to which app, and the joining of the two connections. Not here: reading of files, HTTP,
 * and any port that was not named: nothing of loopback is reachable by default.
 */
@NullMarked
package dev.sixgate.edge.node;

import org.jspecify.annotations.NullMarked;
