extension SequenceStore {
    /// Fills a batch with the complete sequences of local users as histories, for what comes after all that is known:
    /// recommendations. There are no candidates (``PackedBatch/candidatesPerSample`` is 0).
    /// - Parameter historyMax: newest interactions that a history keeps; 0 keeps all.
    public func fillLatest(_ batch: PackedBatch, localUsers: Range<Int>, historyMax: Int) {
        batch.reset(candidatesPerSample: 0)
        for local in localUsers {
            let length = offsets[local + 1] - offsets[local]
            _ = append(
                local: local, position: length, historyMax: historyMax,
                sample: sample(ofLocal: local, position: length), to: batch)
        }
    }
}
