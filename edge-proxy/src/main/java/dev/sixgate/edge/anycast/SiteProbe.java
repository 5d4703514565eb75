package dev.sixgate.edge.anycast;

import dev.sixgate.anycast.site.SiteHealth;
import java.util.concurrent.CompletionStage;

/** Asks this edge how it is. */
public interface SiteProbe {
    /** The stage ends once every event loop has turned; of a loop that is stuck it never ends. Any thread. */
    CompletionStage<?> beat();

    /** Does not block. Any thread. */
    SiteHealth health();
}
