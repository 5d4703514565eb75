package dev.sixgate.edge.run;

import dev.sixgate.edge.listener.PrivateListeners;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.transport.MeshDatagramChannel;
import dev.sixgate.mesh.transport.MeshServerSocketChannel;
import dev.sixgate.mesh.underlay.MeshDriver;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.ServerChannel;
import java.net.Inet6Address;
import java.util.List;
import java.util.Set;

/** Private listeners on one identity. */
record MeshGate(MeshDriver driver) implements PrivateListeners.Gate {
    @Override
    public EventLoop loop() {
        return driver.eventLoop();
    }

    @Override
    public ServerChannel connections() {
        return new MeshServerSocketChannel(driver);
    }

    @Override
    public Channel datagrams() {
        return new MeshDatagramChannel(driver);
    }

    @Override
    public void own(Set<Inet6Address> addresses) {
        List<Ipv6Address> all = addresses.stream().map(Ipv6Address::of).toList();
        Runnable task = () -> driver.mesh().alsoLocal(all);
        if (driver.eventLoop().inEventLoop()) task.run();
        else driver.eventLoop().submit(task).awaitUninterruptibly();
    }
}
