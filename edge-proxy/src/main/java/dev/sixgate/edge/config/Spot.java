package dev.sixgate.edge.config;

/**
 * Where something stands in an operator's file.
 *
 * @param file as the operator wrote it
 * @param line from 1
 * @param column from 1, in UTF-16 units
 * @param pointer RFC 6901; empty: the whole document
 */
record Spot(String file, int line, int column, String pointer) {
    String position() {
        return line + ":" + column;
    }

    /** {@code 31:11}, or {@code mesh.conf:4:1} when {@code other} is in another file. */
    String positionSeenFrom(Spot other) {
        return file.equals(other.file) ? position() : file + ":" + position();
    }
}
