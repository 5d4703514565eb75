/** What a site announces by BGP, and how the daemons that speak it are told. Pure: values in, text out. */
@NullMarked
package dev.sixgate.anycast;

import org.jspecify.annotations.NullMarked;
