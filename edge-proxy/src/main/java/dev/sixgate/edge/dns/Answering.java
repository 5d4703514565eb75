package dev.sixgate.edge.dns;

import dev.sixgate.edge.dns.Question.Read;
import dev.sixgate.edge.metrics.DnsMeters;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Who answers a query: ourselves, another server, or nobody. What all sockets of the DNS server share. Any thread. */
final class Answering {
    /** What may be asked besides our own names. */
    enum Trust {
        /** From inside the mesh. */
        MESH,
        /** From anywhere else: other names for this machine alone, or we would be an open resolver. */
        NETWORK
    }

    private final DnsMeters meters;
    private final ClientBuckets buckets =
            new ClientBuckets(ThreadLocalRandom.current().nextInt());
    private volatile Authority authority;
    private volatile boolean forwards;

    Answering(DnsMeters meters) {
        this.meters = meters;
        this.authority = new Authority(java.util.List.of(), 0);
    }

    void replace(Authority next, boolean forwarding) {
        authority = next;
        forwards = forwarding;
    }

    DnsMeters meters() {
        return meters;
    }

    /**
     * @param query not taken; from its reader index
     * @param forwarder of the loop that asks
     * @param answer takes what is to be sent; not called for what is dropped
     */
    void answer(
            ByteBuf query,
            InetAddress client,
            Trust trust,
            boolean tcp,
            Forwarder forwarder,
            long nowNanos,
            Consumer<ByteBuf> answer) {
        Read read = Question.read(query);
        if (read instanceof Read.Bad bad && bad.flaw() == Question.Flaw.NOT_A_QUERY) {
            meters.malformed();
            return;
        }
        boolean near = trust == Trust.MESH || client.isLoopbackAddress();
        if (!near && !tcp && !buckets.take(client, nowNanos)) { // a TCP client has shown where it is
            meters.limited();
            return;
        }
        Authority now = authority;
        boolean recursion = forwards && near;
        Question foreign = recursion ? foreign(now, read) : null;
        if (foreign != null) {
            forwarder.ask(query, foreign, tcp, answer);
            return;
        }
        ByteBuf out = query.alloc().directBuffer(512);
        meters.answered(now.answer(query, read, tcp, recursion, out));
        answer.accept(out);
    }

    private static @Nullable Question foreign(Authority authority, Read read) {
        if (!(read instanceof Read.Good good)) return null;
        Question question = good.question();
        boolean ours = authority.zone(question.name()) != null;
        // Of other classes and of whole zones another server speaks to us, not to our clients.
        boolean passable = question.qclass() == Authority.IN && !Authority.isOfOperators(question.type());
        return ours || !passable || question.edns() && question.ednsVersion() != 0 || !question.recursionDesired()
                ? null
                : question;
    }
}
