package dev.sixgate.edge.router;

import dev.sixgate.edge.explain.RequestRecord.RejectedRule;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.Service;
import java.util.List;

/**
 * Where a request goes, and why.
 *
 * @param rule the winning rule's name, such as {@code hello.http host hello.example.com}
 * @param rejected rules that were looked at and lost
 */
public record Route(App app, Service service, PortBinding port, String rule, List<RejectedRule> rejected) {}
