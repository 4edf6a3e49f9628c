import KernelCore

/// Memory for the scores of some users and a block of items by a mixture of logits, and how they are computed.
struct MixtureBlock: BitwiseCopyable {
    /// Items of a block.
    static let width = 64
    /// The fewest vectors of users that are worth reading the items of a block for.
    private static let rows = 48

    let shape: MixtureShape
    /// Users that are scored at a time.
    let height: Int
    /// `[m, B, width]`.
    private let panel: UnsafeMutablePointer<Float>
    /// `[A B, width]`: what the items bring to the gates.
    private let gates: UnsafeMutablePointer<Float>
    /// `[height, A B, width]`.
    fileprivate let logits: UnsafeMutablePointer<Float>
    fileprivate let values: MixtureValues
    /// `[width]`: the mixtures of the user that was scored last.
    let scores: UnsafeMutablePointer<Float>

    init(_ shape: MixtureShape, in arena: Arena) {
        self.shape = shape
        height = max(Self.rows / shape.users, 1)
        panel = arena.allocate(count: shape.size * shape.items * Self.width)
        gates = arena.allocate(count: shape.logits * Self.width)
        logits = arena.allocate(count: height * shape.logits * Self.width)
        values = MixtureValues(shape, pairs: Self.width, in: arena)
        scores = arena.allocate(count: Self.width)
    }

    /// Takes the items of a block.
    func pack(_ items: MixtureVectors, _ range: Range<Int>) {
        Kernel.packMixture(
            items.vectors.matrix.row(range.lowerBound), shape, count: range.count, width: range.count, into: panel)
        for logit in 0..<shape.logits {
            for item in range {
                gates[logit * range.count + item - range.lowerBound] =
                    items.gates.value[item * shape.logits + logit]
            }
        }
    }

    /// The logits of some users and the items of the block.
    func multiply(_ users: MixtureVectors, _ group: Range<Int>, width: Int) {
        Kernel.multiply(
            rows(of: users, group), MatrixView(panel, rows: shape.size, columns: shape.items * width), into: logits)
    }

    /// The mixtures of one of these users.
    ///
    /// - Parameter index: of the user among them.
    func score(_ users: MixtureVectors, _ user: Int, index: Int, width: Int, _ network: MixtureNetwork) {
        let own = users.gates.value + user * shape.logits
        for logit in 0..<shape.logits {
            Kernel.add(own[logit], to: gates + logit * width, into: values.shares + logit * width, count: width)
        }
        Kernel.mixtureScores(
            logits + index * shape.logits * width, pairs: width, shape, network, values, into: scores)
    }

    /// The mixtures of some users with an item of their own each.
    func scoreOwn(_ users: MixtureVectors, _ items: MixtureVectors, _ range: Range<Int>, _ network: MixtureNetwork) {
        let width = range.count
        for (column, row) in range.enumerated() {
            forEachLogit { logit, a, b in
                logits[logit * width + column] = Kernel.dot(
                    users.vectors.value + (row * shape.users + a) * shape.size,
                    items.vectors.value + (row * shape.items + b) * shape.size, count: shape.size)
                let gate = row * shape.logits + logit
                values.shares[logit * width + column] = users.gates.value[gate] + items.gates.value[gate]
            }
        }
        Kernel.mixtureScores(logits, pairs: width, shape, network, values, into: scores)
    }

    /// The vectors of users, one in a row.
    private func rows(of users: MixtureVectors, _ group: Range<Int>) -> MatrixView {
        MatrixView(
            users.vectors.value + group.lowerBound * shape.users * shape.size, rows: group.count * shape.users,
            columns: shape.size)
    }

    private func forEachLogit(_ body: (_ logit: Int, _ a: Int, _ b: Int) -> Void) {
        for a in 0..<shape.users {
            for b in 0..<shape.items { body(a * shape.items + b, a, b) }
        }
    }
}

extension MixtureBlock {
    /// Memory for the way back, and how it goes.
    struct WayBack {
        private let block: MixtureBlock
        private let shape: MixtureShape
        /// `[width]`: the gradients of the mixtures of the user that was scored last.
        let dscores: UnsafeMutablePointer<Float>
        /// `[height, A B, width]`.
        private let dlogits: UnsafeMutablePointer<Float>
        private let scratch: UnsafeMutablePointer<Float>
        /// `[B, width, m]`.
        private let items: UnsafeMutablePointer<Float>
        /// `[A B, width]`: the gradients of what the items bring to the gates.
        private let gates: UnsafeMutablePointer<Float>
        /// `[B, width]`: where the gradients of the items' vectors are.
        private let targets: UnsafeMutablePointer<UnsafeMutablePointer<Float>>

