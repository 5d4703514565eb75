package dev.sixgate.edge.listener;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PortOwnerTest {
    @TempDir
    Path proc;

    @BeforeEach
    void tables() throws IOException {
        Files.createDirectory(proc.resolve("net"));
        Files.writeString(proc.resolve("net/tcp"), """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 1001 1 0 100
               1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000    33        0 1002 1 0 100
            """);
        Files.writeString(proc.resolve("net/tcp6"), """
              sl  local_address                         remote_address                        st
               0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 1003 1
            """);
        Files.writeString(proc.resolve("net/udp"), """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000:CA6C 00000000:0000 07 00000000:00000000 00:00000000 00000000     7        0 1004 1 0 100
            """);
    }

    @Test
    void a_process_that_we_may_look_into_is_named() throws IOException {
        process(4242, "nginx", "nginx: master", 1001);
        assertThat(new PortOwner(proc).describe(PortOwner.TCP, 443)).isEqualTo("nginx (pid 4242)");
    }

    @Test
    void another_edge_is_named_as_one_although_it_is_a_java() throws IOException {
        process(4242, "java", "java\0-jar\0/opt/sixgate.jar\0run", 1003);
        assertThat(new PortOwner(proc).describe(PortOwner.TCP, 80)).isEqualTo("sixgate (pid 4242)");
    }

    @Test
    void a_process_of_someone_else_is_known_by_its_user_only() {
        assertThat(new PortOwner(proc).describe(PortOwner.TCP, 443)).isEqualTo("a process of user id 33");
        assertThat(new PortOwner(proc).describe(PortOwner.UDP, 51820)).isEqualTo("a process of user id 7");
    }

    @Test
    void a_connection_from_the_port_is_no_listener_on_it() {
        assertThat(new PortOwner(proc).describe(PortOwner.TCP, 8080)).isEqualTo("another process");
    }

    @Test
    void without_proc_nothing_is_known() {
        assertThat(new PortOwner(proc.resolve("none")).describe(PortOwner.TCP, 443))
                .isEqualTo("another process");
    }

    private void process(int pid, String comm, String commandLine, int inode) throws IOException {
        Path descriptors = Files.createDirectories(proc.resolve(pid + "/fd"));
        Files.writeString(proc.resolve(pid + "/comm"), comm + "\n");
        Files.writeString(proc.resolve(pid + "/cmdline"), commandLine);
        Files.createSymbolicLink(descriptors.resolve("3"), Path.of("pipe:[7]"));
        Files.createSymbolicLink(descriptors.resolve("4"), Path.of("socket:[" + inode + "]"));
    }
}
