import Differentiation
import Interactions
import KernelCore
import Options

/// Which of the interests of a user are trained with a positive item.
public enum InterestSelection: String, Sendable, CaseIterable, OptionValue {
    /// The one that fits best: `argmax_k <v_k, e+>`.
    case hard
    /// One drawn from `softmax_k(T <v_k, e+>)` (BaM).
    case soft
    /// One drawn from `softmax_k(T <L1 v_k + b1, L2 e+ + b2>)` (BaM with linear maps).
    case softLinear = "soft-linear"
    /// The mean of all under `softmax_k(T <v_k, e+>)`.
    case expected

    /// `bam` is what the authors of BaM call ``soft``.
    public init?(optionText: String) { self.init(rawValue: optionText == "bam" ? "soft" : optionText) }
}

extension InterestSelection {
    /// The interest with the largest inner product with the positive, the first one on ties:
    /// `u = v_k`, `k = argmax_k <v_k, e+>`. No gradient flows through the choice.
    ///
    /// - Returns: `[B, d]`.
    public static func hardest(
        of interests: Interests, for batch: PackedBatch, in items: Embedding, on tape: Tape,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard tape.accepts(interests, for: batch, in: items) else {
            return tape.zeros(rows: batch.targetCount, columns: items.table.columns)
        }
        let choice = tape.arena.allocate(Int32.self, count: interests.count)
        Kernel.hardestInterests(
            interests.vectors.matrix, interests.groups, positives: batch.positives,
            table: tape.parameters(items.table), into: choice)
        tape.note(
            "hardest interests", Work(2 * interests.vectors.count, floats: interests.vectors.count + interests.count))
        return tape.select(
            choice, from: interests.vectors, perUser: interests.perUser, file: file, line: line)
    }

    /// One interest, drawn by step and sample: `u = v_k`, `k ~ softmax_k(T <v_k, e+>)`. No gradient flows through the
    /// choice.
    ///
    /// - Parameters:
    ///   - temperature: T; the larger, the more often the best interest is drawn.
    ///   - maps: with them `k ~ softmax_k(T <L1 v_k + b1, L2 e+ + b2>)`.
    /// - Returns: `[B, d]`.
    static func drawn(
        of interests: Interests, temperature: Float, maps: SelectionMaps? = nil, for batch: PackedBatch,
        in items: Embedding, on tape: Tape, file: StaticString, line: UInt
    ) -> Variable {
        guard tape.accepts(interests, for: batch, in: items) else {
            return tape.zeros(rows: batch.targetCount, columns: items.table.columns)
        }
        let count = interests.count
        let size = interests.vectors.columns
        guard
            tape.accepts(
                "select", at: interests.site, maps.map { $0.inputSize == size } ?? true,
                "the interests have \(size) columns, the maps of the selection soft-linear are for the "
                    + "\(maps?.inputSize ?? size) of --embedding-size")
        else { return tape.zeros(rows: count, columns: size) }
        let positives = tape.arena.allocate(Float.self, count: count * size)
        let table = tape.parameters(items.table)
        for sample in 0..<count {
            let item = Int(batch.positives[sample])
            (positives + sample * size).update(from: table + item * size, count: size)
        }
        let logits = tape.arena.allocate(Float.self, count: count * interests.perUser)
        if let maps {
            Kernel.groupProducts(
                maps.mapInterests(interests.vectors.matrix, on: tape), interests.groups,
                maps.mapItems(MatrixView(positives, rows: count, columns: size), on: tape).start, into: logits)
        } else {
            Kernel.groupProducts(interests.vectors.matrix, interests.groups, positives, into: logits)
        }
        tape.note(
            "products with the positive",
            Work(2 * interests.vectors.count, floats: interests.vectors.count + count * size))
        let choice = tape.drawInterests(
            logits, count: count, of: interests.groups, temperature: temperature, file: file, line: line)
        return tape.select(
            choice, from: interests.vectors, perUser: interests.perUser, file: file, line: line)
    }

    /// All interests, weighted by powers of their inner products with the positive:
    /// `u = sum_k softmax_k(T <v_k, e+>^p) v_k`. The gradient flows through the weights.
    ///
    /// - Parameters:
    ///   - power: p, above 0 and finite. A negative product keeps its sign, unless p is even.
    ///   - temperature: T.
    /// - Returns: `[B, d]`.
    public static func labelAware(
        of interests: Interests, power: Float, temperature: Float = 1, for batch: PackedBatch, in items: Embedding,
        on tape: Tape, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard tape.accepts(interests, for: batch, in: items) else {
            return tape.zeros(rows: batch.targetCount, columns: items.table.columns)
        }
        return tape.labelAwareAttention(
            interests.vectors, interests.groups, positives: batch.positives, in: items.table, power: power,
            scale: temperature, file: file, line: line)
    }
}
