internal import CVector

/// What the scores of a mixture leave behind for the way back: of pairs of a user and an item, with a column for each
/// pair.
public struct MixtureValues: BitwiseCopyable {
    /// `[A B, pairs]`: the shares of the logits in the score.
    public let shares: UnsafeMutablePointer<Float>
    /// `[H, pairs]`: what goes into the units of the network.
    let inputs: UnsafeMutablePointer<Float>
    /// `[H, pairs]`: what comes out of them.
    let outputs: UnsafeMutablePointer<Float>

    /// Room for `pairs` pairs.
    public init(_ shape: MixtureShape, pairs: Int, in arena: Arena) {
        shares = arena.allocate(count: shape.logits * pairs)
        inputs = arena.allocate(count: shape.hidden * pairs)
        outputs = arena.allocate(count: shape.hidden * pairs)
    }
}

/// Mixtures of logits: pairs of a user and an item stand in columns, so that all lanes of a vector do the same.
///
///     h = W1 l + b1
///     z = g + W2 SiLU(h)           g: what user and item bring to the gates
///     s = <softmax(z), l>
///
/// What is computed for a pair depends on the pair alone, bit for bit, not on its column or on what is computed beside it.
extension Kernel {
    /// Packs the vectors of items so that one product with the vectors of users gives all logits of these items:
    /// `panel[k, b, j] = vectors[j, b, k]`.
    ///
    /// - Parameters:
    ///   - vectors: `[width, B * m]`, of which the first `count` rows are read; the others count as zero.
    ///   - panel: `[m, B, width]`.
    public static func packMixture(
        _ vectors: UnsafePointer<Float>, _ shape: MixtureShape, count: Int, width: Int,
        into panel: UnsafeMutablePointer<Float>
    ) {
        let columns = shape.items * shape.size
        if count < width { clear(panel, count: columns * width) }
        for part in 0..<shape.items {
            for column in 0..<shape.size {
                let target = panel + (column * shape.items + part) * width
                let source = vectors + part * shape.size + column
                for item in 0..<count { target[item] = source[item * columns] }
            }
        }
    }

    /// The same vectors for the way back, `rows[b, j, k] = vectors[j, b, k]`.
    ///
    /// - Parameters:
    ///   - vectors: `[count, B * m]`, rows: `[B, count, m]`.
    public static func packMixtureRows(
        _ vectors: UnsafePointer<Float>, _ shape: MixtureShape, count: Int, into rows: UnsafeMutablePointer<Float>
    ) {
        for part in 0..<shape.items {
            for item in 0..<count {
                (rows + (part * count + item) * shape.size).update(
                    from: vectors + (item * shape.items + part) * shape.size, count: shape.size)
            }
        }
    }

    /// The scores of pairs.
    ///
    /// - Parameters:
    ///   - logits: `[A B, pairs]`.
    ///   - pairs: number of columns.
    ///   - values: has what user and item bring to the gates where the shares will be; all of it is overwritten.
    ///   - scores: `[pairs]`.
    public static func mixtureScores(
        _ logits: UnsafePointer<Float>, pairs: Int, _ shape: MixtureShape, _ network: MixtureNetwork,
        _ values: MixtureValues, into scores: UnsafeMutablePointer<Float>
    ) {
        let (count, hidden) = (shape.logits, shape.hidden)
        facet_product(
            facet_left(values: network.first, row: count, column: 1), logits, pairs, values.inputs, pairs, hidden,
            pairs, count, 0)
        for unit in 0..<hidden {
            let (inputs, outputs) = (values.inputs + unit * pairs, values.outputs + unit * pairs)
            let bias = Vector(repeating: network.bias[unit])
            forEachVector(pairs) { index, lanes in
                let value = load(inputs, index, lanes) + bias
                store(value, inputs, index, lanes)
                store(value * sigmoid(value), outputs, index, lanes)
            }
        }
        facet_product(
            facet_left(values: network.second, row: hidden, column: 1), values.outputs, pairs, values.shares, pairs,
            count, pairs, hidden, 1)
        mix(logits, shares: values.shares, count: count, pairs: pairs, into: scores)
    }

