package dev.sixgate.edge.config;

import dev.sixgate.edge.config.JsonNode.JsonText;
import dev.sixgate.edge.servicemap.AddressRange;
import java.util.ArrayList;
import java.util.List;

/** Ranges of addresses whose word is believed. */
final class RangeReader {
    private final Problems problems;

    RangeReader(Problems problems) {
        this.problems = problems;
    }

    /**
     * @param what the ranges are of, in messages
     * @param everyone the problem of a range that holds every address
     */
    List<AddressRange> ranges(Fields fields, String key, String what, Code everyone) {
        List<AddressRange> ranges = new ArrayList<>();
        for (JsonText item : fields.texts(key)) {
            try {
                AddressRange range = AddressRange.parse(item.text());
                if (range.length() == 0)
                    problems.error(
                            everyone,
                            item.spot(),
                            what + " " + Quoted.bare(item.text()) + " lets any client forge its address",
                            "list the ranges of the proxies in front of this edge");
                else if (ranges.contains(range))
                    problems.error(Code.JSON_011, item.spot(), Quoted.of(item.text()) + " appears twice", "remove one");
                else ranges.add(range);
            } catch (IllegalArgumentException e) {
                problems.error(
                        Code.JSON_010,
                        item.spot(),
                        Quoted.of(key) + ": " + Quoted.of(item.text()) + " is no range of addresses: " + e.getMessage(),
                        "such as \"198.51.100.0/24\" or \"2001:db8:77::/48\"");
            }
        }
        return ranges;
    }
}
