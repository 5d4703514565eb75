package dev.sixgate.mesh.underlay;

/**
 * Figures of one UDP socket since it was bound.
 *
 * @param socket how the socket is driven, {@code epoll} or {@code nio}
 * @param gso trains leave as one system call (UDP_SEGMENT)
 * @param gro trains arrive as one system call (UDP_GRO)
 * @param selfTest what the self-test of both said, such as {@code passed}; {@code gso} may be off since, where the kernel
 *     refused a train
 * @param receiveBufferBytes what the kernel granted of SO_RCVBUF
 * @param sendBufferBytes what the kernel granted of SO_SNDBUF
 * @param sendFailures datagrams or trains the kernel refused (no route, port unreachable, …); they count as lost
 * @param failedDatagrams datagrams on which our own code failed: each is a bug worth a report
 */
public record UnderlayStatistics(
        String socket,
        boolean gso,
        boolean gro,
        String selfTest,
        int receiveBufferBytes,
        int sendBufferBytes,
        long receiveBatches,
        long receivedDatagrams,
        long receivedBytes,
        long sentTrains,
        long sentDatagrams,
        long sentBytes,
        long sendFailures,
        long failedDatagrams) {}
