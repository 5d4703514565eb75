package dev.sixgate.edge.config;

import org.jspecify.annotations.Nullable;

/**
 * Something wrong in an operator's file. Never holds a secret.
 *
 * @param file as the operator wrote it, relative paths included
 * @param line from 1
 * @param column from 1, in UTF-16 units
 * @param pointer RFC 6901; empty: the whole document
 * @param message what is wrong, with both values where two disagree
 * @param help what to type instead, or null when the message says it
 */
public record Problem(
        Code code,
        Severity severity,
        String file,
        int line,
        int column,
        String pointer,
        String message,
        @Nullable String help) {

    public enum Severity {
        /** The file cannot be used. */
        ERROR,
        /** It can, and probably does something else than was meant. */
        WARNING
    }

    public boolean isError() {
        return severity == Severity.ERROR;
    }
}
