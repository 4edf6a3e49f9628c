/// Which rows of a table the samples of a step ask for: how many draws, by popularity or of all rows alike.
public struct RowDraws: Sendable, Equatable {
    /// Draws of a sample by popularity: the items of its history, its positives.
    public var popularPerSample = 0.0
    /// Draws of a sample of all rows alike: its negatives, its user.
    public var uniformPerSample = 0.0
    /// Draws that a mini-batch adds by itself, by popularity.
    public var popularPerShard = 0.0
    /// Draws that a mini-batch adds by itself, of all rows alike.
    public var uniformPerShard = 0.0
    /// Draws that are the same for all mini-batches of a step, by popularity.
    public var popularPerStep = 0.0
    /// Draws that are the same for all mini-batches of a step, of all rows alike.
    public var uniformPerStep = 0.0
    /// Rows that every mini-batch touches, whatever it has.
    public var constant = 0.0
    /// Whether every mini-batch touches all rows.
    public var isComplete = false

    /// No draws.
    public init() {}

    /// The expected number of different rows that mini-batches touch together.
    ///
    /// - Parameters:
    ///   - samples: of all of these mini-batches.
    ///   - shards: mini-batches.
    public func touchedRows(samples: Double, shards: Double, of rows: RowPopularity) -> Double {
        let all = rows.rowCount
        guard !isComplete else { return all }
        let touched = rows.distinct(
            popular: popularPerSample * samples + popularPerShard * shards + popularPerStep,
            uniform: uniformPerSample * samples + uniformPerShard * shards + uniformPerStep)
        return min(touched + constant, all)
    }
}
