package dev.sixgate.anycast.bgp;

import dev.sixgate.anycast.AnycastPlan.Family;
import java.util.Set;

/** What the driver of a {@link BgpSession} does, and what an operator is told. */
public sealed interface BgpEvent {
    /** Open a TCP connection to the router, and say {@link BgpSession#onConnected} or {@link BgpSession#onClosed}. */
    record Connect() implements BgpEvent {}

    /** @param families that the router takes, of ours */
    record Established(Set<Family> families) implements BgpEvent {
        public Established {
            families = Set.copyOf(families);
        }
    }

    /** Close the TCP connection behind the last of {@link BgpSession#pollBytes}; nothing is to be told back. */
    record Close(String why) implements BgpEvent {}
}
