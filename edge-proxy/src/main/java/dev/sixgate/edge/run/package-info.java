/**
 * The edge put together: what is started, in which order, and how it changes while running. Start at
 * {@link dev.sixgate.edge.run.Edge}; {@link dev.sixgate.edge.run.LiveReload} keeps one in step with its files.
 * <p>Only this package chooses concrete classes. Not here: the operator's JSON ({@code edge.config}, which makes a
 * {@link dev.sixgate.edge.run.Snapshot}), signals and exit codes ({@code edge.cli}).
 */
@NullMarked
package dev.sixgate.edge.run;

import org.jspecify.annotations.NullMarked;
