/** When a site tells routers what: its health, an operator's drain, other sites, and time become a {@link dev.sixgate.anycast.SiteState}. No I/O. */
@NullMarked
package dev.sixgate.anycast.site;

import org.jspecify.annotations.NullMarked;
