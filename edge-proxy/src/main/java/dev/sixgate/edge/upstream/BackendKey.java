package dev.sixgate.edge.upstream;

import dev.sixgate.edge.servicemap.BackendProtocol;
import java.net.InetAddress;

/** What two connections must have in common for one to stand in for the other, besides their event loop. */
record BackendKey(InetAddress address, int port, boolean insecureDirect, BackendProtocol protocol) {}
