/**
 * The command line. Start at {@link dev.sixgate.edge.cli.Main}. Exit codes: 0 done, 1 the work failed, 2 the command line was
 * wrong, 3 the configuration is wrong.
 * <p>Here: words, options, what is printed. Not here: anything that a running edge does.
 */
@NullMarked
package dev.sixgate.edge.cli;

import org.jspecify.annotations.NullMarked;
