extension TrainingConfiguration {
    /// How far apart items can be that count as neighbours, as two in a history; nil where a ranking adds nothing for them.
    package var neighbourDistance: Int? { neighbourWeight > 0 ? options.historyMax : nil }
}
