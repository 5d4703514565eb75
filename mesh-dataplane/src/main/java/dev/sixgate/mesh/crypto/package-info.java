/**
 * The primitives WireGuard is made of (whitepaper §5.4): Curve25519, BLAKE2s, and the ChaCha20-Poly1305 family. Start at
 * {@link dev.sixgate.mesh.crypto.AeadEngines} for the data path and at {@link dev.sixgate.mesh.crypto.Blake2s} for the
 * handshake.
 *
 * <p>Here: pure functions on bytes, and the AEAD engines between which {@code AeadEngines} chooses at start. Not here: what
 * is sealed and why, nonces' bookkeeping, messages. A new engine must pass the same differential test as the others.
 */
@NullMarked
package dev.sixgate.mesh.crypto;

import org.jspecify.annotations.NullMarked;
