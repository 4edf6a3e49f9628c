/// A number by epoch, over the runs of a group.
struct EpochCurve: Sendable {
    /// The mean over the seeds, as far as all of them have come.
    let mean: [ChartPoint]
    /// One standard deviation below and above it; empty for one run.
    let band: [ChartBand]
    /// Each run alone; empty where there is one, which is the mean.
    let single: [[ChartPoint]]

    /// - Parameter value: of an epoch; epochs without are left out.
    init(_ runs: [[RecordedEpoch]], value: (RecordedEpoch) -> Double?) {
        let curves = runs.map { epochs in
            epochs.compactMap { epoch in value(epoch).map { ChartPoint(x: Double(epoch.epoch), y: $0) } }
        }.filter { !$0.isEmpty }
        guard curves.count > 1 else {
            (mean, band, single) = (curves.first ?? [], [], [])
            return
        }
        var (mean, band): ([ChartPoint], [ChartBand]) = ([], [])
        // Early stopping ends runs at different epochs: a mean over those that are left would jump.
        for point in curves[0] {
            let values = curves.compactMap { curve in curve.first { $0.x == point.x }?.y }
            guard values.count == curves.count, let sample = Sample(values) else { continue }
            mean.append(ChartPoint(x: point.x, y: sample.mean))
            let deviation = sample.deviation ?? 0
            band.append(ChartBand(x: point.x, low: sample.mean - deviation, high: sample.mean + deviation))
        }
        (self.mean, self.band, single) = (mean, band, curves)
    }
}