        init(_ block: MixtureBlock, _ shape: MixtureShape, in arena: Arena) {
            self.block = block
            self.shape = shape
            let width = MixtureBlock.width
            dscores = arena.allocate(count: width)
            dlogits = arena.allocate(count: block.height * shape.logits * width)
            scratch = arena.allocate(count: max(shape.logits, shape.hidden) * width)
            items = arena.allocate(count: shape.items * width * shape.size)
            gates = arena.allocate(count: shape.logits * width)
            targets = arena.allocate(count: shape.items * width)
        }

        /// Takes the items of a block.
        func begin(_ vectors: MixtureVectors, _ range: Range<Int>) {
            Kernel.packMixtureRows(
                vectors.vectors.matrix.row(range.lowerBound), shape, count: range.count, into: items)
            Kernel.clear(gates, count: shape.logits * range.count)
        }

        /// From the gradients of the scores of a user to those of logits and gates.
        ///
        /// - Parameter index: of the user among those of the block.
        func score(index: Int, width: Int, _ network: MixtureNetwork, _ gradient: MixtureNetworkGradient) {
            let row = index * shape.logits * width
            Kernel.mixtureBackward(
                block.logits + row, pairs: width, shape, network, block.values, scores: block.scores,
                dscores: dscores, gradient: gradient, scratch: scratch, into: dlogits + row)
        }

        /// Adds the gradients of the gates of the user that was scored last.
        func addGates(width: Int, user: UnsafeMutablePointer<Float>) {
            for logit in 0..<shape.logits {
                user[logit] += Kernel.sum(block.values.shares + logit * width, count: width)
            }
            Kernel.accumulate(block.values.shares, into: gates, count: shape.logits * width)
        }

        /// Adds the gradients of the vectors of some users and of the items of the block.
        func addVectors(
            _ users: MixtureVectors, _ group: Range<Int>, _ range: Range<Int>, dusers: UnsafeMutablePointer<Float>,
            ditems: UnsafeMutablePointer<Float>
        ) {
            let gradients = MatrixView(
                dlogits, rows: group.count * shape.users, columns: shape.items * range.count)
            Kernel.multiply(
                gradients, MatrixView(items, rows: gradients.columns, columns: shape.size),
                into: dusers + group.lowerBound * shape.users * shape.size, accumulate: true)
            for part in 0..<shape.items {
                for (column, item) in range.enumerated() {
                    (targets + part * range.count + column).initialize(
                        to: ditems + (item * shape.items + part) * shape.size)
                }
            }
            Kernel.addTransposedProduct(gradients, block.rows(of: users, group), toRows: targets)
        }

        /// Adds the gradients of what the items of the block bring to the gates.
        func finish(_ range: Range<Int>, ditems: UnsafeMutablePointer<Float>) {
            for (column, item) in range.enumerated() {
                for logit in 0..<shape.logits {
                    ditems[item * shape.logits + logit] += gates[logit * range.count + column]
                }
            }
        }

        /// Adds the gradients of users and of an item of their own each.
        func addOwn(
            _ users: MixtureVectors, _ items: MixtureVectors, _ range: Range<Int>, dusers: MixtureVectors.Gradients,
            down: MixtureVectors.Gradients
        ) {
            let width = range.count
            for (column, row) in range.enumerated() {
                block.forEachLogit { logit, a, b in
                    let gradient = dlogits[logit * width + column]
                    let (user, item) = ((row * shape.users + a) * shape.size, (row * shape.items + b) * shape.size)
                    Kernel.accumulate(
                        items.vectors.value + item, times: gradient, into: dusers.vectors + user, count: shape.size)
                    Kernel.accumulate(
                        users.vectors.value + user, times: gradient, into: down.vectors + item, count: shape.size)
                    let gate = row * shape.logits + logit
                    let share = block.values.shares[logit * width + column]
                    dusers.gates[gate] += share
                    down.gates[gate] += share
                }
            }
        }
    }
}
