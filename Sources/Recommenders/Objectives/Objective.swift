import Differentiation
import Interactions
import KernelCore

/// What a model is trained for: which interest, and by which loss.
///
///     u    = select(v_1 ... v_K, e+)                            for a model with several interests
///     loss = loss(<u, e+>, <u, e-_1>, ...)                      or of other scores: ``ScoreRule``
///          + loss(logsumexp_k <v_k, e+>, ...)                   with the multi-interest loss
///          + regularizers of v_1 ... v_K
///
/// A model describes its users, the objective does the rest: so every model has every loss. It may have parameters of
/// its own.
public struct Objective: Sendable {
    /// Loss, selection of the interest and regularizers, as they were asked for.
    public let options: ObjectiveOptions
    private let negatives: Int
    private let batchSize: Int
    private let itemCount: Int
    private let maps: SelectionMaps?
    /// What scores items, where that is no product of two vectors.
    public let mixture: MixtureOfLogits?
    private let popularity: PopularityDistribution?

    /// A file of parameters with one of this name is of a model that was trained with the selection `soft-linear`.
    public static let ownParameterName = SelectionMaps.firstName

    /// Registers the parameters of the objective, behind those of the model.
    ///
    /// - Parameters:
    ///   - negatives: of a sample, or shared by all.
    ///   - batchSize: samples of a step, over all mini-batches.
    public init(
        _ options: ObjectiveOptions, negatives: Int = 1, batchSize: Int = 1, _ context: ModelContext,
        in scope: ParameterScope
    ) {
        self.options = options
        self.negatives = negatives
        self.batchSize = batchSize
        itemCount = context.itemCount
        maps = options.selection == .softLinear ? SelectionMaps(size: context.options.embeddingSize, in: scope) : nil
        mixture = MixtureOfLogits(options, size: context.options.embeddingSize, in: scope)
        popularity = options.loss.drawsNegatives ? Self.popularity(options, context) : nil
    }

    private static func popularity(_ options: ObjectiveOptions, _ context: ModelContext) -> PopularityDistribution? {
        switch options.proposal {
        case .uniform: nil
        case .logUniform: PopularityDistribution(context.itemCounts)
        case .popularity, .batch: PopularityDistribution(context.itemCounts, uniformShare: 0)
        case .mixed: PopularityDistribution(context.itemCounts, uniformShare: options.uniformShare)
        }
    }

    /// Negatives that every sample of a mini-batch must bring with it, as candidates behind the positive.
    public var candidateNegatives: Int { options.loss == .bpr ? negatives : 0 }

    /// Whether the loss of a sample depends on the other samples of its mini-batch, or on which one is the first.
    public var comparesSamplesOfMiniBatch: Bool {
        options.loss.drawsNegatives
            && (options.proposal == .batch || options.sharesNegatives && options.sharing == .shard)
    }

    /// The most items that the loss of a mini-batch reads beside those of the mini-batch itself.
    public func additionalItems(samples: Int) -> Int {
        switch options.loss {
        case .bpr: 0
        case .sampledSoftmax, .gBCE:
            options.proposal == .batch ? 0 : options.sharesNegatives ? negatives : negatives * samples
        case .fullSoftmax: itemCount
        }
    }

    /// The vector of each user that is trained, `[B, d]`, by the rule of ``ObjectiveOptions/selection``.
    public func select(
        from interests: Interests, for batch: PackedBatch, in items: Embedding, on tape: Tape,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        let temperature = options.selectionTemperature
        let interests = options.score.queries(interests, on: tape)
        return switch options.selection {
        case .hard:
            InterestSelection.hardest(of: interests, for: batch, in: items, on: tape, file: file, line: line)
        case .soft, .softLinear:
            InterestSelection.drawn(
                of: interests, temperature: temperature, maps: maps, for: batch, in: items, on: tape, file: file,
                line: line)
        case .expected:
            InterestSelection.labelAware(
                of: interests, power: 1, temperature: temperature, for: batch, in: items, on: tape, file: file,
                line: line)
        }
    }

    /// The loss of a mini-batch, summed over its samples, `[1, 1]`.
    ///
    /// - Parameters:
    ///   - users: `[B, d]`.
    ///   - interests: those of the users, for what looks at all of them; nil for a model without.
    public func loss(
        of users: Variable, interests: Interests? = nil, for batch: PackedBatch, in items: Embedding, on tape: Tape,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            tape.accepts(users: users, "loss", for: batch, in: items, at: ModelSite(file: file, line: line)),
            interests.map({ tape.accepts($0, for: batch, in: items) }) ?? true
        else { return tape.zeros(rows: 1, columns: 1) }
        let isCosine = options.score == .cosine
        let scale = 1 / options.scoreTemperature
        if let mixture {
            return mixture.loss(
                of: users, for: batch, in: items, against: softmaxNegatives(of: batch, on: tape), scale: scale,
                on: tape,
                file: file, line: line)
        }
        let users = isCosine ? tape.normalizeRows(users, scale: scale, file: file, line: line) : users
        var loss: Variable
        if options.loss == .bpr {
            let scores =
                isCosine
                ? cosines(of: users, for: batch, in: items, on: tape)
                : items.scores(of: users, for: batch, on: tape, file: file, line: line)
            loss = tape.rankingLoss(scores, file: file, line: line)
        } else {
            let negatives = softmaxNegatives(of: batch, on: tape)
            let vectors = isCosine ? unitVectors(of: negatives, for: batch, in: items, on: tape) : nil
            loss = tape.softmaxLoss(
                of: users, positives: batch.positives, in: items.table, against: negatives, vectors: vectors,
                file: file, line: line)
            if options.hasMultiInterestLoss, let interests {
                loss = tape.add(
                    loss,
                    tape.softmaxLoss(
                        of: isCosine ? tape.normalizeRows(interests.vectors, scale: scale) : interests.vectors,
                        interests.groups, positives: batch.positives, in: items.table, against: negatives,
                        vectors: vectors, file: file, line: line))
            }
        }
        guard let interests else { return loss }
        if options.routingRegularization > 0, let attention = interests.attention {
            // A sum over the step, while the loss is a mean over it.
            loss = tape.add(
                loss,
                tape.routingRegularization(
                    attention, over: batch.histories, size: items.table.columns,
                    weight: options.routingRegularization * Float(batchSize), file: file, line: line))
        }
        if options.dissimilarity > 0 {
            loss = tape.add(
                loss,
                tape.interestSimilarity(
                    interests.vectors, interests.groups, margin: options.dissimilarityMargin,
                    weight: options.dissimilarity, file: file, line: line))
        }
        return loss
    }

