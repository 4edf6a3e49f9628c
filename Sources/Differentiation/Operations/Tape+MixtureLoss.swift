import Glibc
import KernelCore

extension Tape {
    /// The cross entropy of the positive of each sample among negatives that all samples share, scored by a mixture of
    /// logits (Zhai et al. 2023), summed over the samples:
    ///
    ///     l_ab   = <f_a, g_b>                                              a vector of the user, one of the item
    ///     pi     = softmax over (a, b) of  user gate + item gate + W2 SiLU(W1 l + b1)
    ///     s      = scale sum_ab pi_ab l_ab + offset
    ///     loss   = sum_t log(exp(s_t+) + D_t) - s_t+                       D_t and smoothing as in ``softmaxLoss``
    ///
    /// Scores are computed for some users and a block of items at a time, and again on the way back; nothing is kept of
    /// them beyond that.
    ///
    /// - Parameters:
    ///   - users: `[T, A * m]` with gates.
    ///   - negatives: a list that is shared, with a softmax.
    ///   - items: `[count, B * m]` with gates, one for each of the list.
    ///   - own: `[T, B * m]` with gates, the positive of each sample.
    ///   - positives: which items the positives are, for what is masked and added.
    ///   - scale: what scores are multiplied by.
    /// - Returns: `[1, 1]`.
    public func mixtureLoss(
        of users: MixtureVectors, positives: PositiveItems, own: MixtureVectors, against negatives: SoftmaxNegatives,
        items: MixtureVectors, by network: MixtureNetworkParameters, _ shape: MixtureShape, scale: Float,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        let site = ModelSite(file: file, line: line)
        guard case .shared(let list, let count) = negatives.rows, case .softmax(let smoothing) = negatives.comparison
        else {
            refuse("mixtureLoss", at: site, "negatives that all samples share, and a softmax over them are needed")
            return zeros(rows: 1, columns: 1)
        }
        guard
            accepts(
                "mixtureLoss", at: site,
                accepts(users, parts: shape.users, shape) && accepts(items, parts: shape.items, shape)
                    && accepts(own, parts: shape.items, shape) && own.rows == users.rows && items.rows == count,
                "the users are \(users.vectors.shape) with gates \(users.gates.shape), their positives "
                    + "\(own.vectors.shape) with \(own.gates.shape), \(count) negatives \(items.vectors.shape) with "
                    + "\(items.gates.shape), for \(shape.users) x \(shape.items) vectors of \(shape.size)"),
            accepts(
                "mixtureLoss", at: site,
                network.first.rows == shape.hidden && network.first.columns == shape.logits
                    && network.bias.count == shape.hidden && network.second.rows == shape.logits
                    && network.second.columns == shape.hidden,
                "the network is \(network.first.shape), \(network.bias.shape) and \(network.second.shape), for "
                    + "\(shape.logits) logits and \(shape.hidden) units")
        else { return zeros(rows: 1, columns: 1) }
        let operation = MixtureLossOperation(
            users: users, own: own, items: items, positives: positives, list: list, offsets: negatives.offsets,
            masksPositives: negatives.masksPositives, importance: negatives.importance, smoothing: smoothing,
            scale: scale, parameters: network, shape, on: self)
        operation.forward(on: self)
        record(operation)
        return operation.loss
    }

    private func accepts(_ vectors: MixtureVectors, parts: Int, _ shape: MixtureShape) -> Bool {
        vectors.vectors.columns == parts * shape.size && vectors.gates.columns == shape.logits
            && vectors.gates.rows == vectors.rows
    }
}

private struct MixtureLossOperation: Operation {
    let users: MixtureVectors
    let own: MixtureVectors
    let items: MixtureVectors
    let positives: PositiveItems
    let list: UnsafePointer<Int32>
    let offsets: UnsafePointer<Float>?
    let masksPositives: Bool
    let importance: Float
    let smoothing: Float
    let scale: Float
    let parameters: MixtureNetworkParameters
    let shape: MixtureShape
    let loss: Variable
    private let statistics: UnsafeMutablePointer<SoftmaxStatistics>
    /// `[T]`, `log D - s+`: the loss of a sample is its softplus.
    private let margins: UnsafeMutablePointer<Float>
    private let block: MixtureBlock

    private var sampleCount: Int { users.rows }

    init(
        users: MixtureVectors, own: MixtureVectors, items: MixtureVectors, positives: PositiveItems,
        list: UnsafePointer<Int32>, offsets: UnsafePointer<Float>?, masksPositives: Bool, importance: Float,
        smoothing: Float, scale: Float, parameters: MixtureNetworkParameters, _ shape: MixtureShape, on tape: Tape
    ) {
        self.users = users
        self.own = own
        self.items = items
        self.positives = positives
        self.list = list
        self.offsets = offsets
        self.masksPositives = masksPositives
        self.importance = importance
        self.smoothing = smoothing
        self.scale = scale
        self.parameters = parameters
        self.shape = shape
        loss = tape.variable(rows: 1, columns: 1)
        statistics = tape.arena.allocate(count: users.rows)
        margins = tape.arena.allocate(count: users.rows)
        block = MixtureBlock(shape, in: tape.arena)
    }

