import Differentiation
import Interactions

extension PackedBatch {
    /// The targets by themselves, for a tape, where a history has several; nil where each has one.
    package var tapeTargets: Tape.Targets? {
        targetRows == nil ? nil : Tape.Targets(names: targetNames, count: targetCount)
    }
}
