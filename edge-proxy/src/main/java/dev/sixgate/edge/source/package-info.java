/** Where documents of configuration come from, and what became of each. Knows nothing of what is in them. */
@NullMarked
package dev.sixgate.edge.source;

import org.jspecify.annotations.NullMarked;
