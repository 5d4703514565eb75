package dev.sixgate.edge.anycast;

import dev.sixgate.anycast.site.SiteHealth;
import java.util.concurrent.CompletionStage;

/** Asks this edge how it is. */
public interface SiteProbe {
    /** The stage ends once every event loop has turned: a loop that is stuck never ends it. Any thread. */
    CompletionStage<SiteHealth> sample();
}
