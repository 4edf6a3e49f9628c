import Differentiation
import KernelCore
import Testing

/// Sizes that do not fit are refused by every operation before a kernel reads or writes beyond its memory: with the
/// sizes, and with the line that asked for it.
@Suite struct ModelErrorTests {
    /// A tape in the middle of a training mini-batch of two samples, with histories of three items and of one.
    final class Setting {
        let layout = ParameterLayout()
        let weight, bias, shortBias, recurrent, recurrentBias, table, dense, mixtureWeight: Parameter
        let samples = Fixed<UInt32>([5, 9])
        let histories = PackedHistories([3, 1])
        private let recording: Recording
        private var numbers: [Fixed<Int32>] = []

        init() {
            let scope = layout.root
            weight = scope.matrix("weight", rows: 6, columns: 4, .normal(deviation: 1))
            bias = scope.vector("bias", count: 6, .constant(1))
            shortBias = scope.vector("short", count: 5, .constant(1))
            recurrent = scope.matrix("recurrent", rows: 12, columns: 4, .normal(deviation: 1))
            recurrentBias = scope.vector("recurrentBias", count: 12, .constant(1))
            table = scope.table("table", rows: 8, columns: 4, .normal(deviation: 1))
            dense = scope.matrix("dense", rows: 8, columns: 4, .normal(deviation: 1))
            mixtureWeight = scope.matrix("mixture", rows: 4, columns: 6, .normal(deviation: 1))
            let storage = ParameterStorage(layout)
            storage.values.initialize(layout, seed: 1)
            recording = Recording(storage, rowCapacity: 3)
            tape.begin(.training(sampleNames: samples.pointer, seed: 1, step: 1), sampleCount: 2)
            recording.recorder.begin(in: recording.view)
        }

        var tape: Tape { recording.tape }
        var sequences: JaggedOffsets { histories.sequences }

        func x(_ rows: Int, _ columns: Int) -> Variable {
            let x = tape.variable(rows: rows, columns: columns)
            for index in 0..<x.count { x.value[index] = 1 }
            return x
        }

        func ids(_ list: Int32...) -> UnsafePointer<Int32> {
            let fixed = Fixed(list)
            numbers.append(fixed)
            return fixed.pointer
        }

        func plan(iterations: Int = 1) -> RoutingPlan {
            RoutingPlan(
                over: sequences, to: InterestGroups(perUser: 2), columns: 4, iterations: iterations,
                overPositions: false,
                hasRowsPerInterest: true)
        }

        let angles = RotaryAngles(positions: 3, width: 4)

        /// A group of two queries for each history.
        func queries(_ seen: Int32...) -> CausalQueries {
            let (groups, places) = (Fixed<Int32>([0, 1, 2]), Fixed(seen))
            numbers += [groups, places]
            return CausalQueries(
                groups: JaggedOffsets(offsets: groups.pointer, count: 2), seen: places.pointer, perGroup: 2)
        }

        /// Mixtures of 2 x 2 vectors of 4 numbers for the two samples, against two negatives on the tape.
        func mixtureLoss(_ rows: SoftmaxNegatives.Rows, userColumns: Int = 8, line: UInt) {
            let network = MixtureNetworkParameters(first: weight, bias: bias, second: mixtureWeight)
            let items = MixtureVectors(vectors: x(2, 8), gates: x(2, 4))
            _ = tape.mixtureLoss(
                of: MixtureVectors(vectors: x(2, userColumns), gates: x(2, 4)), positives: PositiveItems(ids(1, 2)),
                own: items, against: SoftmaxNegatives(rows), items: items, by: network,
                MixtureShape(users: 2, items: 2, size: 4, hidden: 6), scale: 1, line: line)
        }

        func logits(_ count: Int) -> UnsafeMutablePointer<Float> { tape.arena.allocateZeroed(count: count) }
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let operation: String
        let words: [String]
        let make: @Sendable (Setting) -> Void

        init(_ operation: String, _ words: String..., make: @escaping @Sendable (Setting) -> Void) {
            self.operation = operation
            self.words = words
            self.make = make
        }

        var testDescription: String { "\(operation): \(words.joined(separator: " "))" }
    }

    /// Stands for the line of the model.
    private static let line: UInt = 4711

