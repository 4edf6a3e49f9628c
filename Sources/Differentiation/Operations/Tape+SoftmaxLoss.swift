import Glibc
import KernelCore

extension Tape {
    /// The cross entropy of the positive of each sample among negatives, summed over the samples:
    ///
    ///     s_bi = logsumexp_k <x_bk, parameter[i]> + offset_i      the product itself for one vector a sample
    ///     loss = sum_b log(exp(s_b+) + D_b) - s_b+
    ///     D_b  = sum_j w_bj exp(s_bj),   w_bj = exp(beta s_bj) / mean_j' exp(beta s_bj')
    ///
    /// with the smoothing e `+ e (s_b+ - mean of s_b+ and all s_bj)`. The binary comparison with the power p, for N negatives:
    ///
    ///     loss = sum_b (-p log sigmoid(s_b+) - sum_j log(1 - sigmoid(s_bj))) / (1 + N)
    ///
    /// The gradient flows through the weights w too. Scores are computed by matrix products in blocks, and again on the
    /// way back; those of the last block are all that is kept.
    ///
    /// - Parameters:
    ///   - x: `[B * K, d]`.
    ///   - positives: rows of `parameter`.
    ///   - vectors: what stands for the rows of `parameter` in the products; not for lists of each sample.
    /// - Returns: `[1, 1]`.
    public func softmaxLoss(
        of x: Variable, _ groups: InterestGroups = .single, positives: PositiveItems, in parameter: Parameter,
        against negatives: SoftmaxNegatives, vectors: ItemVectors? = nil, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        let groupSize = groups.perUser
        let site = ModelSite(file: file, line: line)
        guard
            accepts(
                "softmaxLoss", at: site,
                x.columns == parameter.columns && groupSize > 0 && x.rows % groupSize == 0 && parameter.rows > 0,
                "the vectors are \(x.shape) in groups of \(groupSize), the items \(parameter.shape): one number of "
                    + "columns and whole groups are needed"),
            accepts(
                "softmaxLoss", at: site, "positives", positives.candidates, count: x.rows / groupSize,
                stride: positives.stride, of: parameter),
            accepts(negatives, samples: x.rows / groupSize, of: parameter, at: site),
            vectors.map({ accepts($0, samples: x.rows / groupSize, for: negatives, of: parameter, at: site) }) ?? true
        else { return zeros(rows: 1, columns: 1) }
        let operation = SoftmaxLossOperation(x, groups, positives, parameter, negatives, vectors, on: self)
        operation.forward(on: self)
        record(operation)
        return operation.loss
    }

    private func accepts(
        _ vectors: ItemVectors, samples: Int, for negatives: SoftmaxNegatives, of parameter: Parameter,
        at site: ModelSite
    ) -> Bool {
        let count: Int
        switch negatives.rows {
        case .all: count = parameter.rows - 1
        case .shared(_, let shared): count = shared
        case .perSample: count = -1
        }
        return accepts(
            "softmaxLoss", at: site,
            vectors.negatives.rows == count && vectors.positives.rows == samples
                && vectors.negatives.columns == parameter.columns && vectors.positives.columns == parameter.columns,
            "vectors of negatives are \(vectors.negatives.shape), of positives \(vectors.positives.shape): one for each "
                + "negative that all samples share, and one for each of \(samples) samples are needed")
    }

    private func accepts(
        _ negatives: SoftmaxNegatives, samples: Int, of parameter: Parameter, at site: ModelSite
    ) -> Bool {
        switch negatives.rows {
        case .all: true
        case .shared(let rows, let count):
            accepts("softmaxLoss", at: site, count >= 0, "\(count) negatives are shared")
                && accepts("softmaxLoss", at: site, "negatives", rows, count: count, of: parameter)
        case .perSample(let rows, let count):
            accepts("softmaxLoss", at: site, count >= 0, "each sample has \(count) negatives")
                && accepts("softmaxLoss", at: site, "negatives", rows, count: samples * count, of: parameter)
        }
    }
}

private struct SoftmaxLossOperation: Operation {
    let x: Variable
    let groups: InterestGroups
    let positives: PositiveItems
    let parameter: Parameter
    let negatives: SoftmaxNegatives
    let vectors: ItemVectors?
    let loss: Variable

