/**
 * The development CA. Start at {@link dev.sixgate.certs.ca.DevelopmentCa}. Browsers do not trust it; nothing here is for
 * public names.
 */
@NullMarked
package dev.sixgate.certs.ca;

import org.jspecify.annotations.NullMarked;
