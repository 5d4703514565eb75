package dev.sixgate.mesh.underlay;

/**
 * What a transport puts into the {@code attachment} of a {@code TcpConnection}, {@code TcpListener} or {@code UdpSocket} to
 * be told of it by the {@link MeshDriver}, on its event loop.
 */
public interface Attachment {
    /** The core object became ready; for a connection, {@code takeReadiness} says how. */
    void onReady();

    /** The driver closes: end at once. Called on those given to {@link MeshDriver#attach} and not yet detached. */
    void onDriverClose();
}
