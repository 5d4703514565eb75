package dev.sixgate.edge.upstream;

/**
 * Told as a user event to a connection whose peer does not answer.
 *
 * @param still false: it has just been found out, so idle connections go and nothing new is sent; true: it stayed so for
 *     {@link MeshConnector#PATIENCE}, so that a request without a byte of its answer is given up
 */
record PeerAway(String peer, boolean still) {}
