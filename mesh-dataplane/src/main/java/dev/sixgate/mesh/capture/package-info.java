/**
 * Inner packets of a running mesh as pcapng. Start at {@link dev.sixgate.mesh.capture.Captures}.
 *
 * <p>Here: the tap, its bounded queue, the blocks of the file. Not here: files and sockets, which belong to whoever polls a
 * {@link dev.sixgate.mesh.capture.Capture}.
 */
@org.jspecify.annotations.NullMarked
package dev.sixgate.mesh.capture;
