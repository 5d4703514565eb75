package dev.sixgate.anycast.site;

import dev.sixgate.anycast.SiteState;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a site tells the others of itself, a line of text in one datagram: {@code sixgate-site 1 SEQUENCE STATE HEALTHY APPS NAME}.
 *
 * @param sequence grows with each report, over restarts too
 */
public record SiteReport(long sequence, SiteState state, int healthyApps, int apps, String site) {
    /** Longest on the wire. */
    public static final int MAX_BYTES = 512;

    private static final Pattern LINE =
            Pattern.compile("sixgate-site 1 ([0-9]{1,18}) (able|limited|draining|withdrawn) ([0-9]{1,9}) ([0-9]{1,9})"
                    + " ([^\\p{Cntrl}]{1,100})");

    /** Whether clients are sent there. */
    public boolean announces() {
        return state == SiteState.ABLE || state == SiteState.LIMITED;
    }

    public byte[] encode() {
        return ("sixgate-site 1 " + sequence + " " + state.name().toLowerCase(Locale.ROOT) + " " + healthyApps + " "
                        + apps + " " + site)
                .getBytes(StandardCharsets.UTF_8);
    }

    /** @return null for what is no report */
    public static @Nullable SiteReport decode(ByteBuffer bytes) {
        if (bytes.remaining() > MAX_BYTES) return null;
        String line;
        try {
            line = StandardCharsets.UTF_8.newDecoder().decode(bytes.duplicate()).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
        Matcher matcher = LINE.matcher(line);
        return matcher.matches()
                ? new SiteReport(
                        Long.parseLong(matcher.group(1)),
                        SiteState.valueOf(matcher.group(2).toUpperCase(Locale.ROOT)),
                        Integer.parseInt(matcher.group(3)),
                        Integer.parseInt(matcher.group(4)),
                        matcher.group(5))
                : null;
    }
}
