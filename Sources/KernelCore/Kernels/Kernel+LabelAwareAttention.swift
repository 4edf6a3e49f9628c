import Glibc

/// What label-aware attention is computed with: whose interests and positives, and how sharp the weights are.
public struct LabelAwareAttention: BitwiseCopyable {
    /// Whose the interests are.
    public let groups: InterestGroups
    /// The positive of each user.
    public let positives: PositiveItems
    /// `[items, d]`, the vectors of the positives.
    public let table: UnsafePointer<Float>
    /// p, above 0 and finite.
    public let power: Float
    /// Of what the softmax is taken of; finite.
    public let scale: Float

    /// - Parameters:
    ///   - table: `[items, d]`, valid as long as this is used.
    ///   - power: above 0, finite; scale: finite.
    public init(
        _ groups: InterestGroups, positives: PositiveItems, table: UnsafePointer<Float>, power: Float, scale: Float
    ) {
        self.groups = groups
        self.positives = positives
        self.table = table
        self.power = power
        self.scale = scale
    }
}

/// What label-aware attention keeps for its backward pass.
public struct LabelAwareWeights: BitwiseCopyable {
    /// `[users, K]`, c of the formula.
    public let products: UnsafeMutablePointer<Float>
    /// `[users, K]`, a of the formula.
    public let weights: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - products, weights: room for `[users, K]`.
    public init(products: UnsafeMutablePointer<Float>, weights: UnsafeMutablePointer<Float>) {
        self.products = products
        self.weights = weights
    }
}

/// Label-aware attention (MIND, Li et al. 2019): the positive item decides how much each interest is trained.
extension Kernel {
    /// `y_b = sum_k a_bk x_bk` with `a_b = softmax over k of scale f(c_bk)`, `c_bk = <x_bk, table[positive_b]>`.
    ///
    /// `f` is the power p: `c^p` for even p, and `sign(c) |c|^p` for any other, which is `c^p` for odd p. Beyond 1e30 it
    /// rises no further.
    ///
    /// - Parameters:
    ///   - x: `[users * K, d]`, y: `[users, d]`.
    ///   - kept: for the backward pass.
    public static func labelAwareAttention(
        _ attention: LabelAwareAttention, _ x: MatrixView, keeping kept: LabelAwareWeights,
        into y: UnsafeMutablePointer<Float>
    ) {
        let (groups, columns) = (attention.groups, x.columns)
        let interests = groups.perUser
        let users = groups.users(rows: x.rows)
        let power = SignedPower(attention.power)
        let (products, weights) = (kept.products, kept.weights)
        for user in 0..<users {
            let first = user * interests
            let own = groups.count(user)
            SmallProducts.inner(
                StridedRows(attention.table + Int(attention.positives[user]) * columns, stride: columns, count: 1),
                StridedRows(x.row(first), stride: columns, count: own), width: columns,
                into: StridedResult(products + first, stride: own))
            for interest in 0..<own {
                weights[first + interest] = attention.scale * power.value(products[first + interest])
            }
            rowSoftmax(weights + first, own, into: weights + first)
            clear(weights + first + own, count: interests - own)
        }
        mix(x, weights: MatrixView(weights, rows: users, columns: interests), into: y)
    }

    /// The derivatives of ``labelAwareAttention(_:_:keeping:into:)``:
    /// with `da_k = <dy, x_k>` and `dc_k = scale f'(c_k) a_k (da_k - sum_j a_j da_j)`,
    /// `dx_k += a_k dy + dc_k table[positive]` and `dtable[positive] += sum_k dc_k x_k`.
    ///
    /// Where p is below 1, f has no derivative at 0: it counts as 0 there.
    ///
    /// - Parameters:
    ///   - dy: `[users, d]`, dx: of the shape of `x`.
    ///   - scratch: `[K]`.
    ///   - dpositive: where the gradient of an item of the table is.
    public static func labelAwareAttentionBackward(
        _ attention: LabelAwareAttention, _ x: MatrixView, kept: LabelAwareWeights, dy: UnsafePointer<Float>,
        scratch: UnsafeMutablePointer<Float>, dx: UnsafeMutablePointer<Float>,
        dpositive: (_ item: Int32) -> UnsafeMutablePointer<Float>
    ) {
        let columns = x.columns
        let (groups, interests) = (attention.groups, attention.groups.perUser)
        let power = SignedPower(attention.power)
        for user in 0..<groups.users(rows: x.rows) {
            let first = user * interests
            let own = groups.count(user)
            let item = attention.positives[user]
            let e = attention.table + Int(item) * columns
            let incoming = dy + user * columns
            var mean: Float = 0
            for interest in 0..<own {
                scratch[interest] = SmallProducts.dot(incoming, x.row(first + interest), columns)
                mean += kept.weights[first + interest] * scratch[interest]
            }
            let target = dpositive(item)
            for interest in 0..<own {
                let share = kept.weights[first + interest]
                let dproduct =
                    attention.scale * power.derivative(kept.products[first + interest]) * share
                    * (scratch[interest] - mean)
                let vector = x.row(first + interest)
                SmallProducts.add(incoming, times: share, to: dx + (first + interest) * columns, columns)
                SmallProducts.add(e, times: dproduct, to: dx + (first + interest) * columns, columns)
                SmallProducts.add(vector, times: dproduct, to: target, columns)
            }
        }
    }
}

/// `c^p` for even p, `sign(c) |c|^p` otherwise.
private struct SignedPower {
    private let power: Float
    private let isEven: Bool
    private static let largest: Float = 1e30

    init(_ power: Float) {
        self.power = power
        isEven = power.truncatingRemainder(dividingBy: 2) == 0
    }

    func value(_ c: Float) -> Float {
        let size = pow(abs(c), power)
        // Not a number stays what it is.
        let bounded = size > Self.largest ? Self.largest : size
        return isEven || c >= 0 ? bounded : -bounded
    }

    func derivative(_ c: Float) -> Float {
        let size = abs(c)
        guard !(pow(size, power) > Self.largest), size > 0 || power >= 1 else { return 0 }
        let derivative = power * pow(size, power - 1)
        return isEven && c < 0 ? -derivative : derivative
    }
}
