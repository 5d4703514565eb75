package dev.sixgate.edge.listener;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;

/** What UDP binds one by one: a wildcard socket would answer from another address than the one that was asked. */
final class LocalAddresses {
    private LocalAddresses() {}

    /** @param addresses empty: those of this machine, of both families; link-local ones aside, which mean nothing without a zone */
    static List<InetAddress> orThese(List<InetAddress> addresses) throws ListenException {
        if (!addresses.isEmpty()) return addresses;
        try {
            List<InetAddress> found = new ArrayList<>();
            for (NetworkInterface each : NetworkInterface.networkInterfaces().toList())
                if (each.isUp())
                    each.inetAddresses()
                            .filter(address -> !address.isLinkLocalAddress())
                            .forEach(found::add);
            return found;
        } catch (SocketException e) {
            throw new ListenException("the addresses of this machine cannot be listed: " + e.getMessage());
        }
    }
}