    /// Turns gates into shares, and mixes the logits by them.
    private static func mix(
        _ logits: UnsafePointer<Float>, shares: UnsafeMutablePointer<Float>, count: Int, pairs: Int,
        into scores: UnsafeMutablePointer<Float>
    ) {
        forEachVector(pairs) { index, lanes in
            var largest = load(shares, index, lanes)
            for logit in 1..<max(count, 1) { largest = facet_max(largest, load(shares, logit * pairs + index, lanes)) }
            var sum = Vector(repeating: 0)
            for logit in 0..<count {
                let place = logit * pairs + index
                let power = KernelCore.exponential(notPositive: load(shares, place, lanes) - largest)
                sum += power
                store(power, shares, place, lanes)
            }
            let inverse = Vector(repeating: 1) / sum
            var score = Vector(repeating: 0)
            for logit in 0..<count {
                let place = logit * pairs + index
                let share = load(shares, place, lanes) * inverse
                store(share, shares, place, lanes)
                score = share.multiplied(by: load(logits, place, lanes), adding: score)
            }
            store(score, scores, index, lanes)
        }
    }

    /// From the gradients of scores to those of the logits, of the gates, and of the network.
    ///
    /// - Parameters:
    ///   - logits: `[A B, pairs]`.
    ///   - values: as ``mixtureScores(_:pairs:_:_:_:into:)`` left them; the shares become the gradients of the gates.
    ///   - scores, dscores: `[pairs]`.
    ///   - gradient: is added to.
    ///   - scratch: room for `max(A B, H) * pairs` floats.
    ///   - dlogits: `[A B, pairs]`, written.
    public static func mixtureBackward(
        _ logits: UnsafePointer<Float>, pairs: Int, _ shape: MixtureShape, _ network: MixtureNetwork,
        _ values: MixtureValues, scores: UnsafePointer<Float>, dscores: UnsafePointer<Float>,
        gradient: MixtureNetworkGradient, scratch: UnsafeMutablePointer<Float>,
        into dlogits: UnsafeMutablePointer<Float>
    ) {
        let (count, hidden) = (shape.logits, shape.hidden)
        for logit in 0..<count {
            let row = logit * pairs
            forEachVector(pairs) { index, lanes in
                let passed = load(values.shares, row + index, lanes) * load(dscores, index, lanes)
                store(passed, dlogits, row + index, lanes)
                let above = load(logits, row + index, lanes) - load(scores, index, lanes)
                store(passed * above, values.shares, row + index, lanes)
            }
        }
        let dgates = UnsafePointer(values.shares)
        facet_transpose(values.outputs, hidden, pairs, scratch)
        facet_product(
            facet_left(values: dgates, row: pairs, column: 1), scratch, hidden, gradient.second, hidden, count, hidden,
            pairs, 1)
        facet_product(
            facet_left(values: network.second, row: 1, column: hidden), dgates, pairs, values.outputs, pairs, hidden,
            pairs, count, 0)
        for unit in 0..<hidden {
            let (inputs, outputs) = (values.inputs + unit * pairs, values.outputs + unit * pairs)
            var sum = Vector(repeating: 0)
            forEachVector(pairs) { index, lanes in
                let passed = load(outputs, index, lanes) * sigmoidLinearDerivative(load(inputs, index, lanes))
                sum += passed
                store(passed, outputs, index, lanes)
            }
            gradient.bias[unit] += sum.total
        }
        facet_transpose(logits, count, pairs, scratch)
        facet_product(
            facet_left(values: values.outputs, row: pairs, column: 1), scratch, count, gradient.first, count, hidden,
            count, pairs, 1)
        facet_product(
            facet_left(values: network.first, row: 1, column: count), values.outputs, pairs, dlogits, pairs, count,
            pairs, hidden, 1)
    }
}