    static let sizes = [
        Mistake("add", "[3, 4]", "[3, 5]") { _ = $0.tape.add($0.x(3, 4), $0.x(3, 5), line: line) },
        Mistake("add", "[3, 4]", "[4, 3]") { _ = $0.tape.add($0.x(3, 4), $0.x(4, 3), line: line) },
        Mistake("variable", "[-1, 4]") { _ = $0.tape.variable(rows: -1, columns: 4, line: line) },
        Mistake("callAsFunction", "[8, 4]") { _ = $0.tape($0.table, line: line) },
        Mistake("linear", "[3, 5]", "[6, 4]") {
            _ = $0.tape.linear($0.x(3, 5), weight: $0.weight, bias: nil, line: line)
        },
        Mistake("linear", "[6, 4]", "[1, 5]") {
            _ = $0.tape.linear($0.x(3, 4), weight: $0.weight, bias: $0.shortBias, line: line)
        },
        Mistake("linear", "[8, 4]") { _ = $0.tape.linear($0.x(3, 4), weight: $0.table, bias: nil, line: line) },
        Mistake("groupedLinear", "[2, 5]", "[6, 4]") {
            _ = $0.tape.groupedLinear($0.x(2, 5), groups: $0.ids(0, 1), weight: $0.weight, outputs: 3, line: line)
        },
        Mistake("groupedLinear", "4 outputs") {
            _ = $0.tape.groupedLinear($0.x(2, 4), groups: $0.ids(0, 1), weight: $0.weight, outputs: 4, line: line)
        },
        Mistake("groupedLinear", "0 outputs") {
            _ = $0.tape.groupedLinear($0.x(2, 4), groups: $0.ids(0, 1), weight: $0.weight, outputs: 0, line: line)
        },
        Mistake("groupedLinear", "group 2", "2 matrices") {
            _ = $0.tape.groupedLinear($0.x(2, 4), groups: $0.ids(0, 2), weight: $0.weight, outputs: 3, line: line)
        },
        Mistake("attention", "[3, 4]", "[4, 4]") {
            _ = $0.tape.attention(
                q: $0.x(3, 4), k: $0.x(4, 4), v: $0.x(4, 4), over: $0.sequences, heads: 1, queries: .all, line: line)
        },
        Mistake("attention", "[4, 8]", "[4, 4]") {
            _ = $0.tape.attention(
                q: $0.x(4, 4), k: $0.x(4, 8), v: $0.x(4, 4), over: $0.sequences, heads: 1, queries: .causal, line: line)
        },
        Mistake("attention", "v [4, 5]") {
            _ = $0.tape.attention(
                q: $0.x(2, 4), k: $0.x(4, 4), v: $0.x(4, 5), over: $0.sequences, heads: 1, queries: .newest, line: line)
        },
        Mistake("attention", "3 heads") {
            _ = $0.tape.attention(
                q: $0.x(4, 4), k: $0.x(4, 4), v: $0.x(4, 4), over: $0.sequences, heads: 3, queries: .all, line: line)
        },
        Mistake("attention", "0 heads") {
            _ = $0.tape.attention(
                q: $0.x(4, 4), k: $0.x(4, 4), v: $0.x(4, 4), over: $0.sequences, heads: 0, queries: .all, line: line)
        },
        Mistake("attention", "[2, 4]", "slot") {
            _ = $0.tape.attention(
                q: $0.x(2, 4), k: $0.x(4, 4), v: $0.x(4, 4),
                relative: Tape.Relative(slots: $0.ids(0, 1, 2, 0), keys: $0.x(2, 4), values: $0.x(2, 4)),
                over: $0.sequences, heads: 1, queries: .newest, line: line)
        },
        Mistake("attention", "[2, 5]") {
            _ = $0.tape.attention(
                q: $0.x(2, 4), k: $0.x(4, 4), v: $0.x(4, 4),
                relative: Tape.Relative(slots: $0.ids(0, 1, 1, 0), keys: $0.x(2, 5), values: $0.x(2, 4)),
                over: $0.sequences, heads: 1, queries: .newest, line: line)
        },
        Mistake("causalAttention", "[3, 4]", "4 items") {
            _ = $0.tape.causalAttention(
                q: $0.x(3, 4), k: $0.x(4, 4), v: $0.x(4, 4), over: $0.sequences, heads: 1, line: line)
        },
        Mistake("causalAttention", "[2, 4]", "2 groups of 2") {
            _ = $0.tape.causalAttention(
                q: $0.x(2, 4), k: $0.x(4, 4), v: $0.x(4, 4), over: $0.sequences, heads: 1, queries: $0.queries(3, 1),
                line: line)
        },
        Mistake("causalAttention", "[4, 4]", "2 groups of 2 queries behind items of 2 histories") {
            _ = $0.tape.causalAttention(
                q: $0.x(4, 4), k: $0.x(4, 4), v: $0.x(4, 4), over: $0.sequences, heads: 1, queries: $0.queries(4, 1),
                line: line)
        },
        Mistake("causalAttention", "2 groups of 2") {
            _ = $0.tape.causalAttention(
                q: $0.x(4, 4), k: $0.x(4, 4), v: $0.x(4, 4), over: $0.sequences, heads: 1, queries: $0.queries(0, 1),
                line: line)
        },
        Mistake("rotate", "[3, 4]", "2 groups of 2", "each query") {
            _ = $0.tape.rotate(
                $0.x(3, 4), by: $0.angles, over: $0.sequences, heads: 1, queries: $0.queries(2, 1), line: line)
        },
        Mistake("rotate", "[3, 4]", "each item") {
            _ = $0.tape.rotate($0.x(3, 4), by: $0.angles, over: $0.sequences, heads: 1, line: line)
        },
        Mistake("outerSum", "[3, 4]", "[2, 5]") { _ = $0.tape.outerSum($0.x(3, 4), $0.x(2, 5), line: line) },
        Mistake("newest", "[2, 4]", "4 items") { _ = $0.tape.newest($0.x(2, 4), over: $0.sequences, line: line) },
        Mistake("gatedRecurrence", "[3, 12]", "4 items") {
            _ = $0.tape.gatedRecurrence(
                $0.x(3, 12), weight: $0.recurrent, bias: $0.recurrentBias, over: $0.sequences, line: line)
        },
        Mistake("gatedRecurrence", "[4, 4]", "[12, 4]") {
            _ = $0.tape.gatedRecurrence(
                $0.x(4, 4), weight: $0.recurrent, bias: $0.recurrentBias, over: $0.sequences, line: line)
        },
        Mistake("gatedRecurrence", "[1, 6]") {
            _ = $0.tape.gatedRecurrence(
                $0.x(4, 12), weight: $0.recurrent, bias: $0.bias, over: $0.sequences, line: line)
        },
        Mistake("layerNorm", "[3, 6]", "[2, 6]") {
            _ = $0.tape.layerNorm($0.x(3, 6), residual: $0.x(2, 6), weight: $0.bias, bias: $0.bias, line: line)
        },
        Mistake("layerNorm", "[3, 6]", "[1, 5]") {
            _ = $0.tape.layerNorm($0.x(3, 6), residual: $0.x(3, 6), weight: $0.bias, bias: $0.shortBias, line: line)
        },
        Mistake("labelAwareAttention", "[6, 5]", "[8, 4]") {
            _ = $0.tape.labelAwareAttention(
                $0.x(6, 5), InterestGroups(perUser: 3), positives: PositiveItems($0.ids(1, 2)), in: $0.table, power: 1,
                line: line)
        },
        Mistake("labelAwareAttention", "groups of 4") {
            _ = $0.tape.labelAwareAttention(
                $0.x(6, 4), InterestGroups(perUser: 4), positives: PositiveItems($0.ids(1, 2)), in: $0.table, power: 1,
                line: line)
        },
        Mistake("labelAwareAttention", "groups of 0") {
            _ = $0.tape.labelAwareAttention(
                $0.x(6, 4), InterestGroups(perUser: 0), positives: PositiveItems($0.ids(1, 2)), in: $0.table, power: 1,
                line: line)
        },
        Mistake("labelAwareAttention", "row 8", "[8, 4]") {
            _ = $0.tape.labelAwareAttention(
                $0.x(6, 4), InterestGroups(perUser: 3), positives: PositiveItems($0.ids(1, 0, 8, 0), stride: 2),
                in: $0.table, power: 1,
                line: line)
        },
        Mistake("labelAwareAttention", "[6, 4]", "[2, 5]") {
            _ = $0.tape.labelAwareAttention(
                $0.x(6, 4), InterestGroups(perUser: 3), positives: $0.x(2, 5), line: line)
        },
        Mistake("labelAwareAttention", "[6, 4]", "[3, 4]") {
            _ = $0.tape.labelAwareAttention(
                $0.x(6, 4), InterestGroups(perUser: 3), positives: $0.x(3, 4), line: line)
        },
        Mistake("sequenceProducts", "[3, 4]", "4 items") {
            _ = $0.tape.sequenceProducts($0.x(3, 4), with: $0.x(4, 4), perSequence: 2, over: $0.sequences, line: line)
        },
        Mistake("sequenceProducts", "[4, 4]", "[4, 5]") {
            _ = $0.tape.sequenceProducts($0.x(4, 4), with: $0.x(4, 5), perSequence: 2, over: $0.sequences, line: line)
        },
        Mistake("sequenceProducts", "[5, 4]", "2 each") {
            _ = $0.tape.sequenceProducts($0.x(4, 4), with: $0.x(5, 4), perSequence: 2, over: $0.sequences, line: line)
        },
        Mistake("spread", "[4, 4]", "[3, 2]") {
            _ = $0.tape.spread($0.x(4, 4), weights: $0.x(3, 2), over: $0.sequences, line: line)
        },
        Mistake("spread", "[5, 4]", "[4, 2]") {
            _ = $0.tape.spread($0.x(5, 4), weights: $0.x(4, 2), over: $0.sequences, line: line)
        },
        Mistake("blockProducts", "[3, 23]", "[6, 4]") {
            _ = $0.tape.blockProducts($0.x(3, 23), weight: $0.weight, line: line)
        },
        Mistake("blockProducts", "[8, 4]") {
            _ = $0.tape.blockProducts($0.x(3, 32), weight: $0.table, line: line)
        },
        Mistake("gateRows", "[3, 4]", "[1, 2]") {
            _ = $0.tape.gateRows($0.x(3, 4), gates: $0.x(1, 2), line: line)
        },
        Mistake("largestProducts", "[2, 5]", "[6, 4]") {
            _ = $0.tape.largestProducts(of: $0.weight, with: $0.x(2, 5), count: 2, line: line)
        },
        Mistake("largestProducts", "7 rows", "1 to 6") {
            _ = $0.tape.largestProducts(of: $0.weight, with: $0.x(2, 4), count: 7, line: line)
        },
        Mistake("largestProducts", "0 rows") {
            _ = $0.tape.largestProducts(of: $0.weight, with: $0.x(2, 4), count: 0, line: line)
        },
        Mistake("largestProducts", "[8, 4]", "dense") {
            _ = $0.tape.largestProducts(of: $0.table, with: $0.x(2, 4), count: 2, line: line)
        },
        Mistake("rowCovariance", "[8, 4]", "dense") { _ = $0.tape.rowCovariance(of: $0.table, weight: 1, line: line) },
        Mistake("rankingLoss", "[2, 1]") { _ = $0.tape.rankingLoss($0.x(2, 1), line: line) },
        Mistake("distillationLoss", "[2, 0]") {
            _ = $0.tape.distillationLoss(target: $0.logits(4), logits: $0.x(2, 0), temperature: 1, line: line)
        },
        Mistake("meanRows", "row -1", "[8, 4]") {
            _ = $0.tape.meanRows($0.ids(1, 2, -1, 3), of: $0.table, over: $0.sequences, line: line)
        },
        Mistake("pool", "[3, 4]", "4 items") {
            _ = $0.tape.pool($0.x(3, 4), weights: $0.x(3, 2), over: $0.sequences, line: line)
        },
        Mistake("pool", "[4, 4]", "[3, 2]") {
            _ = $0.tape.pool($0.x(4, 4), weights: $0.x(3, 2), over: $0.sequences, line: line)
        },
        Mistake("mix", "[5, 4]", "[2, 3]") { _ = $0.tape.mix($0.x(5, 4), weights: $0.x(2, 3), line: line) },
        Mistake("select", "[5, 4]", "groups of 2") {
            _ = $0.tape.select($0.ids(0, 1), from: $0.x(5, 4), perUser: 2, line: line)
        },
        Mistake("select", "[4, 4]", "below 2") {
            _ = $0.tape.select($0.ids(0, 2), from: $0.x(4, 4), perUser: 2, line: line)
        },
        Mistake("select", "groups of 0") {
            _ = $0.tape.select($0.ids(0, 2), from: $0.x(4, 4), perUser: 0, line: line)
        },
        Mistake("routingRegularization", "[3, 2]", "4 items") {
            _ = $0.tape.routingRegularization($0.x(3, 2), over: $0.sequences, size: 4, weight: 1, line: line)
        },
        Mistake("interestSimilarity", "[5, 4]", "groups of 2") {
            _ = $0.tape.interestSimilarity(
                $0.x(5, 4), InterestGroups(perUser: 2), margin: 0, weight: 1, line: line)
        },
        Mistake("interestSimilarity", "groups of 0") {
            _ = $0.tape.interestSimilarity(
                $0.x(4, 4), InterestGroups(perUser: 0), margin: 0, weight: 1, line: line)
        },
        Mistake("route", "[4, 4]", "[4, 8]") {
            _ = $0.tape.route($0.x(4, 4), by: $0.plan(), logits: $0.logits(8), line: line)
        },
        Mistake("route", "0 iterations") {
            _ = $0.tape.route($0.x(4, 8), by: $0.plan(iterations: 0), logits: $0.logits(8), line: line)
        },
        Mistake("rows", "row 8", "[8, 4]", "0 to 7") {
            _ = $0.tape.rows($0.ids(1, 8), of: $0.table, count: 2, line: line)
        },
        Mistake("rows", "row -3") { _ = $0.tape.rows($0.ids(-3), of: $0.dense, count: 1, line: line) },
        Mistake("rows", "-1 rows") { _ = $0.tape.rows($0.ids(), of: $0.dense, count: -1, line: line) },
        Mistake("scores", "[2, 5]", "[8, 4]") {
            _ = $0.tape.scores(of: $0.x(2, 5), candidates: $0.ids(1, 2), perUser: 1, in: $0.table, line: line)
        },
        Mistake("scores", "row 9") {
            _ = $0.tape.scores(of: $0.x(2, 4), candidates: $0.ids(1, 9), perUser: 1, in: $0.table, line: line)
        },
        Mistake("sequenceSoftmax", "[3, 2]", "4 items") {
            _ = $0.tape.sequenceSoftmax($0.x(3, 2), over: $0.sequences, line: line)
        },
        Mistake("rowSoftmax", "[3, 0]") { _ = $0.tape.rowSoftmax($0.x(3, 0), line: line) },
        Mistake("dropout", "[3, 4]", "2 samples") { _ = $0.tape.dropout($0.x(3, 4), rate: 0.5, line: line) },
        Mistake("dropout", "[3, 4]", "4 items") {
            _ = $0.tape.dropout($0.x(3, 4), rate: 0.5, over: $0.sequences, line: line)
        },
        Mistake("dropout", "[4, 4]", "groups of 3") {
            _ = $0.tape.dropout($0.x(4, 4), rate: 0.5, inGroupsOf: 3, line: line)
        },
        Mistake("dropout", "[6, 4]", "groups of 2", "2 samples") {
            _ = $0.tape.dropout($0.x(6, 4), rate: 0.5, inGroupsOf: 2, line: line)
        },
        Mistake("dropout", "rate 1.0") { _ = $0.tape.dropout($0.x(2, 4), rate: 1, line: line) },
        Mistake("standardNormals", "-2 columns") {
            _ = $0.tape.standardNormals(columns: -2, over: $0.sequences, users: $0.ids(1, 2), line: line)
        },
        Mistake("drawInterests", "3 draws", "2 samples") {
            _ = $0.tape.drawInterests(
                $0.logits(6), count: 3, of: InterestGroups(perUser: 2), temperature: 1, line: line)
        },
        Mistake("sampleNegatives", "-1 items") {
            _ = $0.tape.sampleNegatives(-1, from: NegativeDistribution(itemCount: 7), line: line)
        },
        Mistake("sampleNegatives", "3 samples", "2 samples") {
            _ = $0.tape.sampleNegatives(2, sampleCount: 3, from: NegativeDistribution(itemCount: 7), line: line)
        },
        Mistake("softmaxLoss", "[2, 5]", "[8, 4]") {
            _ = $0.tape.softmaxLoss(
                of: $0.x(2, 5), positives: PositiveItems($0.ids(1, 2)), in: $0.table, against: SoftmaxNegatives(.all),
                line: line)
        },
        Mistake("softmaxLoss", "groups of 3") {
            _ = $0.tape.softmaxLoss(
                of: $0.x(4, 4), InterestGroups(perUser: 3), positives: PositiveItems($0.ids(1, 2)), in: $0.table,
                against: SoftmaxNegatives(.all), line: line)
        },
        Mistake("softmaxLoss", "positives", "row 8") {
            _ = $0.tape.softmaxLoss(
                of: $0.x(2, 4), positives: PositiveItems($0.ids(1, 8)), in: $0.table, against: SoftmaxNegatives(.all),
                line: line)
        },
        Mistake("softmaxLoss", "negatives", "row 11") {
            _ = $0.tape.softmaxLoss(
                of: $0.x(2, 4), positives: PositiveItems($0.ids(1, 2)), in: $0.table,
                against: SoftmaxNegatives(.shared($0.ids(3, 11), count: 2)), line: line)
        },
        Mistake("softmaxLoss", "negatives", "row 12") {
            _ = $0.tape.softmaxLoss(
                of: $0.x(2, 4), positives: PositiveItems($0.ids(1, 2)), in: $0.table,
                against: SoftmaxNegatives(.perSample($0.ids(3, 1, 4, 12), count: 2)), line: line)
        },
        Mistake("normalizeRows", "[2, 5]", "2 parts") {
            _ = $0.tape.normalizeRows($0.x(2, 5), parts: 2, line: line)
        },
        Mistake("mixtureLoss", "negatives that all samples share") { $0.mixtureLoss(.all, line: line) },
        Mistake("mixtureLoss", "3 negatives [2, 8]") { $0.mixtureLoss(.shared($0.ids(1, 2, 3), count: 3), line: line) },
        Mistake("mixtureLoss", "[2, 11]", "2 x 2 vectors of 4") {
            $0.mixtureLoss(.shared($0.ids(1, 2), count: 2), userColumns: 11, line: line)
        },
        Mistake("backward", "[2, 2]") {
            let loss = $0.tape.add($0.x(2, 2), $0.x(2, 2), line: line)
            $0.tape.backward(from: loss)
        },
        Mistake("backward", "more than 3 rows", "4 columns") {
            let loss = $0.tape.rankingLoss(
                $0.tape.scores(of: $0.x(1, 4), candidates: $0.ids(1, 2, 3, 4), perUser: 4, in: $0.table, line: line))
            $0.tape.backward(from: loss)
        },
    ]

