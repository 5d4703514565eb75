/**
 * Counters and timers for Prometheus, by Micrometer. Start at {@link dev.sixgate.edge.metrics.EdgeMetrics}.
 * <p>Every label value comes from the configuration or a closed list, never from a client; so the number of series is
 * bounded by design. Not here: the records that are counted ({@code edge.explain}) and the listener that serves the text
 * ({@code edge.admin}).
 */
@NullMarked
package dev.sixgate.edge.metrics;

import org.jspecify.annotations.NullMarked;
