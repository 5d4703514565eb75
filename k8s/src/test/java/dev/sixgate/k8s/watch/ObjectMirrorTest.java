package dev.sixgate.k8s.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.k8s.Kinds;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ObjectMirrorTest {
    private final ObjectMirror mirror = new ObjectMirror();

    @BeforeEach
    void every_kind_was_listed() {
        assertThat(mirror.hasChanged()).isFalse();
        for (Kinds kind : Kinds.values())
            assertThat(mirror.onListed(kind, List.of())).isTrue();
        assertThat(mirror.hasChanged()).isTrue();
        mirror.take();
    }

    private static Service service(String name, String uid, String version) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name)
                .withUid(uid)
                .withResourceVersion(version)
                .endMetadata()
                .build();
    }

    private static List<HasMetadata> services(int count) {
        return IntStream.range(0, count)
                .<HasMetadata>mapToObj(i -> service("s" + i, "u" + i, "10"))
                .toList();
    }

    private String version() {
        Service found = mirror.take().get(Service.class, "default", "kuard");
        return found == null ? "none" : found.getMetadata().getResourceVersion();
    }

    @Test
    void nothing_is_whole_before_each_kind_was_listed() {
        ObjectMirror fresh = new ObjectMirror();
        fresh.onListed(Kinds.SERVICE, services(1));
        assertThat(fresh.hasChanged()).isFalse();
    }

    @Test
    void an_older_version_changes_nothing() {
        mirror.onPresent(Kinds.SERVICE, service("kuard", "u", "99"));
        mirror.onPresent(Kinds.SERVICE, service("kuard", "u", "100"));
        assertThat(version()).isEqualTo("100");
        mirror.onPresent(Kinds.SERVICE, service("kuard", "u", "99"));
        mirror.onPresent(Kinds.SERVICE, service("kuard", "u", "100"));
        assertThat(mirror.hasChanged()).isFalse();
        assertThat(version()).isEqualTo("100");
    }

    @Test
    void versions_that_are_no_numbers_are_taken_as_they_come() {
        mirror.onPresent(Kinds.SERVICE, service("kuard", "u", "b"));
        mirror.onPresent(Kinds.SERVICE, service("kuard", "u", "a"));
        assertThat(version()).isEqualTo("a");
    }

    @Test
    void the_late_end_of_a_namesake_does_not_end_its_successor() {
        mirror.onPresent(Kinds.SERVICE, service("kuard", "new", "200"));
        mirror.onDeleted(Kinds.SERVICE, service("kuard", "old", "150"));
        assertThat(version()).isEqualTo("200");
        mirror.onDeleted(Kinds.SERVICE, service("kuard", "new", "201"));
        assertThat(version()).isEqualTo("none");
    }

    @Test
    void a_list_that_lost_more_than_half_needs_a_second_one() {
        assertThat(mirror.onListed(Kinds.SERVICE, services(10))).isTrue();
        assertThat(mirror.onListed(Kinds.SERVICE, services(5))).as("half").isTrue();
        assertThat(mirror.onListed(Kinds.SERVICE, services(2))).isFalse();
        assertThat(mirror.count(Kinds.SERVICE)).isEqualTo(5);
        assertThat(mirror.onListed(Kinds.SERVICE, services(2))).isTrue();
        assertThat(mirror.count(Kinds.SERVICE)).isEqualTo(2);
        assertThat(mirror.onListed(Kinds.SERVICE, services(0))).isFalse();
        assertThat(mirror.onListed(Kinds.SERVICE, services(2)))
                .as("it was a lie")
                .isTrue();
        assertThat(mirror.onListed(Kinds.SERVICE, services(0)))
                .as("a new doubt")
                .isFalse();
    }

    @Test
    void an_event_is_believed_whatever_it_ends() {
        mirror.onListed(Kinds.SERVICE, services(2));
        mirror.onDeleted(Kinds.SERVICE, service("s0", "u0", "11"));
        mirror.onDeleted(Kinds.SERVICE, service("s1", "u1", "12"));
        assertThat(mirror.count(Kinds.SERVICE)).isZero();
    }

    @Test
    void the_same_list_again_is_no_change() {
        mirror.onListed(Kinds.SERVICE, services(3));
        mirror.take();
        mirror.onListed(Kinds.SERVICE, services(3));
        assertThat(mirror.hasChanged()).isFalse();
    }
}
