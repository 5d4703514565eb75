package dev.sixgate.edge.config;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The word that was probably meant: fewest insertions, deletions, replacements and swaps of neighbours. */
final class NearestWord {
    private static final int MAX_LENGTH = 40;
    private static final int MAX_WORDS = 200;

    private NearestWord() {}

    /** Null when no word is near: at most one change in three letters. Words compare without regard to case. */
    static @Nullable String to(String written, Collection<String> words) {
        if (written.length() > MAX_LENGTH) return null;
        String wanted = written.toLowerCase(Locale.ROOT);
        String best = null;
        int bestDistance = Math.max(1, wanted.length() / 3) + 1;
        int looked = 0;
        for (String word : words) {
            if (looked++ >= MAX_WORDS) break;
            if (word.length() > MAX_LENGTH) continue;
            int distance = distance(wanted, word.toLowerCase(Locale.ROOT));
            if (distance < bestDistance) {
                best = word;
                bestDistance = distance;
            }
        }
        return best;
    }

    /** {@code did you mean "x"?}, or null. */
    static @Nullable String question(String written, Collection<String> words) {
        String word = to(written, words);
        return word == null ? null : "did you mean " + Quoted.of(word) + "?";
    }

    private static int distance(String a, String b) {
        int[][] table = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++)
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    table[i][j] = i + j;
                    continue;
                }
                boolean same = a.charAt(i - 1) == b.charAt(j - 1);
                int least = Math.min(table[i - 1][j], table[i][j - 1]) + 1;
                least = Math.min(least, table[i - 1][j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1))
                    least = Math.min(least, table[i - 2][j - 2] + 1);
                table[i][j] = least;
            }
        return table[a.length()][b.length()];
    }
}
