import Differentiation
import Interactions
import KernelCore
import Recommenders
import Training

/// Finds the ``ModelShape`` of a model for a catalogue of any size, by running it there and back on a few made-up samples
/// and a small catalogue: no table of the asked size is made.
///
/// Every sample adds as much as every other one of its length, so that two mini-batches tell what any one takes. Which
/// ids a table is asked for is seen in the gradient: histories, positives and negatives have ids of their own.
package struct ModelProbe {
    private let configuration: TrainingConfiguration
    private let entry: RecommenderEntry
    /// Items of the made-up histories.
    private let length: Int

    /// Samples of the smaller mini-batch: so many that no float of them shares a line of the arena with what is not theirs.
    private static let few = LargeMemory.alignment / MemoryLayout<Float>.stride
    /// Tables whose heights are so near to the number of items or users belong to them: there is padding, and masks.
    private static let marginOfRows = 8

    /// - Parameters:
    ///   - configuration: valid, with the stage.
    ///   - meanHistory: mean number of items of a history, or of rows of a window.
    package init(_ configuration: TrainingConfiguration, entry: RecommenderEntry, meanHistory: Double) {
        self.configuration = configuration
        self.entry = entry
        let mean = Int(meanHistory.rounded())
        length =
            entry.training.samples == .everyInteraction
            ? 0 : min(max(mean, 1), max(configuration.options.historyMax, 1))
    }

    /// What one mini-batch was.
    private struct Trial {
        let operations: Double
        let bytes: Double
        /// For each table, how many of the ids that a sample can have it was asked for, of a sample.
        let touched: [Touched]
    }

    private struct Touched {
        var history = 0
        var positives = 0
        var negatives = 0
        var users = 0
        var all = 0
    }

    /// The layout of all parameters for a catalogue, and the model whose it is; nothing else is made.
    package func layout(users: Int, items: Int) throws -> (layout: ParameterLayout, model: any Recommender) {
        let layout = ParameterLayout()
        let context = Self.context(configuration, users: users, items: items)
        let model = entry.model(context, in: layout.root)
        _ = Objective(
            configuration.objective, negatives: configuration.negatives, batchSize: configuration.batchSize, context,
            in: layout.root)
        if let error = layout.error { throw error }
        return (layout, model)
    }

    /// A catalogue of which the sizes are known alone: counts of items shape no parameter.
    static func context(_ configuration: TrainingConfiguration, users: Int, items: Int) -> ModelContext {
        ModelContext(
            configuration.options, stage: configuration.stage, userCount: users, itemCount: items, itemCounts: [0, 1])
    }

    /// The shape for a catalogue.
    ///
    /// - Parameters:
    ///   - popularity: of the items.
    /// - Throws: a mistake of the model.
    package func shape(users: Int, items: Int, popularity: RowPopularity) throws -> ModelShape {
        let samples = hasWindows ? 2 : Self.few
        let small = itemsNeeded(samples: 2 * samples)
        let few = try trial(samples: samples, items: small)
        let more = try trial(samples: 2 * samples, items: small)
        var operations = Self.line(few.operations, more.operations, samples)
        var bytes = Self.line(few.bytes, more.bytes, samples)
        if configuration.objective.loss == .fullSoftmax {
            // Everything grows with the items in a straight line.
            let fewOfMany = try trial(samples: samples, items: 2 * small)
            let moreOfMany = try trial(samples: 2 * samples, items: 2 * small)
            let part = Double(items - small) / Double(small)
            operations = Self.extended(
                operations, Self.line(fewOfMany.operations, moreOfMany.operations, samples), part)
            bytes = Self.extended(bytes, Self.line(fewOfMany.bytes, moreOfMany.bytes, samples), part)
        }
        if hasWindows, !comparesSamples {
            // Mini-batches of windows are computed in pieces, and one piece takes the memory of the one before.
            let piece = max(PackedBatch.rowsOfPiece / max(length, 1), 1)
            bytes = ModelShape.Line(fixed: bytes(Double(piece)), perSample: 0)
        }
        let layout = try layout(users: users, items: items).layout
        let probed = try self.layout(users: Self.users(samples: 2 * samples), items: small).layout
        let table = try itemTable(items: small)
        let tables = zip(layout.tables, probed.tables).enumerated().map { index, specifications in
            let (asked, made) = specifications
            let kind = Self.kind(made.parameter.rows, users: Self.users(samples: 2 * samples), items: small)
            return ModelShape.Table(
                name: asked.name, rows: asked.parameter.rows, columns: asked.parameter.columns,
                popularity: kind == .items
                    ? popularity
                    : RowPopularity(zipf: 0, count: kind == .users ? users : asked.parameter.rows),
                draws: draws(of: kind, more.touched[index], samples: 2 * samples, isItems: index == table))
        }
        return ModelShape(
            denseCount: layout.denseCount, tables: tables, operations: operations, activationBytes: bytes,
            meanHistory: Double(length))
    }

    private enum Kind { case items, users, others }

    private static func kind(_ rows: Int, users: Int, items: Int) -> Kind {
        if (items...items + marginOfRows).contains(rows) { return .items }
        return (users...users + marginOfRows).contains(rows) ? .users : .others
    }

    /// The draws of a table, by what two mini-batches have touched of it.
    private func draws(of kind: Kind, _ touched: Touched, samples: Int, isItems: Bool) -> RowDraws {
        var draws = RowDraws()
        switch kind {
        case .others: draws.constant = Double(touched.all)
        case .users: draws.uniformPerSample = 2 * touched.users > samples ? 1 : 0
        case .items:
            let targets = hasWindows ? length : 1
            if length > 0, 2 * touched.history > samples * length { draws.popularPerSample += Double(length) }
            // The targets of a window are items of its history, but for the last one.
            if 2 * touched.positives > samples { draws.popularPerSample += 1 }
            let negatives = candidateNegatives * targets
            if negatives > 0, 2 * touched.negatives > samples * negatives {
                draws.uniformPerSample += Double(negatives)
            }
            if isItems { addNegatives(to: &draws, targets: targets) }
        }
        return draws
    }

    /// Adds what the loss draws beside the mini-batch.
    private func addNegatives(to draws: inout RowDraws, targets: Int) {
        let objective = configuration.objective
        guard objective.loss.drawsNegatives else {
            draws.isComplete = objective.loss == .fullSoftmax
            return
        }
        let count = Double(configuration.negatives)
        let uniform: Double
        switch objective.proposal {
        case .batch: return
        case .uniform: uniform = count
        case .logUniform, .popularity: uniform = 0
        case .mixed: uniform = count * Double(objective.uniformShare)
        }
        if !objective.sharesNegatives {
            draws.uniformPerSample += uniform * Double(targets)
            draws.popularPerSample += (count - uniform) * Double(targets)
        } else if objective.sharing == .step {
            draws.uniformPerStep += uniform
            draws.popularPerStep += count - uniform
        } else {
            draws.uniformPerShard += uniform
            draws.popularPerShard += count - uniform
        }
    }

    private static func line(_ few: Double, _ more: Double, _ samples: Int) -> ModelShape.Line {
        let slope = max(more - few, 0) / Double(samples)
        return ModelShape.Line(fixed: max(few - slope * Double(samples), 0), perSample: slope)
    }

    /// What lies `part` of the way beyond the first of two lines, measured by the way to the second.
    private static func extended(_ one: ModelShape.Line, _ two: ModelShape.Line, _ part: Double) -> ModelShape.Line {
        ModelShape.Line(
            fixed: max(one.fixed + part * (two.fixed - one.fixed), 0),
            perSample: max(one.perSample + part * (two.perSample - one.perSample), 0))
    }

    private var hasWindows: Bool { configuration.windows != nil }

    private var candidateNegatives: Int { configuration.objective.loss == .bpr ? configuration.negatives : 0 }

    private var comparesSamples: Bool {
        let objective = configuration.objective
        return objective.loss.drawsNegatives
            && (objective.proposal == .batch || objective.sharesNegatives && objective.sharing == .shard)
    }

    private static func users(samples: Int) -> Int { 4 * samples + 5 }

    /// So many items that histories, positives and negatives have ids of their own, and draws among all seldom meet them.
    private func itemsNeeded(samples: Int) -> Int {
        let targets = hasWindows ? length : 1
        return 4 * (samples * (length + targets * (1 + candidateNegatives)) + configuration.negatives) + 1000
    }

    private func context(users: Int, items: Int) -> ModelContext {
        ModelContext(
            configuration.options, stage: configuration.stage, userCount: users, itemCount: items,
            itemCounts: [0] + [Int32](repeating: 1, count: items))
    }

    /// Which of the tables has the items' vectors.
    private func itemTable(items: Int) throws -> Int? {
        let layout = ParameterLayout()
        let model = entry.model(context(users: Self.users(samples: 1), items: items), in: layout.root)
        return model.items.table.tableIndex
    }

    private func trial(samples: Int, items: Int) throws -> Trial {
        let users = Self.users(samples: samples)
        let layout = ParameterLayout()
        let context = context(users: users, items: items)
        let model = entry.model(context, in: layout.root)
        let objective = Objective(
            configuration.objective, negatives: configuration.negatives, batchSize: configuration.batchSize, context,
            in: layout.root)
        if let error = layout.error { throw error }
        let parameters = ParameterStorage(layout)
        parameters.values.initialize(layout, seed: configuration.seed)
        let gradientLayout = GradientLayout(layout, rowCapacity: items + users + 1)
        let memory = LargeMemory.allocate(byteCount: gradientLayout.byteCount)
        defer { LargeMemory.deallocate(memory) }
        let recorder = GradientRecorder(gradientLayout)
        let tape = Tape(parameters: parameters.values, gradients: recorder)
        let profile = OperationProfile(measuresTime: false)
        tape.profile = profile
        let batch = PackedBatch()
        let ids = MadeUpIds(
            samples: samples, length: length, negatives: objective.candidateNegatives, hasWindows: hasWindows)
        ids.fill(batch)
        guard let base = memory.baseAddress else { throw ModelError.noMemory(for: entry) }
        let gradient = GradientView(gradientLayout, at: base)
        tape.beginStep()
        defer { tape.endStep() }
        tape.begin(
            .training(sampleNames: batch.sampleNames, seed: configuration.seed, step: 1), sampleCount: batch.count,
            targets: batch.tapeTargets)
        recorder.begin(in: gradient)
        let loss = model.trainingLoss(of: batch, under: objective, on: tape)
        tape.backward(from: loss)
        if let error = tape.error { throw error }
        let bytes = tape.bytesInUse
        recorder.finish(sampleCount: batch.targetCount, loss: 0)
        let cost = profile.total
        return Trial(
            operations: Double(cost.forward.operations + cost.backward.operations), bytes: Double(bytes),
            touched: layout.tables.indices.map { touched(gradient, $0, ids, samples: samples) })
    }

    private func touched(_ gradient: GradientView, _ table: Int, _ ids: MadeUpIds, samples: Int) -> Touched {
        var touched = Touched()
        let entries = gradient.entries(table)
        for index in 0..<gradient.rowCount(table) {
            let row = Int(entries[index].row)
            touched.all += 1
            if ids.histories.contains(row) { touched.history += 1 }
            if ids.positives.contains(row) { touched.positives += 1 }
            if ids.negatives.contains(row) { touched.negatives += 1 }
            if (1...samples).contains(row) { touched.users += 1 }
        }
        return touched
    }
}

