/**
 * YAML and JSON manifests to objects. Start at {@link ManifestReader}.
 * <p>Here: bounds, positions of syntax errors, kinds that are known. Not here: what objects amount to ({@code mapping}).
 */
@NullMarked
package dev.sixgate.k8s.manifest;

import org.jspecify.annotations.NullMarked;