    /// Scores of the candidates of a batch: inner products of the users' vectors with candidates of length 1.
    private func cosines(of users: Variable, for batch: PackedBatch, in items: Embedding, on tape: Tape) -> Variable {
        let width = batch.candidatesPerTarget
        let rows = items(batch.candidates, count: batch.targetCount * width, on: tape)
        return tape.scores(of: users, items: tape.normalizeRows(rows), perUser: width)
    }

    /// The vectors of positives and negatives, of length 1.
    private func unitVectors(
        of negatives: SoftmaxNegatives, for batch: PackedBatch, in items: Embedding, on tape: Tape
    ) -> ItemVectors? {
        let rows: UnsafePointer<Int32>
        let count: Int
        switch negatives.rows {
        case .shared(let list, let shared): (rows, count) = (list, shared)
        case .all:
            let list = tape.arena.allocate(Int32.self, count: itemCount)
            for item in 0..<itemCount { list[item] = Int32(item + 1) }
            (rows, count) = (UnsafePointer(list), itemCount)
        // Refused where options are read.
        case .perSample: return nil
        }
        return ItemVectors(
            negatives: tape.normalizeRows(items(rows, count: count, on: tape)),
            positives: tape.normalizeRows(items.positives(of: batch, on: tape)))
    }

    /// The items that the loss of a training mini-batch draws, with repeats: those that it reads beside its own and the
    /// positives. They are drawn again, and the same, where the loss is computed. nil: none are drawn.
    public func drawnItems(
        of batch: PackedBatch, on tape: Tape
    ) -> (items: UnsafePointer<Int32>, count: Int)? {
        guard options.loss.drawsNegatives, options.proposal != .batch else { return nil }
        return switch softmaxNegatives(of: batch, on: tape).rows {
        case .shared(let items, let count): (items, count)
        case .perSample(let items, let count): (items, batch.targetCount * count)
        case .all: nil
        }
    }

    private func softmaxNegatives(of batch: PackedBatch, on tape: Tape) -> SoftmaxNegatives {
        let smoothed = PositiveComparison.softmax(smoothing: options.labelSmoothing)
        guard options.loss.drawsNegatives else {
            // The positive is one of all items.
            return SoftmaxNegatives(
                .all, masksPositives: true, importance: options.importance, comparison: smoothed)
        }
        let isBinary = options.loss == .gBCE
        guard options.proposal != .batch else {
            let count = batch.targetCount
            let positives = tape.arena.allocate(Int32.self, count: count)
            for target in 0..<count { positives[target] = batch.positives[target] }
            // Each target meets its own positive.
            return SoftmaxNegatives(
                .shared(positives, count: count), offsets: isBinary ? nil : popularity?.offsets, masksPositives: true,
                importance: options.importance, comparison: isBinary ? .binary(power: power(count)) : smoothed)
        }
        let distribution = popularity?.items ?? NegativeDistribution(itemCount: itemCount)
        let rows: SoftmaxNegatives.Rows =
            options.sharesNegatives
            ? .shared(
                options.sharing == .step
                    ? tape.sampleNegatives(negatives, from: distribution)
                    : tape.sampleNegatives(ofMiniBatch: negatives, from: distribution), count: negatives)
            : .perSample(
                tape.sampleNegatives(negatives, sampleCount: batch.targetCount, from: distribution), count: negatives)
        // -log q of a uniform draw is the same for all items, the positive too, and cancels.
        return SoftmaxNegatives(
            rows, offsets: isBinary ? nil : popularity?.offsets, masksPositives: options.masksHits,
            importance: options.importance, comparison: isBinary ? .binary(power: power(negatives)) : smoothed)
    }

    /// beta of gBCE: `alpha (t (1 - 1 / alpha) + 1 / alpha)`, with the share `alpha` of the items that are not the positive
    /// that are drawn.
    private func power(_ negatives: Int) -> Float {
        let alpha = min(Float(negatives) / Float(max(itemCount - 1, 1)), 1)
        return 1 - options.calibration * (1 - alpha)
    }
}