extension ModelError {
    fileprivate static func noMemory(for entry: RecommenderEntry) -> ModelError {
        ModelError(
            "forecast", "a few samples of \(entry.name) have no memory",
            recoverySuggestion: "end other programs", at: ModelSite(file: #fileID, line: #line))
    }
}

/// The ids of made-up samples, of which no two are the same.
private struct MadeUpIds {
    let samples: Int
    let length: Int
    let negativesPerTarget: Int
    let hasWindows: Bool

    init(samples: Int, length: Int, negatives: Int, hasWindows: Bool) {
        self.samples = samples
        self.length = length
        negativesPerTarget = negatives
        self.hasWindows = hasWindows
    }

    private var targets: Int { hasWindows ? length : 1 }

    var histories: Range<Int> { 1..<1 + samples * length }
    var positives: Range<Int> { histories.upperBound..<histories.upperBound + samples * targets }
    var negatives: Range<Int> {
        positives.upperBound..<positives.upperBound + samples * targets * negativesPerTarget
    }

    private func candidates(ofTarget target: Int) -> [Int32] {
        let first = negatives.lowerBound + target * negativesPerTarget
        return [Int32(positives.lowerBound + target)] + (first..<first + negativesPerTarget).map(Int32.init)
    }

    func fill(_ batch: PackedBatch) {
        let users = (1...samples).map(Int32.init)
        let gaps = [Int64](repeating: 1, count: samples)
        let items = (0..<samples).map { sample in
            (0..<length).map { Int32(histories.lowerBound + sample * length + $0) }
        }
        guard hasWindows else {
            return batch.fill(
                users: users, histories: items, candidates: (0..<samples).map(candidates), smallestTimeGaps: gaps)
        }
        batch.fill(
            users: users, histories: items,
            candidates: (0..<samples).map { sample in (0..<length).map { candidates(ofTarget: sample * length + $0) } },
            smallestTimeGaps: gaps)
    }
}
