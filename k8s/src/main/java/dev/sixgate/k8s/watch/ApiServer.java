package dev.sixgate.k8s.watch;

import dev.sixgate.k8s.Kinds;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListMeta;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.AnyNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The API server as the watch needs it: pages of lists, and watches that end. Blocks. */
final class ApiServer {
    private static final long PAGE = 500;
    private static final long HEAD_MILLIS = 15_000;
    private static final String TLS_SECRETS = "type=kubernetes.io/tls";
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /** @param resourceVersion where a watch goes on from */
    record Listing(List<HasMetadata> objects, String resourceVersion) {}

    /** Called by a thread of the client. */
    interface Events {
        void onPresent(HasMetadata object, String resourceVersion);

        void onDeleted(HasMetadata object, String resourceVersion);

        /** Nothing happened up to there. */
        void onBookmark(String resourceVersion);

        /** No more events come. */
        void onEnd(ApiFailure why);
    }

    private final KubernetesClient client;

    ApiServer(KubernetesClient client) {
        this.client = client;
    }

    /** Every object of a kind. @param version as in {@link Kinds#versions()} */
    Listing list(Kinds kind, String version) throws ApiFailure {
        List<HasMetadata> objects = new ArrayList<>();
        String more = null;
        do {
            GenericKubernetesResourceList page;
            try {
                page = operation(kind, version)
                        .list(options(kind).withLimit(PAGE).withContinue(more).build());
            } catch (KubernetesClientException e) {
                throw ApiFailure.of(e);
            }
            for (GenericKubernetesResource item : page.getItems()) {
                HasMetadata object = object(kind, item);
                if (object != null) objects.add(object);
            }
            if (objects.size() > ObjectMirror.MAX_OBJECTS)
                throw new ApiFailure("more than " + ObjectMirror.MAX_OBJECTS + " " + kind.plural(), 0, 0);
            ListMeta meta = page.getMetadata();
            more = meta == null ? null : meta.getContinue();
            if (more == null || more.isEmpty())
                return new Listing(objects, meta == null ? "" : String.valueOf(meta.getResourceVersion()));
        } while (true);
    }

    /** Events after {@code resourceVersion}, until it is closed or ends. */
    EventStream watch(Kinds kind, String version, String resourceVersion, long timeoutSeconds, Events events)
            throws ApiFailure, InterruptedException {
        String selector = kind == Kinds.SECRET ? "&fieldSelector=" + encoded(TLS_SECRETS) : "";
        String uri = client.getMasterUrl().toString().replaceFirst("/+$", "")
                + (kind.group().isEmpty() ? "/api/" : "/apis/" + kind.group() + "/") + version + "/" + kind.plural()
                + "?watch=true&allowWatchBookmarks=true&timeoutSeconds=" + timeoutSeconds + "&resourceVersion="
                + encoded(resourceVersion) + selector;
        return EventStream.open(client.getHttpClient(), uri, HEAD_MILLIS, new EventStream.Listener() {
            @Override
            public void onEvent(String type, JsonNode item) {
                String at = item.path("metadata").path("resourceVersion").asString("");
                HasMetadata object = type.equals("BOOKMARK") ? null : object(kind, item);
                if (object == null) events.onBookmark(at);
                else if (type.equals("DELETED")) events.onDeleted(object, at);
                else events.onPresent(object, at);
            }

            @Override
            public void onEnd(ApiFailure why) {
                events.onEnd(why);
            }
        });
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    private AnyNamespaceOperation<
                    GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
            operation(Kinds kind, String version) {
        var resources = client.genericKubernetesResources(new ResourceDefinitionContext.Builder()
                .withGroup(kind.group())
                .withVersion(version)
                .withKind(kind.kind())
                .withPlural(kind.plural())
                .withNamespaced(kind != Kinds.NAMESPACE)
                .build());
        return kind == Kinds.NAMESPACE ? resources : resources.inAnyNamespace();
    }

    /** Of Secrets only those with certificates are asked for. */
    private static ListOptionsBuilder options(Kinds kind) {
        ListOptionsBuilder options = new ListOptionsBuilder();
        return kind == Kinds.SECRET ? options.withFieldSelector(TLS_SECRETS) : options;
    }

    /** Null: it is not what its kind promises; it is as if it were not there. */
    private static @Nullable HasMetadata object(Kinds kind, Object item) {
        try {
            HasMetadata object = MAPPER.convertValue(item, kind.type());
            return object.getMetadata() == null || object.getMetadata().getName() == null ? null : object;
        } catch (JacksonException e) {
            return null;
        }
    }
}
