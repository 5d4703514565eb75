/**
 * Load from outside: a Gatling scenario against a running edge, our own summary, and gates that decide the exit code.
 * Start at {@link dev.sixgate.load.LoadCommand}.
 *
 * <p>Here: options, the scenario, what is measured, how it is judged. Not here: any class of the edge; all that is known
 * of it is a URL. Gatling's reports and charts are neither run nor shipped.
 */
@NullMarked
package dev.sixgate.load;

import org.jspecify.annotations.NullMarked;