    @Test(arguments: sizes) func `an operation refuses sizes that do not fit, with the line of the model`(
        mistake: Mistake
    ) throws {
        let setting = Setting()
        mistake.make(setting)
        let line = Self.line
        let error = try #require(setting.tape.error)
        #expect(error.operation == mistake.operation)
        #expect(error.file == #fileID && error.line == line)
        for word in mistake.words { #expect(error.problem.contains(word), "\(error.problem)") }
        let lines = error.description.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.hasPrefix("\(#fileID):\(line): \(mistake.operation): ") == true)
    }

    @Test func `nothing is computed after a mistake, and the first one is the one that is told`() throws {
        let setting = Setting()
        let tape = setting.tape
        let wrong = tape.linear(setting.x(2, 3), weight: setting.weight, bias: nil)
        let first = try #require(tape.error)
        #expect(first.file == #fileID && first.line == #line - 2)
        #expect(wrong.rows == 2 && wrong.columns == 6)
        #expect((0..<wrong.count).allSatisfy { wrong.value[$0] == 0 })
        // Numbers that would be read beyond the table.
        _ = tape.rows(setting.ids(1_000_000_000), of: setting.table, count: 1)
        let sum = tape.add(wrong, setting.x(3, 3))
        #expect(sum.rows == 2 && sum.columns == 6)
        tape.backward(from: tape.zeros(rows: 1, columns: 1))
        tape.begin(.scoring(seed: 0))
        _ = tape.add(setting.x(1, 1), setting.x(1, 1))
        #expect(tape.error == first)
    }