    func forward(on tape: Tape) {
        let network = parameters.network(tape.parameters)
        for sample in 0..<sampleCount { statistics[sample] = SoftmaxStatistics() }
        forEachBlock { range in
            block.pack(items, range)
            forEachGroup { group in
                block.multiply(users, group, width: range.count)
                for sample in group {
                    block.score(users, sample, index: sample - group.lowerBound, width: range.count, network)
                    let masked = finish(block.scores, range, sample)
                    Kernel.extend(
                        &statistics[sample], by: block.scores, count: range.count, masked: masked, beta: importance)
                    if smoothing > 0 {
                        Kernel.extendTotal(&statistics[sample], by: block.scores, count: range.count)
                    }
                }
            }
        }
        var total: Float = 0
        forEachOwnBlock { range in
            block.scoreOwn(users, own, range, network)
            for sample in range {
                let score = scale * block.scores[sample - range.lowerBound] + offset(of: positives[sample])
                let margin = statistics[sample].logarithm - score
                margins[sample] = margin
                total += max(margin, 0) + log1p(exp(-abs(margin)))
                if smoothing > 0 { total += smoothing * (score - statistics[sample].mean(with: score)) }
            }
        }
        loss.value[0] = total
    }

    var cost: OperationCost {
        let pairs = sampleCount * (items.rows + 1)
        let values = shape.logits * (shape.size + 2 * shape.hidden)
        let rest = 5 * shape.hidden + 8 * shape.logits
        let floats = users.vectors.count + own.vectors.count + items.vectors.count + pairs
        return OperationCost(
            forward: Work(pairs * (2 * values + rest), floats: floats),
            backward: Work(pairs * (4 * values + 2 * rest), floats: 3 * floats))
    }

    func backward(on tape: Tape) {
        let network = parameters.network(tape.parameters)
        let gradient = parameters.gradient(on: tape)
        let incoming = loss.gradient[0]
        let (dusers, ditems, down) = (users.gradients, items.gradients, own.gradients)
        let way = MixtureBlock.WayBack(block, shape, in: tape.arena)
        forEachBlock { range in
            block.pack(items, range)
            way.begin(items, range)
            forEachGroup { group in
                block.multiply(users, group, width: range.count)
                for sample in group {
                    let index = sample - group.lowerBound
                    block.score(users, sample, index: index, width: range.count, network)
                    way.dscores.update(from: block.scores, count: range.count)
                    _ = finish(way.dscores, range, sample)
                    Kernel.softmaxGradients(
                        way.dscores, count: range.count, statistics[sample], beta: importance,
                        gradient: incoming * sigmoid(margins[sample]),
                        less: smoothing > 0 ? incoming * smoothing * statistics[sample].evenShare : 0)
                    Kernel.scale(way.dscores, by: scale, count: range.count)
                    way.score(index: index, width: range.count, network, gradient)
                    way.addGates(width: range.count, user: dusers.gates + sample * shape.logits)
                }
                way.addVectors(users, group, range, dusers: dusers.vectors, ditems: ditems.vectors)
            }
            way.finish(range, ditems: ditems.gates)
        }
        forEachOwnBlock { range in
            block.scoreOwn(users, own, range, network)
            for sample in range {
                var derivative = -incoming * sigmoid(margins[sample])
                if smoothing > 0 { derivative += incoming * smoothing * (1 - statistics[sample].evenShare) }
                way.dscores[sample - range.lowerBound] = scale * derivative
            }
            way.score(index: 0, width: range.count, network, gradient)
            way.addOwn(users, own, range, dusers: dusers, down: down)
        }
    }

    /// Turns mixtures into scores, masks what is the positive, and says how many there were.
    private func finish(_ scores: UnsafeMutablePointer<Float>, _ range: Range<Int>, _ sample: Int) -> Int {
        Kernel.scale(scores, by: scale, count: range.count)
        if let offsets {
            for index in range { scores[index - range.lowerBound] += offsets[Int(list[index])] }
        }
        guard masksPositives else { return 0 }
        var masked = 0
        let positive = positives[sample]
        for index in range where list[index] == positive {
            scores[index - range.lowerBound] = Kernel.maskedScore
            masked += 1
        }
        return masked
    }

    private func offset(of item: Int32) -> Float { offsets.map { $0[Int(item)] } ?? 0 }

    /// Calls `body` for blocks of the list.
    private func forEachBlock(_ body: (Range<Int>) -> Void) {
        for first in stride(from: 0, to: items.rows, by: MixtureBlock.width) {
            body(first..<min(first + MixtureBlock.width, items.rows))
        }
    }

    /// Calls `body` for the samples, some at a time.
    private func forEachGroup(_ body: (Range<Int>) -> Void) {
        for first in stride(from: 0, to: sampleCount, by: block.height) {
            body(first..<min(first + block.height, sampleCount))
        }
    }

    /// Calls `body` for the samples, as many at a time as a block has columns.
    private func forEachOwnBlock(_ body: (Range<Int>) -> Void) {
        for first in stride(from: 0, to: sampleCount, by: MixtureBlock.width) {
            body(first..<min(first + MixtureBlock.width, sampleCount))
        }
    }

    private func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
}

extension MixtureVectors {
    /// Where gradients of vectors and gates are added.
    struct Gradients {
        let vectors: UnsafeMutablePointer<Float>
        let gates: UnsafeMutablePointer<Float>
    }

    var gradients: Gradients { Gradients(vectors: vectors.gradient, gates: gates.gradient) }
}
