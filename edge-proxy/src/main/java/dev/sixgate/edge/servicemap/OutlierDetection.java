package dev.sixgate.edge.servicemap;

import java.time.Duration;

/**
 * When a backend that answers is left alone because of how it answers.
 *
 * @param consecutive5xx answers of 500 and more in a row that eject it
 * @param baseEjectionTime of the first ejection; each that follows soon is longer by as much again
 * @param maxEjectionPercent of the service's backends that may be ejected at a time; one of several always may
 */
public record OutlierDetection(int consecutive5xx, Duration baseEjectionTime, int maxEjectionPercent) {
    public static final OutlierDetection DEFAULT = new OutlierDetection(5, Duration.ofSeconds(30), 50);
}
