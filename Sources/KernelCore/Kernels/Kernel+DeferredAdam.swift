internal import CVector

/// A step of Adam without a gradient, which parameters may take later than others, together with the steps behind it.
public struct DeferredStep: BitwiseCopyable, Sendable {
    /// Its constants.
    public let constants: AdamStep
    /// Whether it moves a parameter by less than the step before it did, where both have neither gradient nor L2.
    ///
    /// The first moment becomes `beta1` of itself, the root of the second one `sqrt(beta2)`, and the constants are known. A
    /// hundredth is left for what is rounded.
    let isShorter: Bool

    /// - Parameters:
    ///   - constants: of this step; all steps of a parameter have the same decays, L2 and epsilon.
    ///   - last: the step right before it; nil for the first one.
    public init(_ constants: AdamStep, after last: AdamStep?) {
        self.constants = constants
        guard let last, last.rate > 0 else {
            isShorter = false
            return
        }
        let root = Double(last.beta2).squareRoot() * Double(constants.rootCorrection) / Double(last.rootCorrection)
        isShorter = Double(constants.rate) * Double(last.beta1) <= 0.99 * Double(last.rate) * min(root, 1)
    }
}

extension Kernel {
    /// Takes several steps without a gradient, one behind the other, with the bits of a pass over memory for each.
    ///
    /// Parameters and moments stay in registers meanwhile. Without L2 and weight decay a parameter comes to rest where a step
    /// is too short to change it. Shorter ones behind it do not change it either, and only the moments decay. What has never
    /// moved is not written at all. Subnormal numbers have to be flushed (``flushingSubnormals(_:)``).
    ///
    /// - Parameters:
    ///   - steps: the oldest first.
    ///   - parameters: `[count]`, as `first` and `second`, its moments.
    /// - Returns: whether all g are finite numbers.
    @discardableResult
    public static func adam(
        _ steps: UnsafeBufferPointer<DeferredStep>, parameters: UnsafeMutablePointer<Float>,
        first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>, count: Int
    ) -> Bool {
        guard let step = steps.first?.constants else { return true }
        let isPlain = step.l2 == 0 && steps.allSatisfy { $0.constants.kept == 1 }
        let vectors = DeferredVectors(step)
        let rate = Vector(repeating: -step.rate)
        var finite = Vector(repeating: 0)
        var index = 0
        while index < count {
            // Four at a time: each step of a parameter waits for the one before, and a division takes long.
            var group = DeferredGroup(parameters, first, second, from: index, to: count)
            defer { index += DeferredGroup.count }
            if isPlain && group.staysWithoutMoments(rate: rate) { continue }
            // 0 times what is not finite is not 0.
            if !isPlain || !vectors.takePlain(steps, &group) { vectors.take(steps, &group, &finite) }
            group.store(parameters, first, second, from: index, to: count)
        }
        return finite.total == 0
    }
}

/// Sixteen parameters with their moments.
private struct DeferredLanes {
    var p: Vector
    var m: Vector
    var v: Vector

    @inline(__always)
    init(
        _ parameters: UnsafeMutablePointer<Float>, _ first: UnsafeMutablePointer<Float>,
        _ second: UnsafeMutablePointer<Float>, _ index: Int, _ lanes: Int
    ) {
        p = load(parameters, index, lanes)
        m = load(first, index, lanes)
        v = load(second, index, lanes)
    }

    @inline(__always)
    func store(
        _ parameters: UnsafeMutablePointer<Float>, _ first: UnsafeMutablePointer<Float>,
        _ second: UnsafeMutablePointer<Float>, _ index: Int, _ lanes: Int
    ) {
        KernelCore.store(p, parameters, index, lanes)
        KernelCore.store(m, first, index, lanes)
        KernelCore.store(v, second, index, lanes)
    }
}

/// Sixty-four parameters, or fewer.
private struct DeferredGroup {
    var a: DeferredLanes
    var b: DeferredLanes
    var c: DeferredLanes
    var d: DeferredLanes

    static let count = 4 * Vector.scalarCount

    @inline(__always)
    init(
        _ parameters: UnsafeMutablePointer<Float>, _ first: UnsafeMutablePointer<Float>,
        _ second: UnsafeMutablePointer<Float>, from index: Int, to end: Int
    ) {
        @inline(__always)
        func lanes(_ number: Int) -> DeferredLanes {
            let start = index + number * Vector.scalarCount
            return DeferredLanes(parameters, first, second, start, Self.lanes(start, end))
        }
        (a, b, c, d) = (lanes(0), lanes(1), lanes(2), lanes(3))
    }

    @inline(__always)
    func store(
        _ parameters: UnsafeMutablePointer<Float>, _ first: UnsafeMutablePointer<Float>,
        _ second: UnsafeMutablePointer<Float>, from index: Int, to end: Int
    ) {
        @inline(__always)
        func store(_ lanes: DeferredLanes, _ number: Int) {
            let start = index + number * Vector.scalarCount
            lanes.store(parameters, first, second, start, Self.lanes(start, end))
        }
        store(a, 0)
        store(b, 1)
        store(c, 2)
        store(d, 3)
    }