    /// The rows of all samples, or of each, nil for all but row 0.
    private let list: UnsafePointer<Int32>?
    private let listCount: Int
    private let hasOwnLists: Bool
    /// Samples that have the same list, one after another.
    private let chunkSize: Int
    private let blockWidth: Int
    /// The items of the list that all samples share; nil for other lists, and where all items are too many for a copy.
    private let shared: SharedItems?
    /// `[listCount]`, what is added to the scores of the list that all samples share; nil: nothing is, or a list is not
    /// shared.
    private let listOffsets: UnsafePointer<Float>?
    /// `[chunkSize * groupSize, blockWidth]` of the block that was computed last, of each chunk.
    private let logits: UnsafeMutablePointer<Float>
    /// `[chunkSize, blockWidth]`, likewise; the logits themselves for one vector a sample.
    private let scores: UnsafeMutablePointer<Float>
    private let statistics: UnsafeMutablePointer<SoftmaxStatistics>
    /// `[B * groupSize]`, the products with the positive.
    private let products: UnsafeMutablePointer<Float>
    /// `[B]`, `log D - s+`: the loss of a sample is its softplus.
    private let margins: UnsafeMutablePointer<Float>

    /// Floats of the logits of a block: half of what a second cache holds.
    private static let blockSize = 1 << 17

    /// The same with many targets, whose mini-batches come in pieces: then short lists are one block, whose logits are
    /// still there on the way back.
    private static let targetBlockSize = 1 << 18

    /// Columns that a product computes at a time.
    private static let blockStep = 64

    /// Vectors of a chunk of a mini-batch with many targets.
    private static let chunkVectors = 480

    /// Floats of the logits that are computed and looked at before the next ones: what a first cache holds.
    private static let nearSize = 1 << 13

    private var groupSize: Int { groups.perUser }
    private var sampleCount: Int { x.rows / groupSize }
    private var chunkCount: Int { (sampleCount + chunkSize - 1) / chunkSize }
    private var blockCount: Int { (listCount + blockWidth - 1) / blockWidth }

    init(
        _ x: Variable, _ groups: InterestGroups, _ positives: PositiveItems, _ parameter: Parameter,
        _ negatives: SoftmaxNegatives, _ vectors: ItemVectors?, on tape: Tape
    ) {
        let groupSize = groups.perUser
        self.x = x
        self.groups = groups
        self.positives = positives
        self.parameter = parameter
        self.negatives = negatives
        self.vectors = vectors
        loss = tape.variable(rows: 1, columns: 1)
        let samples = x.rows / groupSize
        // Many targets are scored some at a time, so that wide blocks of their scores stay near.
        let most = tape.targets == nil ? samples : min(samples, max(Self.chunkVectors / groupSize, 1))
        switch negatives.rows {
        case .all: (list, listCount, chunkSize) = (nil, parameter.rows - 1, max(most, 1))
        case .shared(let rows, let count): (list, listCount, chunkSize) = (rows, count, max(most, 1))
        case .perSample(let rows, let count): (list, listCount, chunkSize) = (rows, count, 1)
        }
        let arena = tape.arena
        // A list of its own has one block: it is short, and no other sample needs it.
        hasOwnLists = if case .perSample = negatives.rows { true } else { false }
        let size = tape.targets == nil ? Self.blockSize : Self.targetBlockSize
        var width = max(size / max(chunkSize * groupSize, 1), Self.blockStep)
        if tape.targets != nil { width -= width % Self.blockStep }
        blockWidth = max(hasOwnLists ? listCount : min(listCount, width), 1)
        if let vectors {
            let rows = vectors.negatives.matrix
            shared = SharedItems(rows: rows, transposed: Kernel.transposed(rows, in: arena))
        } else if let list {
            shared = hasOwnLists ? nil : tape.sharedRows(of: parameter, list, count: listCount)
        } else {
            shared = tape.allRows(of: parameter)
        }
        if let offsets = negatives.offsets, !hasOwnLists, let list {
            let own = arena.allocate(Float.self, count: listCount)
            for index in 0..<listCount { own[index] = offsets[Int(list[index])] }
            listOffsets = UnsafePointer(own)
        } else {
            listOffsets = list == nil ? negatives.offsets.map { $0 + 1 } : nil
        }
        logits = arena.allocate(count: x.rows * blockWidth)
        scores = groupSize == 1 ? logits : arena.allocate(count: samples * blockWidth)
        statistics = arena.allocate(count: samples)
        products = arena.allocate(count: x.rows)
        margins = arena.allocate(count: samples)
    }

