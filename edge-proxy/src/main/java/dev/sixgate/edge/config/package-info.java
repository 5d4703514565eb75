/**
 * The operator's JSON: read, checked and compiled into a {@link dev.sixgate.edge.run.Snapshot}. Start at
 * {@link dev.sixgate.edge.config.ConfigReader}; which keys exist is in {@link dev.sixgate.edge.config.KeyCatalogue}.
 * <p>Here: JSON with positions, units, wg-quick files, and every sentence that {@code check} can say. Not here: watching files,
 * sockets, and running what was read.
 */
@NullMarked
package dev.sixgate.edge.config;

import org.jspecify.annotations.NullMarked;
