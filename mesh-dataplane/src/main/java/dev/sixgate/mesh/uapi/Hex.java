package dev.sixgate.mesh.uapi;

import java.util.HexFormat;

/** Keys and numbers as this protocol writes them. */
final class Hex {
    private Hex() {}

    static byte[] bytes(String text) throws UapiException {
        try {
            return HexFormat.of().parseHex(text);
        } catch (IllegalArgumentException e) {
            throw new UapiException(UapiException.EINVAL, "a key is not hexadecimal");
        }
    }

    static String text(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    static long number(String key, String text, long least, long most) throws UapiException {
        if (text.length() <= 18 && !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            long value = Long.parseLong(text);
            if (value >= least && value <= most) return value;
        }
        throw new UapiException(
                UapiException.EINVAL, key + "=" + text + " is not a number between " + least + " and " + most);
    }
}
