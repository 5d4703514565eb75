/**
 * The compiled apps and how a port and a host name find one. Start at {@link dev.sixgate.edge.servicemap.ServiceMap}.
 * <p>Here: apps, services, backends and their options as immutable records, the host index, the Caffeine cache in front of
 * it. Not here: why a rule lost ({@code edge.router}), which backend is taken ({@code edge.balancer}), the operator's JSON.
 */
@NullMarked
package dev.sixgate.edge.servicemap;

import org.jspecify.annotations.NullMarked;
