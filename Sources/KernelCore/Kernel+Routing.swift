internal import CVector

/// What dynamic routing works on: packed sequences, and how many interests each of them has.
public struct RoutingPlan: BitwiseCopyable {
    public let segments: Segments
    /// Interests that every sequence has room for, K.
    public let interests: Int
    /// Size d of a row.
    public let columns: Int
    public let iterations: Int
    /// Whether a weight is a share among the positions of its sequence, instead of among the interests.
    public let overPositions: Bool
    /// Whether every interest sees rows of its own, x `[segments.total, K, d]`, instead of the same `[segments.total, d]`.
    public let hasRowsPerInterest: Bool
    /// `[segments.count]`, the interests of each sequence, 1...K; nil: all have K.
    public let counts: UnsafePointer<Int32>?

    /// - Parameters:
    ///   - iterations: 1 or more.
    ///   - counts: valid as long as the plan is used.
    public init(
        segments: Segments, interests: Int, columns: Int, iterations: Int, overPositions: Bool,
        hasRowsPerInterest: Bool = false, counts: UnsafePointer<Int32>? = nil
    ) {
        self.segments = segments
        self.interests = interests
        self.columns = columns
        self.iterations = iterations
        self.overPositions = overPositions
        self.hasRowsPerInterest = hasRowsPerInterest
        self.counts = counts
    }

    /// Floats of a row of x: d, or K d.
    public var rowWidth: Int { hasRowsPerInterest ? interests * columns : columns }
    /// Floats of logits, and of weights: `[K, segments.total]`.
    public var weightCount: Int { interests * segments.total }
    /// Floats of interests: `[segments.count, K, d]`.
    public var interestCount: Int { segments.count * interests * columns }

    /// The floats of scratch memory that ``Kernel/routeBackward(_:weights:sums:dv:scratch:dx:)`` needs.
    public var scratchCount: Int {
        var longest = 0
        for segment in 0..<segments.count { longest = max(longest, segments.length(segment)) }
        return interests * (columns + longest)
    }

    /// The interests of a sequence.
    @inline(__always)
    func count(_ segment: Int) -> Int { counts.map { Int($0[segment]) } ?? interests }
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
    /// With rows per interest, `x_l` is `x_kl`. A sequence with fewer than K interests has the first one again in the
    /// places that are left, and one without rows has zeros.
    ///
    /// - Parameters:
    ///   - x: `[segments.total, d]`, or `[segments.total, K, d]`.
    ///   - logits: `[K, segments.total]`, B: at first, and afterwards as the last iteration finds it.
    ///   - absent: `[segments.count, K]`, with softmax over positions: the sum of the exponentials of logits of
    ///     positions without a row, which take their share of the weight but add nothing; nil: there are none.
    ///   - weights: `[K, segments.total]`, W of the last iteration, kept for the backward pass.
    ///   - sums: `[segments.count, K, d]`, z of the last iteration, kept for the backward pass.
    ///   - v: `[segments.count, K, d]`.
    public static func route(
        _ plan: RoutingPlan, _ x: UnsafePointer<Float>, logits: UnsafeMutablePointer<Float>,
        absent: UnsafePointer<Float>? = nil, weights: UnsafeMutablePointer<Float>, sums: UnsafeMutablePointer<Float>,
        into v: UnsafeMutablePointer<Float>
    ) {
        let segments = plan.segments
        let stride = segments.total
        let width = plan.columns
        for iteration in 1...plan.iterations {
            normalize(plan, logits, absent, into: weights)
            for segment in 0..<segments.count {
                let count = plan.count(segment)
                let first = segments.start(segment)
                let length = segments.length(segment)
                let place = segment * plan.interests * width
                let rows = x + first * plan.rowWidth
                if plan.hasRowsPerInterest {
                    for interest in 0..<count {
                        SmallProducts.combine(
                            weights + interest * stride + first, stride, 1, 1, length, rows + interest * width,
                            plan.rowWidth, width: width, into: sums + place + interest * width, width,
                            accumulate: false)
                    }
                } else {
                    SmallProducts.combine(
                        weights + first, stride, 1, count, length, rows, width, width: width, into: sums + place, width,
                        accumulate: false)
                }
                for interest in 0..<count {
                    squash(sums + place + interest * width, into: v + place + interest * width, width)
                }
                guard iteration == plan.iterations else {
                    addAgreement(plan, segment, rows, v + place, to: logits + first)
                    continue
                }
                for interest in count..<plan.interests {
                    (v + place + interest * width).update(from: v + place, count: width)
                }
            }
        }
    }

    /// `B_kl += <x_l, v_k>` for one sequence.
    @inline(__always)
    private static func addAgreement(
        _ plan: RoutingPlan, _ segment: Int, _ rows: UnsafePointer<Float>, _ v: UnsafePointer<Float>,
        to logits: UnsafeMutablePointer<Float>
    ) {
        let (width, stride) = (plan.columns, plan.segments.total)
        let (count, length) = (plan.count(segment), plan.segments.length(segment))
        guard plan.hasRowsPerInterest else {
            SmallProducts.inner(
                v, width, count, rows, width, length, width: width, scale: 1, into: logits, stride, accumulate: true)
            return
        }
        for interest in 0..<count {
            SmallProducts.inner(
                v + interest * width, width, 1, rows + interest * width, plan.rowWidth, length, width: width, scale: 1,
                into: logits + interest * stride, stride, accumulate: true)
        }
    }

