import Differentiation
import KernelCore
import Options

/// What the score of an item is, of a vector of a user and that of the item.
public enum ScoreRule: String, Sendable, CaseIterable, OptionValue {
    /// `<u, e>`.
    case product
    /// `<u, e> / (|u| |e|)`, in training divided by a temperature.
    case cosine
    /// A mean of cosines between several vectors of both, by learned weights; in training divided by a temperature:
    /// ``MixtureOfLogits``. The members below are not for it: it is no inner product of two vectors.
    case mixture

    /// The interests that items are scored with by inner products.
    public func queries(_ interests: Interests, on tape: Tape) -> Interests {
        guard self == .cosine else { return interests }
        return Interests(
            vectors: vectors(interests.vectors, on: tape), perUser: interests.perUser, counts: interests.counts,
            attention: interests.attention, correspond: interests.correspond)
    }

    /// The vectors whose inner products are the scores, one for each row of `x`: of length 1 for cosines.
    public func vectors(_ x: Variable, on tape: Tape) -> Variable { self == .cosine ? tape.normalizeRows(x) : x }

    /// The vectors of items that they are scored with, `[rows, columns]`; nil: those of the table.
    ///
    /// - Parameter table: `[rows, columns]`.
    public func itemVectors(_ table: MatrixView) -> [Float]? {
        guard self == .cosine else { return nil }
        return [Float](unsafeUninitializedCapacity: table.count) { vectors, count in
            if let start = vectors.baseAddress {
                Kernel.normalizeRows(table, scale: 1, inverses: nil, into: start)
            }
            count = table.count
        }
    }
}
