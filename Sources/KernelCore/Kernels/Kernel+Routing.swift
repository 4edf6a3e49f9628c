internal import CVector

/// What dynamic routing works on: packed sequences, and how many interests each of them has.
public struct RoutingPlan: BitwiseCopyable {
    /// The sequences, one for each user.
    public let sequences: JaggedOffsets
    /// The interests of each sequence.
    public let groups: InterestGroups
    /// Size d of a row.
    public let columns: Int
    /// How often weights and interests are computed, 1 or more.
    public let iterations: Int
    /// Whether a weight is a share among the positions of its sequence, instead of among the interests.
    public let overPositions: Bool
    /// Whether every interest sees rows of its own, x `[sequences.total, K, d]`, instead of the same
    /// `[sequences.total, d]`.
    public let hasRowsPerInterest: Bool
    /// Power of the share `|z|^2 / (1 + |z|^2)` that the squashing leaves of a length, above 0; below 1 it leaves more.
    public let squashPower: Float
    /// Of logits that are cosines times this, and do not add up; 0: they add up inner products.
    public let logitScale: Float

    /// - Parameters:
    ///   - columns: size d of a row.
    ///   - iterations: 1 or more.
    ///   - overPositions: whether weights are shares among positions instead of interests.
    ///   - hasRowsPerInterest: whether every interest sees rows of its own.
    ///   - squashPower: above 0; 1 is that of Sabour et al.
    ///   - logitScale: of logits that are cosines; 0: they are sums of inner products.
    public init(
        over sequences: JaggedOffsets, to groups: InterestGroups, columns: Int, iterations: Int, overPositions: Bool,
        hasRowsPerInterest: Bool = false, squashPower: Float = 1, logitScale: Float = 0
    ) {
        self.sequences = sequences
        self.groups = groups
        self.columns = columns
        self.iterations = iterations
        self.overPositions = overPositions
        self.hasRowsPerInterest = hasRowsPerInterest
        self.squashPower = squashPower
        self.logitScale = logitScale
    }

    /// Interests that every sequence has room for, K.
    public var interests: Int { groups.perUser }
    /// Floats of a row of x: d, or K d.
    public var rowWidth: Int { hasRowsPerInterest ? interests * columns : columns }
    /// Floats of logits, and of weights: `[K, sequences.total]`.
    public var weightCount: Int { interests * sequences.total }
    /// Floats of interests: `[sequences.count, K, d]`.
    public var interestCount: Int { sequences.count * interests * columns }

    /// The floats of scratch memory that ``Kernel/routeBackward(_:kept:dv:scratch:dx:)`` needs.
    public var scratchCount: Int { interests * (columns + sequences.longest) }
}

/// What dynamic routing keeps of its last iteration for the backward pass.
public struct RoutingState: BitwiseCopyable {
    /// `[K, sequences.total]`, W.
    public let weights: UnsafeMutablePointer<Float>
    /// `[sequences.count, K, d]`, z.
    public let sums: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - weights: room for ``RoutingPlan/weightCount``; sums: for ``RoutingPlan/interestCount``.
    public init(weights: UnsafeMutablePointer<Float>, sums: UnsafeMutablePointer<Float>) {
        self.weights = weights
        self.sums = sums
    }
}