    func forward(on tape: Tape) {
        let table = tape.parameters(parameter)
        for sample in 0..<sampleCount { statistics[sample] = SoftmaxStatistics() }
        for chunk in 0..<chunkCount {
            for block in 0..<blockCount {
                forEachGroup(of: chunk, range(of: block)) { group in
                    score(group, chunk, block, table, tape.arena) { sample, row, width, masked in
                        switch negatives.comparison {
                        case .softmax(let smoothing):
                            Kernel.extend(
                                &statistics[sample], by: row, count: width, masked: masked, beta: negatives.importance)
                            if smoothing > 0 { Kernel.extendTotal(&statistics[sample], by: row, count: width) }
                        case .binary:
                            Kernel.extendSoftplus(&statistics[sample], by: row, count: width)
                        }
                    }
                }
            }
        }
        var total: Float = 0
        for sample in 0..<sampleCount {
            let item = Int(positives[sample])
            let own = products + sample * groupSize
            for k in 0..<groups.count(sample) {
                own[k] = Kernel.dot(
                    x.value + (sample * groupSize + k) * x.columns, positive(sample, table), count: x.columns)
            }
            var score: Float = 0
            Kernel.logSumExp(MatrixView(own, rows: groups.count(sample), columns: 1), into: &score)
            if let offsets = negatives.offsets { score += offsets[item] }
            switch negatives.comparison {
            case .softmax(let smoothing):
                let margin = statistics[sample].logarithm - score
                margins[sample] = margin
                total += max(margin, 0) + log1p(exp(-abs(margin)))
                if smoothing > 0 { total += smoothing * (score - statistics[sample].mean(with: score)) }
            case .binary(let power):
                margins[sample] = -score
                let own = max(-score, 0) + log1p(exp(-abs(score)))
                total += (power * own + statistics[sample].total) / Float(1 + listCount)
            }
        }
        loss.value[0] = total
    }

    var cost: OperationCost {
        var vectors = 0
        for sample in 0..<sampleCount { vectors += groups.count(sample) }
        let logits = vectors * listCount
        // A shared list is read once, one of its own for each sample.
        let items = (hasOwnLists ? sampleCount : 1) * listCount * x.columns + sampleCount * x.columns
        return OperationCost(
            forward: Work(2 * (logits + vectors) * x.columns + 4 * logits, floats: items + x.count + logits),
            backward: Work(4 * (logits + vectors) * x.columns + 3 * logits, floats: 3 * items + 3 * x.count + logits))
    }

