/**
 * The mutational driver of the {@code *FuzzTest} classes, which live beside what they attack. Start at {@link Fuzz}; corpora are
 * in {@code src/test/fuzz}, and {@code fuzz/run} at the root of the tree runs every target for as long as one likes.
 */
@NullMarked
package dev.sixgate.mesh.fuzz;

import org.jspecify.annotations.NullMarked;
