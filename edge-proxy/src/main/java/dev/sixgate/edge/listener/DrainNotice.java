package dev.sixgate.edge.listener;

import dev.sixgate.edge.http.DrainBegins;
import io.netty.channel.Channel;
import io.netty.util.AttributeKey;

/** Whether a connection was told that the edge drains. On the connection's loop. */
final class DrainNotice {
    private static final AttributeKey<Boolean> GIVEN = AttributeKey.valueOf(DrainNotice.class, "given");

    private DrainNotice() {}

    static void give(Channel connection) {
        connection.attr(GIVEN).set(true);
        connection.pipeline().fireUserEventTriggered(DrainBegins.NOW);
    }

    static boolean isGiven(Channel connection) {
        return connection.hasAttr(GIVEN);
    }
}