    func backward(on tape: Tape) {
        let table = tape.parameters(parameter)
        let width = x.columns
        let ditems = tape.arena.allocate(
            UnsafeMutablePointer<Float>.self, count: hasOwnLists ? 0 : blockWidth)
        let gradient = loss.gradient[0]
        let dx = x.gradient
        for chunk in (0..<chunkCount).reversed() {
            for block in (0..<blockCount).reversed() {
                let range = range(of: block)
                let first = chunk * chunkSize
                forEachGroup(of: chunk, range) { group in
                    // The last block of a chunk is still there.
                    if block < blockCount - 1 { score(group, chunk, block, table, tape.arena) { _, _, _, _ in } }
                    for local in group {
                        let row = scoreRow(chunk, local, range.count)
                        let sample = first + local
                        switch negatives.comparison {
                        case .softmax(let smoothing):
                            Kernel.softmaxGradients(
                                row, count: range.count, statistics[sample], beta: negatives.importance,
                                gradient: gradient * sigmoid(margins[sample]),
                                less: smoothing > 0 ? gradient * smoothing * statistics[sample].evenShare : 0)
                        case .binary:
                            Kernel.softplusGradients(row, count: range.count, gradient: gradient / Float(1 + listCount))
                        }
                        guard groupSize > 1 else { continue }
                        let own = groups.count(sample)
                        let rows = logitRow(chunk, local, range.count)
                        Kernel.logSumExpBackward(rows, interests: own, count: range.count, dscores: row)
                        Kernel.clear(rows + own * range.count, count: (groupSize - own) * range.count)
                    }
                    guard !hasOwnLists else { return }
                    let rows = vectorRows(of: chunk, group)
                    Kernel.multiply(
                        MatrixView(
                            logitRow(chunk, group.lowerBound, range.count), rows: rows.count, columns: range.count),
                        items(range, table), into: dx + rows.lowerBound * width, accumulate: true)
                }
                guard !hasOwnLists else {
                    ownListBackward(sample: chunk, table, on: tape)
                    continue
                }
                let rows = vectorRows(of: chunk, 0..<size(of: chunk))
                let gradients = MatrixView(
                    logitRow(chunk, 0, range.count), rows: rows.count, columns: range.count)
                for index in range {
                    (ditems + (index - range.lowerBound)).initialize(
                        to: vectors.map { $0.negatives.gradient + index * width }
                            ?? tape.gradientRow(parameter, item(chunk, index)))
                }
                Kernel.addTransposedProduct(gradients, x.matrix[rows], toRows: ditems)
            }
        }
        for sample in 0..<sampleCount {
            var derivative = -gradient * sigmoid(margins[sample])
            switch negatives.comparison {
            case .softmax(let smoothing):
                if smoothing > 0 { derivative += gradient * smoothing * (1 - statistics[sample].evenShare) }
            case .binary(let power): derivative *= power / Float(1 + listCount)
            }
            positiveBackward(sample, derivative, table, on: tape)
        }
    }

    /// From the gradients of the logits of a sample to the sample and its list.
    private func ownListBackward(sample: Int, _ table: UnsafePointer<Float>, on tape: Tape) {
        let gradients = logitRow(sample, 0, listCount)
        let start = sample * groupSize * x.columns
        for index in 0..<listCount {
            let item = item(sample, index)
            let ditem = tape.gradientRow(parameter, item)
            for k in 0..<groups.count(sample) {
                let gradient = gradients[k * listCount + index]
                let vector = start + k * x.columns
                Kernel.accumulate(x.value + vector, times: gradient, into: ditem, count: x.columns)
                Kernel.accumulate(
                    table + Int(item) * x.columns, times: gradient, into: x.gradient + vector, count: x.columns)
            }
        }
    }

    /// The way back through the score of the positive.
    private func positiveBackward(_ sample: Int, _ gradient: Float, _ table: UnsafePointer<Float>, on tape: Tape) {
        let item = positive(sample, table)
        let own = products + sample * groupSize
        var gradient = gradient
        Kernel.logSumExpBackward(own, interests: groups.count(sample), count: 1, dscores: &gradient)
        let ditem =
            vectors.map { $0.positives.gradient + sample * x.columns }
            ?? tape.gradientRow(parameter, positives[sample])
        for k in 0..<groups.count(sample) {
            let vector = (sample * groupSize + k) * x.columns
            Kernel.accumulate(item, times: own[k], into: x.gradient + vector, count: x.columns)
            Kernel.accumulate(x.value + vector, times: own[k], into: ditem, count: x.columns)
        }
    }

    /// Calls `body` for the samples of a chunk, some at a time, whose logits of a block stay near until they have been
    /// looked at.
    @inline(__always)
    private func forEachGroup(of chunk: Int, _ range: Range<Int>, _ body: (_ samples: Range<Int>) -> Void) {
        let count = size(of: chunk)
        // Whole blocks of a product, and enough rows that its right side is worth reading.
        let rows = max(Self.nearSize / range.count / 12, 1) * 12
        let step = max(rows / groupSize, 1)
        for first in stride(from: 0, to: count, by: step) { body(first..<min(first + step, count)) }
    }

