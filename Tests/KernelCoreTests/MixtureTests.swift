import Glibc
import KernelCore
import Testing

/// Kernels of mixtures of logits.
@Suite struct MixtureTests {
    private static let shape = MixtureShape(users: 3, items: 2, size: 5, hidden: 7)

    private static func network(_ numbers: inout Numbers) -> MixtureNetwork {
        MixtureNetwork(
            first: Memory.copy(numbers.list(shape.hidden * shape.logits)),
            bias: Memory.copy(numbers.list(shape.hidden)),
            second: Memory.copy(numbers.list(shape.hidden * shape.logits)))
    }

    @Test(arguments: [1, 5, 16, 33, 64]) func `scores are shares of logits in double precision`(pairs: Int) {
        var numbers = Numbers(UInt64(pairs))
        let shape = Self.shape
        let network = Self.network(&numbers)
        let logits = numbers.list(shape.logits * pairs)
        let gates = numbers.list(shape.logits * pairs)
        let arena = Arena()
        let values = MixtureValues(shape, pairs: pairs, in: arena)
        for index in gates.indices { values.shares[index] = gates[index] }
        var scores = [Float](repeating: .nan, count: pairs)
        Kernel.mixtureScores(logits, pairs: pairs, shape, network, values, into: &scores)
        var expected: [Double] = []
        for pair in 0..<pairs {
            let own = (0..<shape.logits).map { Double(logits[$0 * pairs + pair]) }
            let hidden = (0..<shape.hidden).map { unit in
                let x = (0..<shape.logits).reduce(Double(network.bias[unit])) {
                    $0 + Double(network.first[unit * shape.logits + $1]) * own[$1]
                }
                return x / (1 + exp(-x))
            }
            let powers = (0..<shape.logits).map { logit in
                exp(
                    (0..<shape.hidden).reduce(Double(gates[logit * pairs + pair])) {
                        $0 + Double(network.second[logit * shape.hidden + $1]) * hidden[$1]
                    })
            }
            expected.append(zip(powers, own).reduce(0) { $0 + $1.0 * $1.1 } / powers.reduce(0, +))
        }
        #expect(areClose(scores, expected, tolerance: 1e-5))
    }

    @Test func `the bits of a score depend on user and row alone`() {
        var numbers = Numbers(3)
        let (shape, count, rows) = (Self.shape, 40, 1..<71)
        let network = Self.network(&numbers)
        let table = MixtureTable(shape, rows: rows)
        let vectors = MatrixView(
            numbers.list(rows.count * shape.items * shape.size), columns: shape.items * shape.size)
        let gates = MatrixView(numbers.list(rows.count * shape.logits), columns: shape.logits)
        // In two parts, as a table that is too large to be mapped at once.
        table.fill(from: 1, vectors: vectors[0..<64], gates: gates[0..<64])
        table.fill(from: 65, vectors: vectors[64..<70], gates: gates[64..<70])
        let users = MixtureUsers(
            vectors: MatrixView(numbers.list(count * shape.users * shape.size), columns: shape.users * shape.size),
            gates: MatrixView(numbers.list(count * shape.logits), columns: shape.logits), network: network)
        let arena = Arena()
        var scores: [[Float]] = []
        for user in 0..<count {
            var all = [Float](repeating: .nan, count: rows.count)
            Kernel.mixtureScores(
                of: rows.map { Int32($0) }, count: rows.count, in: table, for: users, user: user, scratch: arena,
                into: &all)
            for row in [1, 32, 33, 64, 70] {
                var single: Float = .nan
                Kernel.mixtureScores(
                    of: [Int32(row)], count: 1, in: table, for: users, user: user, scratch: arena, into: &single)
                #expect(single.bitPattern == all[row - 1].bitPattern)
            }
            scores.append(all)
        }
        // A row is not below its own score, wherever it stands and whoever is ranked beside.
        var excluded: [Int32] = []
        for user in 0..<count {
            excluded.append(Int32(1 + user))
            excluded.append(Int32(60 + user % 5))
        }
        let offsets = JaggedOffsets(lengths: (0..<count).map { _ in 2 })
        let targets = (0..<count).map { scores[$0][($0 * 11) % rows.count] }
        var counts = [Int32](repeating: 0, count: count)
        let best = BestRows(
            users: count, size: 3, rows: arena.allocate(count: 3 * count), scores: arena.allocate(count: 3 * count))
        Kernel.countRowsNotBelow(
            targets, users, among: table, excluding: excluded, at: offsets, scratch: arena, into: &counts, best: best)
        for user in 0..<count {
            let left = rows.filter { !excluded[2 * user..<2 * user + 2].contains(Int32($0)) }
            #expect(Int(counts[user]) == left.count { scores[user][$0 - 1] >= targets[user] })
            let own = scores[user]
            let order = left.sorted { first, second in own[first - 1] > own[second - 1] }
            let found = (0..<3).map { Int(best.rows[3 * user + $0]) }
            #expect(found == Array(order.prefix(3)))
        }
    }

    @Test(arguments: [1, 16, 37]) func `sums, multiples and added constants`(count: Int) {
        var numbers = Numbers(UInt64(count))
        let x = numbers.list(count)
        var y = [Float](repeating: .nan, count: count)
        Kernel.add(0.5, to: x, into: &y, count: count)
        #expect(areClose(y, x.map { Double($0) + 0.5 }, tolerance: 1e-6))
        Kernel.scale(&y, by: -2, count: count)
        #expect(areClose(y, x.map { -2 * (Double($0) + 0.5) }, tolerance: 1e-6))
        #expect(abs(Double(Kernel.sum(x, count: count)) - x.reduce(0) { $0 + Double($1) }) < 1e-5)
    }
}
