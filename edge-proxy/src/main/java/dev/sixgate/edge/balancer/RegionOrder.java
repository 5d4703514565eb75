package dev.sixgate.edge.balancer;

import dev.sixgate.edge.servicemap.Backend;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * The backends of a service, region by region in the order in which they are taken.
 *
 * @param regions indices of backends; none is empty
 * @param regionOf for each backend, which of {@code regions} it is in
 */
record RegionOrder(int[][] regions, int[] regionOf) {
    /** @param order sets of regions that are alike; what is in none of them comes last */
    static RegionOrder of(List<Backend> backends, List<Set<String>> order) {
        TreeMap<Integer, List<Integer>> ranks = new TreeMap<>();
        for (int i = 0; i < backends.size(); i++)
            ranks.computeIfAbsent(rank(backends.get(i).region(), order), _ -> new ArrayList<>())
                    .add(i);
        int[][] regions = new int[ranks.size()][];
        int[] regionOf = new int[backends.size()];
        int at = 0;
        for (List<Integer> members : ranks.values()) {
            for (int member : members) regionOf[member] = at;
            regions[at++] = members.stream().mapToInt(Integer::intValue).toArray();
        }
        return new RegionOrder(regions, regionOf);
    }

    private static int rank(String region, List<Set<String>> order) {
        int rank = 0;
        while (rank < order.size() && !order.get(rank).contains(region)) rank++;
        return rank;
    }
}
