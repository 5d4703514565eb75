package dev.sixgate.mesh.tcp;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;

/** Why connections end. The exceptions carry no stack trace: these are events of the network, not of a place in code. */
enum Failure {
    REFUSED,
    RESET,
    UNREACHABLE,
    PROHIBITED,
    CONNECT_TIMEOUT,
    TIMEOUT;

    IOException exception() {
        return withoutTrace(
                switch (this) {
                    case REFUSED -> new ConnectException("Connection refused");
                    case RESET -> new IOException("Connection reset by peer");
                    case UNREACHABLE -> new NoRouteToHostException("No route to host");
                    case PROHIBITED -> new NoRouteToHostException("Communication administratively prohibited");
                    case CONNECT_TIMEOUT -> new SocketTimeoutException("Connect timed out");
                    case TIMEOUT -> new SocketTimeoutException("The remote stopped answering");
                });
    }

    private static IOException withoutTrace(IOException exception) {
        exception.setStackTrace(new StackTraceElement[0]);
        return exception;
    }
}
