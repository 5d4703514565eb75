/**
 * Whether a client is who it says: passwords and tokens, checked off the event loops with bounds on how many wait. No I/O. Start at
 * {@link dev.sixgate.edge.auth.PasswordChecks} and {@link dev.sixgate.edge.auth.TokenChecks}.
 * <p>Not here: which route asks ({@code edge.router}), and asking another service ({@code edge.upstream}).
 */
@NullMarked
package dev.sixgate.edge.auth;

import org.jspecify.annotations.NullMarked;
