/** Keys and chains in PEM files. Start at {@link dev.sixgate.certs.pem.PemFiles}. Not here: what a name or a date means. */
@NullMarked
package dev.sixgate.certs.pem;

import org.jspecify.annotations.NullMarked;
