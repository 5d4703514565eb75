/**
 * A cluster that is followed. Start at {@link KubernetesWatch}.
 * <p>Here: lists and watches of the API server, what is remembered of it ({@link ObjectMirror}), what changed for the edge
 * ({@link Publication}), conditions written back. Not here: what objects amount to ({@code mapping}).
 */
@NullMarked
package dev.sixgate.k8s.watch;

import org.jspecify.annotations.NullMarked;