/// Dynamic routing of the rows of packed sequences to interests (Sabour et al. 2017; MIND, Li et al. 2019; ComiRec-DR,
/// Cen et al. 2020).
extension Kernel {
    /// In every iteration, for each sequence by itself:
    ///
    ///     W = softmax(B)  over the interests, or over the positions
    ///     z_k = sum_l W_kl x_l,   v_k = squash(z_k) = |z_k|^2 / (1 + |z_k|^2) z_k / sqrt(|z_k|^2 + 1e-9)
    ///     B_kl += <x_l, v_k>      in all iterations but the last
    ///
    /// With another power p than 1, `v_k = (|z_k|^2 / (1 + |z_k|^2))^p z_k / sqrt(|z_k|^2 + 1e-9)`. With a scale s of the
    /// logits, all iterations but the last have `B_kl = s cos(x_l, z_k)` instead: nothing adds up, and nothing is squashed
    /// before the end.
    ///
    /// With rows per interest, `x_l` is `x_kl`. A sequence with fewer than K interests has the first one again in the
    /// rows that are left, and one without rows has zeros.
    ///
    /// - Parameters:
    ///   - x: `[sequences.total, d]`, or `[sequences.total, K, d]`.
    ///   - logits: `[K, sequences.total]`, B: at first, and afterwards as the last iteration finds it.
    ///   - absent: `[sequences.count, K]`, with softmax over positions: the sum of the exponentials of logits of
    ///     positions without a row, which take their share of the weight but add nothing; nil: there are none.
    ///   - kept: W and z of the last iteration, for the backward pass.
    ///   - v: `[sequences.count, K, d]`.
    public static func route(
        _ plan: RoutingPlan, _ x: UnsafePointer<Float>, logits: UnsafeMutablePointer<Float>,
        absent: UnsafePointer<Float>? = nil, keeping kept: RoutingState, into v: UnsafeMutablePointer<Float>
    ) {
        let sequences = plan.sequences
        let (weights, sums) = (kept.weights, kept.sums)
        let stride = sequences.total
        let width = plan.columns
        for iteration in 1...plan.iterations {
            softmax(plan, logits, absent, into: weights)
            for sequence in 0..<sequences.count {
                let count = plan.groups.count(sequence)
                let first = sequences.start(sequence)
                let length = sequences.length(sequence)
                let start = sequence * plan.interests * width
                let rows = x + first * plan.rowWidth
                if plan.hasRowsPerInterest {
                    for interest in 0..<count {
                        SmallProducts.combine(
                            SumWeights(
                                weights + interest * stride + first, rowStride: stride, columnStride: 1, count: 1),
                            StridedRows(rows + interest * width, stride: plan.rowWidth, count: length), width: width,
                            into: StridedResult(sums + start + interest * width, stride: width))
                    }
                } else {
                    SmallProducts.combine(
                        SumWeights(weights + first, rowStride: stride, columnStride: 1, count: count),
                        StridedRows(rows, stride: width, count: length), width: width,
                        into: StridedResult(sums + start, stride: width))
                }
                guard iteration == plan.iterations || plan.logitScale == 0 else {
                    normalizeRows(
                        MatrixView(sums + start, rows: count, columns: width), scale: 1, inverses: nil, into: v + start)
                    scaleCosines(plan, sequence, rows, v + start, into: logits + first)
                    continue
                }
                let squashing = Squashing(power: plan.squashPower)
                for interest in 0..<count {
                    squashing(sums + start + interest * width, into: v + start + interest * width, width)
                }
                guard iteration == plan.iterations else {
                    addAgreement(plan, sequence, rows, v + start, to: logits + first)
                    continue
                }
                for interest in count..<plan.interests {
                    (v + start + interest * width).update(from: v + start, count: width)
                }
            }
        }
    }

    /// `B_kl += <x_l, v_k>` for one sequence.
    @inline(__always)
    private static func addAgreement(
        _ plan: RoutingPlan, _ sequence: Int, _ rows: UnsafePointer<Float>, _ v: UnsafePointer<Float>,
        to logits: UnsafeMutablePointer<Float>
    ) {
        let (width, stride) = (plan.columns, plan.sequences.total)
        let (count, length) = (plan.groups.count(sequence), plan.sequences.length(sequence))
        guard plan.hasRowsPerInterest else {
            SmallProducts.inner(
                StridedRows(v, stride: width, count: count), StridedRows(rows, stride: width, count: length),
                width: width, into: StridedResult(logits, stride: stride), accumulate: true)
            return
        }
        for interest in 0..<count {
            SmallProducts.inner(
                StridedRows(v + interest * width, stride: width, count: 1),
                StridedRows(rows + interest * width, stride: plan.rowWidth, count: length), width: width,
                into: StridedResult(logits + interest * stride, stride: stride), accumulate: true)
        }
    }

    /// `B_kl = scale cos(x_l, v_k)` for one sequence, with interests of length 1.
    private static func scaleCosines(
        _ plan: RoutingPlan, _ sequence: Int, _ rows: UnsafePointer<Float>, _ v: UnsafePointer<Float>,
        into logits: UnsafeMutablePointer<Float>
    ) {
        let (width, stride) = (plan.columns, plan.sequences.total)
        for position in 0..<plan.sequences.length(sequence) {
            let row = rows + position * plan.rowWidth
            var scale = plan.hasRowsPerInterest ? 0 : plan.logitScale * inverseLength(row, width)
            for interest in 0..<plan.groups.count(sequence) {
                let own = row + (plan.hasRowsPerInterest ? interest * width : 0)
                if plan.hasRowsPerInterest { scale = plan.logitScale * inverseLength(own, width) }
                logits[interest * stride + position] = scale * SmallProducts.dot(own, v + interest * width, width)
            }
        }
    }

