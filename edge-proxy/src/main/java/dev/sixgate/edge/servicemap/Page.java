package dev.sixgate.edge.servicemap;

import java.util.Arrays;

/**
 * A body that the edge answers with, read when the configuration was.
 *
 * @param contentType of {@code body}; empty where there is none
 * @param body not to be changed
 */
public record Page(String contentType, byte[] body) {
    public static final Page EMPTY = new Page("", new byte[0]);

    @Override
    public boolean equals(Object other) {
        return other instanceof Page page && contentType.equals(page.contentType) && Arrays.equals(body, page.body);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(body);
    }

    @Override
    public String toString() {
        return "Page[" + contentType + ", " + body.length + " bytes]";
    }
}
