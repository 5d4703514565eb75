/**
 * Kubernetes as a source of configuration. Start at {@link dev.sixgate.k8s.mapping.Translator}.
 * <p>Here: the objects of a cluster as one value, the documents in the operator's JSON that they amount to, and what is said
 * about each object. Not here: sockets, threads and clocks ({@code watch}), YAML ({@code manifest}), and any class of the edge:
 * the operator's JSON is the contract.
 */
@NullMarked
package dev.sixgate.k8s;

import org.jspecify.annotations.NullMarked;