    /// Computes the logits and scores of a block, of some samples of a chunk.
    @inline(__always)
    private func score(
        _ samples: Range<Int>, _ chunk: Int, _ block: Int, _ table: UnsafePointer<Float>, _ arena: Arena,
        _ body: (_ sample: Int, _ row: UnsafeMutablePointer<Float>, _ width: Int, _ masked: Int) -> Void
    ) {
        let range = range(of: block)
        let first = chunk * chunkSize
        if let list, hasOwnLists {
            // A product of so few rows is none for a matrix library.
            for k in 0..<groupSize {
                let vector = first * groupSize + k
                Kernel.scores(
                    users: x.matrix[vector..<vector + 1], table: table, candidates: list + chunk * listCount,
                    perUser: listCount, into: logitRow(chunk, 0, range.count) + k * listCount)
            }
        } else if let shared {
            let block = MatrixView(
                shared.transposed.start + range.lowerBound, rows: x.columns, columns: range.count)
            Kernel.multiply(
                x.matrix[vectorRows(of: chunk, samples)], block, stride: shared.transposed.columns,
                into: logitRow(chunk, samples.lowerBound, range.count))
        } else {
            Kernel.multiplyTransposed(
                x.matrix[vectorRows(of: chunk, samples)], items(range, table),
                into: logitRow(chunk, samples.lowerBound, range.count), scratch: arena)
        }
        for local in samples {
            let row = scoreRow(chunk, local, range.count)
            let sample = first + local
            if groupSize > 1 {
                Kernel.logSumExp(
                    MatrixView(
                        logitRow(chunk, local, range.count), rows: groups.count(sample), columns: range.count),
                    into: row)
            }
            if let listOffsets {
                Kernel.accumulate(listOffsets + range.lowerBound, into: row, count: range.count)
            } else if let offsets = negatives.offsets {
                for index in range { row[index - range.lowerBound] += offsets[Int(item(chunk, index))] }
            }
            body(sample, row, range.count, mask(row, chunk, range, positives[sample]))
        }
    }

    /// Masks what is the positive, and says how many there were.
    private func mask(_ row: UnsafeMutablePointer<Float>, _ chunk: Int, _ range: Range<Int>, _ positive: Int32) -> Int {
        guard negatives.masksPositives else { return 0 }
        guard let list else {
            let index = Int(positive) - 1
            guard range.contains(index) else { return 0 }
            row[index - range.lowerBound] = Kernel.maskedScore
            return 1
        }
        let own = list + (hasOwnLists ? chunk * listCount : 0)
        // Which is rare, and quickly found.
        guard Kernel.count(of: positive, in: own + range.lowerBound, count: range.count) > 0 else { return 0 }
        var masked = 0
        for index in range where own[index] == positive {
            row[index - range.lowerBound] = Kernel.maskedScore
            masked += 1
        }
        return masked
    }

    /// The entries of the list that a block has.
    private func range(of block: Int) -> Range<Int> {
        block * blockWidth..<min((block + 1) * blockWidth, listCount)
    }

    /// Samples of a chunk: those of the last one may be fewer.
    private func size(of chunk: Int) -> Int { min(chunkSize, sampleCount - chunk * chunkSize) }

    /// The rows of `x` of some samples of a chunk.
    private func vectorRows(of chunk: Int, _ samples: Range<Int>) -> Range<Int> {
        let first = chunk * chunkSize
        return (first + samples.lowerBound) * groupSize..<(first + samples.upperBound) * groupSize
    }

    /// The item that an entry of the list of a chunk names.
    @inline(__always)
    private func item(_ chunk: Int, _ index: Int) -> Int32 {
        guard let list else { return Int32(1 + index) }
        return list[(hasOwnLists ? chunk * listCount : 0) + index]
    }

    /// The vector of the positive of a sample.
    @inline(__always)
    private func positive(_ sample: Int, _ table: UnsafePointer<Float>) -> UnsafePointer<Float> {
        vectors.map { UnsafePointer($0.positives.value + sample * x.columns) }
            ?? table + Int(positives[sample]) * x.columns
    }

    /// The vectors of the items of a block, for a list that samples share.
    private func items(_ range: Range<Int>, _ table: UnsafePointer<Float>) -> MatrixView {
        shared.map { $0.rows[range] }
            ?? MatrixView(table + (1 + range.lowerBound) * x.columns, rows: range.count, columns: x.columns)
    }

    private func logitRow(_ chunk: Int, _ local: Int, _ width: Int) -> UnsafeMutablePointer<Float> {
        logits + groupSize * (chunk * chunkSize * blockWidth + local * width)
    }

    private func scoreRow(_ chunk: Int, _ local: Int, _ width: Int) -> UnsafeMutablePointer<Float> {
        scores + (chunk * chunkSize * blockWidth + local * width)
    }

    private func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
}
