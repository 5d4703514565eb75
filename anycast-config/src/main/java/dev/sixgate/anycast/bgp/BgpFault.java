package dev.sixgate.anycast.bgp;

import dev.sixgate.anycast.bgp.BgpMessage.Notification;

/** The router said what it may not; carries what it is answered. */
final class BgpFault extends Exception {
    private static final long serialVersionUID = 1;

    private final transient Notification answer;

    BgpFault(int code, int subcode, byte... data) {
        super("", null, false, false);
        answer = new Notification(code, subcode, data);
    }

    Notification answer() {
        return answer;
    }
}
