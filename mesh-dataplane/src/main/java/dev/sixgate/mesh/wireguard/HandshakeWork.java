package dev.sixgate.mesh.wireguard;

/**
 * Curve25519 arithmetic of one handshake message, taken off the event loop. Run {@link #run} once on any thread, then
 * give the object back with {@link WireGuard#onWorkDone} on the loop. A simulation runs it in place.
 */
public sealed interface HandshakeWork extends Runnable
        permits InitiationCreation, InitiationReading, ResponseCreation, ResponseReading {}