    @inline(__always)
    private static func lanes(_ start: Int, _ end: Int) -> Int { max(min(Vector.scalarCount, end - start), 0) }

    /// Whether all parameters are finite numbers.
    @inline(__always)
    var isFinite: Bool {
        let zero = Vector(repeating: 0)
        let sum = zero.multiplied(
            by: a.p,
            adding: zero.multiplied(
                by: b.p, adding: zero.multiplied(by: c.p, adding: zero.multiplied(by: d.p, adding: zero))))
        return sum.total == 0
    }

    /// Whether all moments are 0, so that nothing moves: 0 / (0 + epsilon) is 0.
    ///
    /// A step makes 0 of a subnormal parameter: then it does not stay. Nor does what is not finite.
    ///
    /// - Parameter rate: any finite number, which a compiler does not know: it would leave out what changes subnormal
    ///   numbers alone.
    @inline(__always)
    func staysWithoutMoments(rate: Vector) -> Bool {
        let zero = Vector(repeating: 0)
        @inline(__always)
        func moved(_ p: Vector) -> Vector { rate.multiplied(by: zero, adding: p) }
        return facet_are_same(a.m, zero, a.v, zero) && facet_are_same(b.m, zero, b.v, zero)
            && facet_are_same(c.m, zero, c.v, zero) && facet_are_same(d.m, zero, d.v, zero)
            && facet_are_same(a.p, moved(a.p), b.p, moved(b.p)) && facet_are_same(c.p, moved(c.p), d.p, moved(d.p))
            && isFinite
    }

    /// Whether the parameters have the bits of another group's.
    @inline(__always)
    func hasParameters(of other: DeferredGroup) -> Bool {
        facet_are_same(a.p, other.a.p, b.p, other.b.p) && facet_are_same(c.p, other.c.p, d.p, other.d.p)
    }
}

/// What all steps have in common, in registers.
private struct DeferredVectors {
    let beta1: Vector
    let beta2: Vector
    let rest1: Vector
    let rest2: Vector
    let l2: Vector
    let epsilon: Vector
    let zero = Vector(repeating: 0)

    @inline(__always)
    init(_ step: AdamStep) {
        beta1 = Vector(repeating: step.beta1)
        beta2 = Vector(repeating: step.beta2)
        rest1 = Vector(repeating: 1 - step.beta1)
        rest2 = Vector(repeating: 1 - step.beta2)
        l2 = Vector(repeating: step.l2)
        epsilon = Vector(repeating: step.epsilon)
    }

    /// The steps where g is 0.
    ///
    /// - Returns: whether it was; else nothing has changed.
    @inline(__always)
    func takePlain(_ steps: UnsafeBufferPointer<DeferredStep>, _ group: inout DeferredGroup) -> Bool {
        let start = group
        guard group.isFinite else { return false }
        var isAtRest = false
        for index in steps.indices {
            decay(&group.a)
            decay(&group.b)
            decay(&group.c)
            decay(&group.d)
            if isAtRest && steps[index].isShorter { continue }
            let step = steps[index].constants
            let before = group
            move(&group.a, step, kept: group.a.p)
            move(&group.b, step, kept: group.b.p)
            move(&group.c, step, kept: group.c.p)
            move(&group.d, step, kept: group.d.p)
            isAtRest = group.hasParameters(of: before)
        }
        guard group.isFinite else {
            group = start
            return false
        }
        return true
    }

    /// The steps with L2 and weight decay.
    @inline(__always)
    func take(
        _ steps: UnsafeBufferPointer<DeferredStep>, _ group: inout DeferredGroup, _ finite: inout Vector
    ) {
        for index in steps.indices {
            let step = steps[index].constants
            moveByL2(&group.a, step, &finite)
            moveByL2(&group.b, step, &finite)
            moveByL2(&group.c, step, &finite)
            moveByL2(&group.d, step, &finite)
        }
    }

    /// Moments where g is 0.
    @inline(__always)
    private func decay(_ lanes: inout DeferredLanes) {
        lanes.m = beta1.multiplied(by: lanes.m, adding: zero)
        lanes.v = beta2.multiplied(by: lanes.v, adding: zero)
    }

    /// A step where g is that of L2.
    @inline(__always)
    private func moveByL2(_ lanes: inout DeferredLanes, _ step: AdamStep, _ finite: inout Vector) {
        let g = l2.multiplied(by: lanes.p, adding: zero)
        lanes.m = beta1.multiplied(by: lanes.m, adding: rest1 * g)
        lanes.v = beta2.multiplied(by: lanes.v, adding: rest2 * g * g)
        finite = zero.multiplied(by: g, adding: finite)
        move(&lanes, step, kept: step.kept == 1 ? lanes.p : Vector(repeating: step.kept) * lanes.p)
    }

    @inline(__always)
    private func move(_ lanes: inout DeferredLanes, _ step: AdamStep, kept: Vector) {
        let root = facet_sqrt(lanes.v).multiplied(by: Vector(repeating: step.rootCorrection), adding: epsilon)
        lanes.p = Vector(repeating: -step.rate).multiplied(by: lanes.m / root, adding: kept)
    }
}
