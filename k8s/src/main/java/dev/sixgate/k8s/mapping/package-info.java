/**
 * Objects to documents, one class a kind. Start at {@link Translator}.
 * <p>Here: what each field amounts to in the operator's JSON, and what is refused, with its condition. Pure functions of the
 * objects: no I/O, no clock, nothing remembered.
 */
@NullMarked
package dev.sixgate.k8s.mapping;

import org.jspecify.annotations.NullMarked;
