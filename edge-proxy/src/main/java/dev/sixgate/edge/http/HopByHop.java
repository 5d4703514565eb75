package dev.sixgate.edge.http;

/** What ends at this hop (RFC 9110 §7.6.1), and what a client or a backend may not say in our name. */
public final class HopByHop {
    private static final int MAX_CONNECTION_OPTIONS = 32;

    private HopByHop() {}

    /**
     * Drops from a request what is not for the backend: hop-by-hop fields, those named in Connection, framing and Host
     * (written anew), and every claim about where the request came from.
     *
     * @throws BadMessageException when Connection names more fields than anyone needs
     */
    public static void stripRequest(Fields fields, boolean keepExpect) throws BadMessageException {
        dropNamedInConnection(fields);
        for (int i = 0; i < fields.size(); i++) {
            FieldName name = fields.name(i);
            if (name == null) continue;
            switch (name) {
                case CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, PROXY, HTTP2_SETTINGS, UPGRADE, TE -> fields.drop(i);
                case TRANSFER_ENCODING, CONTENT_LENGTH, HOST -> fields.drop(i);
                case FORWARDED, X_FORWARDED, X_REAL_IP, X_REQUEST_ID, SIXGATE -> fields.drop(i);
                case EXPECT -> {
                    if (!keepExpect) fields.drop(i);
                }
                default -> {}
            }
        }
    }

    /**
     * Counts this hop (RFC 9110 §7.6.2), which clients ask for with OPTIONS; TRACE, the other, is not passed on at all.
     *
     * @return false when the request ends here
     */
    public static boolean goesFurther(RequestHead request) throws BadMessageException {
        Fields fields = request.fields();
        int i = fields.indexOf(FieldName.MAX_FORWARDS, 0);
        if (i < 0 || !request.method().equals("OPTIONS")) return true;
        String value = fields.value(i);
        if (value.isEmpty() || value.length() > 9 || !value.chars().allMatch(Ascii::isDigit))
            throw BadMessageException.malformed("Max-Forwards is not a number of 1 to 9 digits");
        int left = Integer.parseInt(value);
        if (left == 0) return false;
        fields.drop(FieldName.MAX_FORWARDS);
        fields.add("max-forwards", Integer.toString(left - 1));
        return true;
    }

    /** Drops what a client may not say in our name besides: the field that carries its address, {@code _} for {@code -} too. */
    public static void stripClientAddress(Fields fields, String header) {
        fields.dropNamed(header);
        fields.dropNamed(header.replace('-', '_'));
    }

    /** Drops every field that some backend might read as {@code name}: many take {@code _} for {@code -}. */
    public static void stripIdentity(Fields fields, String name) {
        String folded = name.replace('_', '-');
        for (int i = 0; i < fields.size(); i++)
            if (!fields.isDropped(i) && fields.nameText(i).replace('_', '-').equalsIgnoreCase(folded)) fields.drop(i);
    }

    /** Drops from a response what is not for the client: hop-by-hop fields, framing, and words that are ours to say. */
    public static void stripResponse(Fields fields) throws BadMessageException {
        dropNamedInConnection(fields);
        for (int i = 0; i < fields.size(); i++) {
            FieldName name = fields.name(i);
            if (name == null) continue;
            switch (name) {
                case CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, HTTP2_SETTINGS, UPGRADE, TE -> fields.drop(i);
                case TRANSFER_ENCODING, CONTENT_LENGTH, SIXGATE -> fields.drop(i);
                default -> {}
            }
        }
    }

    /** Drops from trailers what may only stand in a head (RFC 9110 §6.5.1): framing, routing, identity, content form. */
    public static void stripTrailers(Fields fields) {
        for (int i = 0; i < fields.size(); i++) {
            FieldName name = fields.name(i);
            if (name != null && name != FieldName.DATE) fields.drop(i);
        }
    }

    private static void dropNamedInConnection(Fields fields) throws BadMessageException {
        int options = 0;
        for (int i = fields.indexOf(FieldName.CONNECTION, 0); i >= 0; i = fields.indexOf(FieldName.CONNECTION, i + 1)) {
            String value = fields.value(i);
            if (value.equalsIgnoreCase("keep-alive") || value.equalsIgnoreCase("close")) continue;
            for (String option : value.split(",", -1)) {
                if (++options > MAX_CONNECTION_OPTIONS)
                    throw BadMessageException.malformed(
                            "Connection names more than " + MAX_CONNECTION_OPTIONS + " options");
                String name = option.strip();
                // Connection itself is dropped later: it is still being read here.
                if (!name.isEmpty() && !name.equalsIgnoreCase("connection")) fields.dropNamed(name);
            }
        }
    }
}
