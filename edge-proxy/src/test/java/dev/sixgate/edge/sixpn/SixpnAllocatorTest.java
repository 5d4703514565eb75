package dev.sixgate.edge.sixpn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.edge.sixpn.AddressClaims.Workload;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SixpnAllocatorTest {
    private static final Ipv6Prefix HOST = Ipv6Prefix.parse("fdaa:0:48c8:a7b:228::/80");
    private static final Workload POD = new Workload("pod", "default/kuard-1");

    private final SixpnAllocator allocator = new SixpnAllocator(HOST);

    @ParameterizedTest
    @ValueSource(strings = {"fdaa:0:48c8:a7b:228::/80", "fd12:3456:789a:a7b:228::/80", "2001:db8:7::/80"})
    void each_kind_of_workload_has_an_address_of_its_own_inside_the_host(String range) {
        Ipv6Prefix host = Ipv6Prefix.parse(range);
        SixpnAllocator any = new SixpnAllocator(host);
        Set<Ipv6Address> distinct = new HashSet<>();
        for (String kind : new String[] {"pod", "vm", "function", "micro-vm"}) {
            Ipv6Address address = any.allocate(new Workload(kind, "kuard-1"));
            assertThat(host.contains(address)).isTrue();
            assertThat(new SixpnAddress(address).free()).isEqualTo(2);
            distinct.add(new SixpnAddress(address).machineRange().address());
        }
        assertThat(distinct).hasSize(4);
    }

    @Test
    void the_address_is_the_same_when_asked_again_and_after_a_restart_in_another_order() {
        Ipv6Address first = allocator.allocate(POD);
        assertThat(allocator.allocate(POD)).isEqualTo(first);
        SixpnAllocator restarted = new SixpnAllocator(HOST);
        for (int i = 0; i < 100; i++) restarted.allocate(new Workload("vm", "other-" + i));
        assertThat(restarted.allocate(POD)).isEqualTo(first);
    }

    @Test
    void an_address_that_is_anothers_is_refused_with_its_owner() {
        Ipv6Address address = allocator.allocate(POD);
        assertThat(allocator.register(new Workload("vm", "db"), address)).isEqualTo(POD);
        assertThat(allocator.register(POD, address)).isNull();
        allocator.release(POD);
        assertThat(allocator.register(new Workload("vm", "db"), address)).isNull();
        assertThat(allocator.owner(address)).isEqualTo(new Workload("vm", "db"));
    }

    @Test
    void two_names_that_meet_get_neighbouring_machines() {
        Ipv6Address wanted = new SixpnAllocator(HOST).allocate(POD);
        allocator.register(new Workload("vm", "squatter"), wanted);
        Ipv6Address got = allocator.allocate(POD);
        assertThat(new SixpnAddress(got).machine()).isEqualTo(new SixpnAddress(wanted).machine() + 1);
    }

    @Test
    void a_workload_with_an_address_registers_no_second_one() {
        allocator.allocate(POD);
        assertThat(allocator.register(POD, Ipv6Address.parse("fdaa:0:48c8:a7b:228::9:2")))
                .isEqualTo(POD);
    }

    @Test
    void a_full_host_gives_no_more_until_one_is_released() {
        for (int i = 0; i < SixpnAllocator.MAX_WORKLOADS; i++) allocator.allocate(new Workload("function", "f" + i));
        assertThatThrownBy(() -> allocator.allocate(POD))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no room for more");
        allocator.release(new Workload("function", "f7"));
        assertThat(HOST.contains(allocator.allocate(POD))).isTrue();
    }

    @Test
    void foreign_addresses_and_ranges_that_have_no_machines_are_refused() {
        assertThatThrownBy(() -> allocator.register(POD, Ipv6Address.parse("fdaa:0:48c8:a7b:229::2")))
                .hasMessage("fdaa:0:48c8:a7b:229::2 is not inside fdaa:0:48c8:a7b:228::/80");
        assertThatThrownBy(() -> new SixpnAllocator(Ipv6Prefix.parse("fdaa:0:48c8::/48")))
                .hasMessageContaining("which is a /80");
        assertThatThrownBy(() -> new SixpnAllocator(Ipv6Prefix.parse("fdaa:0:48c8:0:1::/80")))
                .hasMessageContaining("the range of services");
    }
}
