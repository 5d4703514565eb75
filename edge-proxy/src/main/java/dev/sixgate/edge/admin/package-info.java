/**
 * What operators ask a running edge: HTTP/1.1 with JSON over a Unix domain socket that only its owner may open, and the
 * metrics listener. Start at {@link dev.sixgate.edge.admin.AdminApi}; the command line uses
 * {@link dev.sixgate.edge.admin.AdminClient}.
 * <p>Here: paths, their answers as records, the socket's file. Not here: the edge that answers, which is an
 * {@link dev.sixgate.edge.admin.EdgeView} to this package.
 */
@NullMarked
package dev.sixgate.edge.admin;

import org.jspecify.annotations.NullMarked;
