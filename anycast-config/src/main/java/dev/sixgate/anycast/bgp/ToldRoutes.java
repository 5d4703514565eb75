package dev.sixgate.anycast.bgp;

import dev.sixgate.anycast.AnycastPlan.Family;
import dev.sixgate.anycast.Prefix;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the router knows of us, and what it is to know. The difference becomes messages only when the socket takes them: changes and requests
 * to repeat while it does not cost nothing.
 */
final class ToldRoutes {
    private final SessionSettings settings;
    private final Map<Family, Set<Prefix>> known = new EnumMap<>(Family.class);
    /** Families whose announcement is to be told, changed or not. */
    private final Set<Family> due = EnumSet.noneOf(Family.class);
    /** Families whose first announcement has no end yet. */
    private final Set<Family> unended = EnumSet.noneOf(Family.class);

    private Set<Family> families = Set.of();
    private boolean fourOctetAs;
    private Announcement wanted = Announcement.NOTHING;

    ToldRoutes(SessionSettings settings) {
        this.settings = settings;
    }

    void want(Announcement announcement) {
        if (announcement.equals(wanted)) return;
        wanted = announcement;
        due.addAll(families);
    }

    /**
     * A session has begun, and the router knows nothing.
     *
     * @return the families it takes, of ours
     */
    Set<Family> begin(BgpMessage.Open remote) {
        Set<Family> shared = EnumSet.copyOf(settings.families());
        shared.retainAll(remote.families());
        families = Collections.unmodifiableSet(shared);
        fourOctetAs = remote.fourOctetAs();
        known.clear();
        due.clear();
        due.addAll(families);
        unended.clear();
        unended.addAll(families);
        return families;
    }

    /** RFC 2918 §4; a family that was not agreed on is passed over. */
    void repeat(Family family) {
        if (families.contains(family)) due.add(family);
    }

    /** @return what brings the router's knowledge one step nearer, the caller's; null: it knows all */
    @Nullable
    ByteBuffer pollUpdate() {
        for (Family family : families) {
            ByteBuffer update = pollUpdate(family);
            if (update != null) return update;
        }
        return null;
    }

    private @Nullable ByteBuffer pollUpdate(Family family) {
        if (!due.contains(family)) return unended.remove(family) ? MessageWriter.withdraw(family, List.of()) : null;
        List<Prefix> prefixes = wanted.prefixes().stream()
                .filter(prefix -> Family.of(prefix.address()) == family)
                .toList();
        Set<Prefix> before = known.getOrDefault(family, Set.of());
        if (!prefixes.containsAll(before)) {
            Set<Prefix> gone = new LinkedHashSet<>(before);
            prefixes.forEach(gone::remove);
            Set<Prefix> left = new LinkedHashSet<>(before);
            left.removeAll(gone);
            known.put(family, left);
            return MessageWriter.withdraw(family, gone);
        }
        due.remove(family);
        known.put(family, new LinkedHashSet<>(prefixes));
        return prefixes.isEmpty()
                ? pollUpdate(family)
                : MessageWriter.announce(family, prefixes, wanted, settings, fourOctetAs);
    }
}