    @Test func `a table that is read at more rows than there is room for leaves the others as they are`() throws {
        let setting = Setting()
        let tape = setting.tape
        tape.backward(
            from: tape.rankingLoss(
                tape.scores(of: setting.x(1, 4), candidates: setting.ids(1, 2, 3), perUser: 3, in: setting.table)))
        #expect(tape.error == nil)
    }

    @Test func `draws are refused in scoring, which has no samples`() throws {
        for draw: @Sendable (Tape) -> Void in [
            { _ = $0.sampleNegatives(2, from: NegativeDistribution(itemCount: 7)) },
            { _ = $0.sampleNegatives(2, sampleCount: 1, from: NegativeDistribution(itemCount: 7)) },
            {
                _ = $0.drawInterests(
                    $0.arena.allocateZeroed(count: 2), count: 1, of: InterestGroups(perUser: 2), temperature: 1)
            },
        ] {
            let tape = Setting().tape
            tape.begin(.scoring(seed: 1))
            draw(tape)
            #expect(try #require(tape.error).problem.contains("in scoring"))
        }
    }

    @Test func `parameters that cannot be are refused where they are registered`() throws {
        func error(_ register: (ParameterScope) -> Void) throws -> ModelError {
            let layout = ParameterLayout()
            register(layout.root.within("part"))
            return try #require(layout.error)
        }
        let twice = try error {
            _ = $0.matrix("w", rows: 2, columns: 3, .constant(0))
            _ = $0.vector("w", count: 3, .constant(0))
        }
        #expect(twice.problem == "two parameters are called part.w, [2, 3] and [3]")
        #expect(twice.file == #fileID && twice.line == #line - 3)
        #expect(try error { _ = $0.matrix("w", rows: 0, columns: 3, .constant(0)) }.problem.contains("[0, 3]"))
        #expect(try error { _ = $0.table("w", rows: 2, columns: -1, .constant(0)) }.problem.contains("[2, -1]"))
        #expect(try error { _ = $0.vector("w", count: 0, .constant(0)) }.problem.contains("[0]"))
        #expect(try error { _ = $0.vector("w", count: 2, .values([1])) }.problem.contains("1 initial values"))
        #expect(
            try error { _ = $0.matrix("w", shape: [.max, 2, 2], .constant(0)) }.problem.contains("beyond all memory"))
        let storage = ParameterLayout()
        _ = storage.root.matrix("w", rows: 0, columns: 1, .constant(0))
        #expect(throws: ModelError.self) {
            try GradientCheck(ParameterStorage(storage)).worstDeviation { $0.zeros(rows: 1, columns: 1) }
        }
    }

    @Test func `a graph that is not that of the tables is refused`() throws {
        let layout = ParameterLayout()
        _ = layout.root.table("a", rows: 3, columns: 2, .constant(0))
        let propagation = GraphPropagation(NodeGraph(nodeCount: 4, edges: [(0, 1)]), layers: 1)
        let error = #expect(throws: ModelError.self) { try propagation.check(layout) }
        #expect(error?.line == #line - 2 && error?.problem.contains("[3, 2]") == true)
        _ = layout.root.table("b", rows: 1, columns: 2, .constant(0))
        try propagation.check(layout)
        #expect(throws: ModelError.self) {
            try GraphPropagation(NodeGraph(nodeCount: 4, edges: [(0, 1)]), layers: 0).check(layout)
        }
        _ = layout.root.table("c", rows: 1, columns: 3, .constant(0))
        #expect(throws: ModelError.self) { try propagation.check(layout) }
    }

    @Test func `the first number out of bounds is found at any index`() {
        for count in [1, 5, 16, 33, 64] {
            for index in 0..<count {
                var numbers = (0..<count).map { Int32($0 % 7) }
                #expect(Kernel.firstOutside(numbers, count: count, bound: 7) == nil)
                numbers[index] = 7
                #expect(Kernel.firstOutside(numbers, count: count, bound: 7) == 7)
                numbers[index] = .min
                #expect(Kernel.firstOutside(numbers, count: count, bound: 7) == .min)
                #expect(
                    Kernel.firstOutside(numbers, count: (count + 1) / 2, stride: 2, bound: 7)
                        == (index % 2 == 0 ? .min : nil))
            }
        }
    }
}