    /// Adds the derivative of ``route(_:_:logits:absent:keeping:into:)`` to `dx`, with the weights of the last
    /// iteration as constants: `dx_l += sum_k W_kl dz_k`, or `dx_kl += W_kl dz_k`.
    ///
    /// - Parameters:
    ///   - dv: `[sequences.count, K, d]`; an interest whose gradient is zero costs nothing.
    ///   - scratch: room for ``RoutingPlan/scratchCount``.
    ///   - dx: `[sequences.total, d]`, or `[sequences.total, K, d]`.
    public static func routeBackward(
        _ plan: RoutingPlan, kept: RoutingState, dv: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>,
        dx: UnsafeMutablePointer<Float>
    ) {
        let sequences = plan.sequences
        let (weights, sums) = (kept.weights, kept.sums)
        let width = plan.columns
        let shares = scratch + plan.interests * width
        for sequence in 0..<sequences.count {
            let count = plan.groups.count(sequence)
            let first = sequences.start(sequence)
            let length = sequences.length(sequence)
            let start = sequence * plan.interests * width
            // The interests that have a gradient, one behind the other.
            var active = 0
            for interest in 0..<count {
                let gradient = scratch + active * width
                gradient.update(from: dv + start + interest * width, count: width)
                if interest == 0 {
                    for copy in count..<plan.interests {
                        accumulate(dv + start + copy * width, into: gradient, count: width)
                    }
                }
                guard hasNonzero(gradient, width) else { continue }
                Squashing(power: plan.squashPower).backward(sums + start + interest * width, gradient, width)
                guard !plan.hasRowsPerInterest else {
                    SmallProducts.combine(
                        SumWeights(
                            weights + interest * sequences.total + first, rowStride: 1, columnStride: 1, count: length),
                        StridedRows(gradient, stride: width, count: 1), width: width,
                        into: StridedResult(dx + first * plan.rowWidth + interest * width, stride: plan.rowWidth),
                        accumulate: true)
                    continue
                }
                (shares + active * length).update(from: weights + interest * sequences.total + first, count: length)
                active += 1
            }
            SmallProducts.combine(
                SumWeights(shares, rowStride: 1, columnStride: length, count: length),
                StridedRows(scratch, stride: width, count: active), width: width,
                into: StridedResult(dx + first * width, stride: width), accumulate: true)
        }
    }

    /// `W = softmax(B)`, over the interests or over the positions.
    private static func softmax(
        _ plan: RoutingPlan, _ logits: UnsafePointer<Float>, _ absent: UnsafePointer<Float>?,
        into weights: UnsafeMutablePointer<Float>
    ) {
        let sequences = plan.sequences
        guard plan.overPositions || plan.groups.counts != nil else {
            // Where all have K interests, the boundaries of the sequences do not matter.
            interestSoftmax(logits, sequences.total, 0..<sequences.total, plan.interests, into: weights)
            return
        }
        for sequence in 0..<sequences.count {
            let range = sequences.range(sequence)
            guard plan.overPositions else {
                interestSoftmax(logits, sequences.total, range, plan.groups.count(sequence), into: weights)
                continue
            }
            for interest in 0..<plan.groups.count(sequence) {
                positionSoftmax(
                    logits + interest * sequences.total + range.lowerBound, range.count,
                    absent: absent?[sequence * plan.interests + interest] ?? 0,
                    into: weights + interest * sequences.total + range.lowerBound)
            }
        }
    }

    /// Softmax over the interests `0..<count` for every row of `rows`.
    @inline(__always)
    private static func interestSoftmax(
        _ logits: UnsafePointer<Float>, _ stride: Int, _ rows: Range<Int>, _ count: Int,
        into weights: UnsafeMutablePointer<Float>
    ) {
        forEachVector(rows.count) { offset, lanes in
            let index = rows.lowerBound + offset
            var largest = load(logits, index, lanes)
            for interest in 1..<max(count, 1) {
                largest = facet_max(largest, load(logits, interest * stride + index, lanes))
            }
            var sum = Vector(repeating: 0)
            for interest in 0..<count {
                let value = KernelCore.exponential(load(logits, interest * stride + index, lanes) - largest)
                store(value, weights, interest * stride + index, lanes)
                sum += value
            }
            let scale = Vector(repeating: 1) / sum
            for interest in 0..<count {
                store(
                    load(weights, interest * stride + index, lanes) * scale, weights, interest * stride + index, lanes)
            }
        }
    }

    /// Softmax of `count` consecutive numbers and of others whose exponentials add up to `absent`.
    @inline(__always)
    private static func positionSoftmax(
        _ x: UnsafePointer<Float>, _ count: Int, absent: Float, into y: UnsafeMutablePointer<Float>
    ) {
        guard count > 0 else { return }
        // With others, 0 is one of the numbers that must not grow beyond what exp can express.
        var peaks = Vector(repeating: absent > 0 ? max(x[0], 0) : x[0])
        forEachVector(count) { index, lanes in peaks = facet_max(peaks, load(x, index, lanes, rest: x[0])) }
        let largest = facet_largest(peaks)
        let shift = Vector(repeating: largest)
        var sums = Vector(repeating: 0)
        forEachVector(count) { index, lanes in
            let value = KernelCore.exponential(load(x, index, lanes, rest: -.infinity) - shift)
            store(value, y, index, lanes)
            sums += value
        }
        let others = absent > 0 ? absent * KernelCore.exponential(Vector(repeating: -largest))[0] : 0
        let scale = Vector(repeating: 1 / (others + sums.total))
        forEachVector(count) { index, lanes in store(load(y, index, lanes) * scale, y, index, lanes) }
    }

    @inline(__always)
    private static func hasNonzero(_ x: UnsafePointer<Float>, _ count: Int) -> Bool {
        // Not a number is not zero.
        for index in 0..<count where x[index] != 0 { return true }
        return false
    }
}
