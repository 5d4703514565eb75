/**
 * What a route changes on the way (fields, host and path) and what it answers itself. Pure. Start at {@link dev.sixgate.edge.filter.RouteFilters}.
 * <p>Not here: which route it is ({@code edge.router}), and the fields of an intermediary ({@code edge.http}).
 */
@NullMarked
package dev.sixgate.edge.filter;

import org.jspecify.annotations.NullMarked;
