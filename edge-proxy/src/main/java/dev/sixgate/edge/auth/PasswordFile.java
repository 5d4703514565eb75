package dev.sixgate.edge.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;
import org.jspecify.annotations.Nullable;

/**
 * The lines of an htpasswd file: {@code name:hash}, where the hash is bcrypt ({@code htpasswd -B}) or {@code {SHA}}.
 *
 * @param users name → hash
 * @param weak lines whose hash has no salt: it can be looked up
 * @param faults what is wrong, in the order of the lines
 */
public record PasswordFile(Map<String, String> users, List<Integer> weak, List<Fault> faults) {
    /** One more doubles the time, which is half a second at 13. */
    public static final int MAX_COST = 13;

    /** Of names, as {@code htpasswd} has it. */
    private static final int MAX_NAME = 255;

    private static final Pattern BCRYPT = Pattern.compile("\\$2[aby]\\$([0-9]{2})\\$[./A-Za-z0-9]{53}");
    private static final String SHA = "{SHA}";

    /** @param line from 1 */
    public record Fault(int line, String what) {}

    public static PasswordFile parse(byte[] file) {
        Map<String, String> users = new LinkedHashMap<>();
        List<Integer> weak = new ArrayList<>();
        List<Fault> faults = new ArrayList<>();
        int number = 0;
        for (String text : new String(file, StandardCharsets.UTF_8).split("\n", -1)) {
            number++;
            String line = text.strip();
            if (line.isEmpty() || line.startsWith("#")) continue;
            int colon = line.indexOf(':');
            String name = colon < 0 ? "" : line.substring(0, colon);
            String hash = line.substring(colon + 1);
            String fault = colon < 1 ? "the line is not \"name:hash\"" : fault(name, hash);
            if (fault == null && users.putIfAbsent(name, hash) != null) fault = "its name stands in an earlier line";
            if (fault != null) faults.add(new Fault(number, fault));
            else if (hash.startsWith(SHA)) weak.add(number);
        }
        return new PasswordFile(users, weak, faults);
    }

    private static @Nullable String fault(String name, String hash) {
        if (name.length() > MAX_NAME) return "its name has more than " + MAX_NAME + " characters";
        for (int i = 0; i < name.length(); i++)
            if (name.charAt(i) < ' ' || name.charAt(i) > '~') return "its name is not ASCII";
        if (hash.startsWith(SHA)) return digest(hash).length == 20 ? null : "its {SHA} is not 20 bytes of base64";
        var bcrypt = BCRYPT.matcher(hash);
        if (!bcrypt.matches()) return "its hash is neither bcrypt nor {SHA}";
        int cost = Integer.parseInt(bcrypt.group(1));
        if (cost < 4) return "its bcrypt cost " + cost + " is below 4";
        return cost <= MAX_COST
                ? null
                : "its bcrypt cost " + cost + " is above " + MAX_COST + ": seconds for each request";
    }

    private static byte[] digest(String hash) {
        try {
            return Base64.getDecoder().decode(hash.substring(SHA.length()));
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    /** Takes as long as the hash wants it to. @param hash from a file that was parsed without fault */
    static boolean matches(String hash, String password) {
        if (!hash.startsWith(SHA)) return OpenBSDBCrypt.checkPassword(hash, password.toCharArray());
        try {
            byte[] found = MessageDigest.getInstance("SHA-1").digest(password.getBytes(StandardCharsets.UTF_8));
            return MessageDigest.isEqual(digest(hash), found);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