    /// Adds the derivative of ``route(_:_:logits:absent:weights:sums:into:)`` to `dx`, with the weights of the last
    /// iteration as constants: `dx_l += sum_k W_kl dz_k`, or `dx_kl += W_kl dz_k`.
    ///
    /// - Parameters:
    ///   - dv: `[segments.count, K, d]`; an interest whose gradient is zero costs nothing.
    ///   - scratch: room for ``RoutingPlan/scratchCount``.
    ///   - dx: `[segments.total, d]`, or `[segments.total, K, d]`.
    public static func routeBackward(
        _ plan: RoutingPlan, weights: UnsafePointer<Float>, sums: UnsafePointer<Float>, dv: UnsafePointer<Float>,
        scratch: UnsafeMutablePointer<Float>, dx: UnsafeMutablePointer<Float>
    ) {
        let segments = plan.segments
        let width = plan.columns
        let shares = scratch + plan.interests * width
        for segment in 0..<segments.count {
            let count = plan.count(segment)
            let first = segments.start(segment)
            let length = segments.length(segment)
            let place = segment * plan.interests * width
            // The interests that have a gradient, one behind the other.
            var active = 0
            for interest in 0..<count {
                let gradient = scratch + active * width
                gradient.update(from: dv + place + interest * width, count: width)
                if interest == 0 {
                    for copy in count..<plan.interests {
                        accumulate(dv + place + copy * width, into: gradient, count: width)
                    }
                }
                guard hasNonzero(gradient, width) else { continue }
                squashBackward(sums + place + interest * width, gradient, width)
                guard !plan.hasRowsPerInterest else {
                    SmallProducts.combine(
                        weights + interest * segments.total + first, 1, 1, length, 1, gradient, width, width: width,
                        into: dx + first * plan.rowWidth + interest * width, plan.rowWidth, accumulate: true)
                    continue
                }
                (shares + active * length).update(from: weights + interest * segments.total + first, count: length)
                active += 1
            }
            SmallProducts.combine(
                shares, 1, length, length, active, scratch, width, width: width, into: dx + first * width, width,
                accumulate: true)
        }
    }

    private static func normalize(
        _ plan: RoutingPlan, _ logits: UnsafePointer<Float>, _ absent: UnsafePointer<Float>?,
        into weights: UnsafeMutablePointer<Float>
    ) {
        let segments = plan.segments
        guard plan.overPositions || plan.counts != nil else {
            // Where all have K interests, the boundaries of the sequences do not matter.
            shareOut(logits, segments.total, 0..<segments.total, plan.interests, into: weights)
            return
        }
        for segment in 0..<segments.count {
            let range = segments.start(segment)..<segments.start(segment) + segments.length(segment)
            guard plan.overPositions else {
                shareOut(logits, segments.total, range, plan.count(segment), into: weights)
                continue
            }
            for interest in 0..<plan.count(segment) {
                softmax(
                    logits + interest * segments.total + range.lowerBound, range.count,
                    absent: absent?[segment * plan.interests + interest] ?? 0,
                    into: weights + interest * segments.total + range.lowerBound)
            }
        }
    }

    /// Softmax over the interests `0..<count` for every row of `rows`.
    @inline(__always)
    private static func shareOut(
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
    private static func softmax(
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

    private static let squashEpsilon: Float = 1e-9

    @inline(__always)
    private static func squash(_ z: UnsafePointer<Float>, into v: UnsafeMutablePointer<Float>, _ width: Int) {
        let square = SmallProducts.dot(z, z, width)
        let factor = Vector(repeating: square / ((1 + square) * (square + squashEpsilon).squareRoot()))
        forEachVector(width) { index, lanes in store(load(z, index, lanes) * factor, v, index, lanes) }
    }

    /// The derivative of ``squash(_:into:_:)`` in place: with v = g(|z|^2) z, `dz = g dv + 2 g' <dv, z> z`.
    @inline(__always)
    private static func squashBackward(_ z: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>, _ width: Int)
    {
        let square = SmallProducts.dot(z, z, width)
        let root = (square + squashEpsilon).squareRoot()
        let ratio = square / (1 + square)
        let factor = ratio / root
        let derivative = (1 / ((1 + square) * (1 + square)) - ratio / (2 * (square + squashEpsilon))) / root
        let along = Vector(repeating: 2 * derivative * SmallProducts.dot(gradient, z, width))
        let across = Vector(repeating: factor)
        forEachVector(width) { index, lanes in
            store(
                along.multiplied(by: load(z, index, lanes), adding: across * load(gradient, index, lanes)), gradient,
                index,
                lanes)
        }
    }

    @inline(__always)
    private static func hasNonzero(_ x: UnsafePointer<Float>, _ count: Int) -> Bool {
        // Not a number is not zero.
        for index in 0..<count where x[index] != 0 { return true }
        return false
    }
}
