/// A ``Calibration`` applied to a model of another shape: what was measured, in proportion to the operations.
public struct CalibratedCost: Sendable, Equatable {
    /// What was measured of mini-batches.
    public let fit: StepTimeFit
    /// Bytes a second of gradients that a rank adds up.
    public let additionRate: Double
    /// Seconds of a barrier.
    public let barrier: Double
    private let calibration: Calibration
    private let shape: ModelShape

    /// - Parameter shape: of the model that is asked for.
    public init(_ calibration: Calibration, for shape: ModelShape) {
        self.calibration = calibration
        self.shape = shape
        fit = StepTimeFit(calibration.steps)
        additionRate = calibration.additionRate
        barrier = calibration.barrier ?? Calibration.assumedBarrier
    }

    /// Operations of a mini-batch, in those of one that was measured.
    public func scale(samples: Double) -> Double {
        let measured = calibration.operations(samples)
        return measured > 0 ? shape.operations(samples) / measured : 1
    }

    /// Seconds that a rank computes in a step.
    public func seconds(shards: Double, samples: Double) -> Double {
        fit.seconds(shards: shards, samples: samples) * scale(samples: samples)
    }

    /// Seconds that a rank computes for so many samples at least: of mini-batches so large that nothing else counts.
    public func leastSeconds(samples: Double) -> Double { fit.perSample * samples * scale(samples: 1e6) }

    /// Standard deviation of these seconds between the ranks, by the lengths of histories.
    public func spread(shards: Double, samples: Double) -> Double {
        let count = shards * samples
        guard count > 0 else { return 0 }
        let ofSamples = fit.perSample * count * scale(samples: samples)
        return ofSamples * calibration.historyDeviation / count.squareRoot()
    }

    /// Seconds of Adam over so many values a rank where rows take several steps at once: the rate of values that stay in a
    /// cache of the rank's own.
    public func adamSecondsInCache(values: Double) -> Double {
        let cached = Double(1 << 16)
        return values / cached * calibration.adamSeconds(values: cached)
    }

    /// Seconds of Adam over so many values a rank, of so many ranks on a host: where there are more ranks than were measured
    /// together, they share what those had of the memory.
    public func adamSeconds(values: Double, ranks: Int) -> Double {
        calibration.adamSeconds(values: values) * max(1, Double(ranks) / Double(calibration.ranks))
    }
}
