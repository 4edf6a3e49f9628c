import Glibc

/// ComiRec-DR as its paper writes it, with plain loops over numbers in double precision: a slow second opinion that
/// shares no line with the layers.
struct DynamicRoutingReference {
    let interests: Int
    let iterations: Int
    /// Whether weights are shares among the positions instead of among the interests.
    let overPositions: Bool
    /// The size of a vector.
    let size: Int

    /// The parameters: vectors of items `[items + 1, d]` and matrices `[positions, K, d, d]`.
    struct Parameters {
        var items: [Double]
        var matrices: [Double]
    }

    /// `W_lk e_l` for each interest k and each item l of a history, oldest first: `[K][L][d]`.
    func predictions(_ history: [Int], _ parameters: Parameters) -> [[[Double]]] {
        (0..<interests).map { interest in
            history.enumerated().map { position, item in
                (0..<size).map { row in
                    let start = ((position * interests + interest) * size + row) * size
                    return (0..<size).reduce(0) {
                        $0 + parameters.matrices[start + $1] * parameters.items[item * size + $1]
                    }
                }
            }
        }
    }

    /// The weights of the last iteration, `[K][L]`.
    func weights(_ predictions: [[[Double]]]) -> [[Double]] {
        let length = predictions[0].count
        var logits = [[Double]](repeating: .init(repeating: 0, count: length), count: interests)
        var weights = logits
        for iteration in 1...iterations {
            for k in 0..<interests {
                for l in 0..<length {
                    let others =
                        overPositions
                        ? (0..<length).reduce(0) { $0 + exp(logits[k][$1]) }
                        : (0..<interests).reduce(0) { $0 + exp(logits[$1][l]) }
                    weights[k][l] = exp(logits[k][l]) / others
                }
            }
            guard iteration < iterations else { break }
            let vectors = capsules(predictions, weights)
            for k in 0..<interests {
                for l in 0..<length { logits[k][l] += inner(predictions[k][l], vectors[k]) }
            }
        }
        return weights
    }

    /// `squash(sum_l A_kl x_kl)`, `[K][d]`.
    func capsules(_ predictions: [[[Double]]], _ weights: [[Double]]) -> [[Double]] {
        zip(predictions, weights).map { rows, shares in
            let sum = (0..<size).map { column in zip(rows, shares).reduce(0) { $0 + $1.0[column] * $1.1 } }
            let square = inner(sum, sum)
            return sum.map { $0 * square / (1 + square) / (square + 1e-9).squareRoot() }
        }
    }

    /// `-log sigmoid(s+ - s-)` of the interest that is nearest to the positive, with the first candidate as the
    /// positive and the second as the negative. `chosen` fixes the interest.
    func loss(_ capsules: [[Double]], chosen: Int, candidates: [Int], _ parameters: Parameters) -> Double {
        let scores = candidates.map { item in
            inner(capsules[chosen], Array(parameters.items[item * size..<(item + 1) * size]))
        }
        return log(1 + exp(scores[1] - scores[0]))
    }

    /// The interest with the largest inner product with an item.
    func nearest(_ capsules: [[Double]], to item: Int, _ parameters: Parameters) -> Int {
        let scores = capsules.map { inner($0, Array(parameters.items[item * size..<(item + 1) * size])) }
        return scores.indices.max { scores[$0] < scores[$1] }!
    }

    private func inner(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
}
