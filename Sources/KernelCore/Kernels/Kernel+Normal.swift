internal import CVector

/// Standard normal numbers for packed sequences, named like those of ``RandomStream``.
extension Kernel {
    /// N(0, 1) numbers for every row of packed sequences, `y[column, row]`.
    ///
    /// A number depends on (seed, purpose, iteration, element of the sequence, site, row within its sequence, column)
    /// alone: a longer sequence keeps the numbers of its first rows. Four columns of a row are a block of
    /// ``Philox4x32``; those of sixteen rows are computed at a time, whatever sequences they belong to.
    ///
    /// - Parameters:
    ///   - streams: of the seed, the purpose and the iteration.
    ///   - site: number of the caller within the model, below 256.
    ///   - elements: `[sequences.count]`, what names the sequences' numbers: samples or users.
    ///   - columns: numbers of a row.
    ///   - y: `[columns, sequences.total]`.
    public static func standardNormals(
        from streams: RandomStreams, site: UInt32, elements: UnsafePointer<UInt32>, over sequences: JaggedOffsets,
        columns: Int, into y: UnsafeMutablePointer<Float>
    ) {
        let blocksPerRow = (columns + 3) / 4
        let end = sequences.count > 0 ? sequences.start(sequences.count) : 0
        let blocks = NormalBlocks(streams)
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 2 * NormalBlocks.count) {
            buffer in
            buffer.initialize(repeating: 0)
            let numbers = buffer.baseAddress!
            let names = numbers + NormalBlocks.count
            for block in 0..<blocksPerRow {
                let room = min(4, columns - 4 * block)
                var lanes = 0
                for sequence in 0..<sequences.count {
                    let first = sequences.start(sequence)
                    for row in 0..<sequences.length(sequence) {
                        numbers[lanes] = site << 24 | UInt32(truncatingIfNeeded: row * blocksPerRow + block) & 0xFF_FFFF
                        names[lanes] = elements[sequence]
                        lanes += 1
                        guard lanes == NormalBlocks.count || first + row == end - 1 else { continue }
                        let start = 4 * block * sequences.total + first + row + 1 - lanes
                        blocks.draw(
                            numbers, names, into: y + start, lanes: lanes, columns: room, stride: sequences.total)
                        lanes = 0
                    }
                }
            }
        }
    }
}

/// Blocks of four normal numbers, sixteen at a time.
private struct NormalBlocks {
    static let count = SIMD16<UInt32>.scalarCount

    private let key: (UInt32, UInt32)
    private let iteration: UInt32
    private let purpose: UInt32

    init(_ streams: RandomStreams) {
        key = streams.key
        iteration = streams.iteration
        purpose = streams.purpose.rawValue
    }

    /// Writes the first `columns` numbers of each of `lanes` blocks, `y[column, block]` with columns `stride` apart.
    ///
    /// - Parameters:
    ///   - numbers: `[16]`, of the blocks; elements: `[16]`, theirs.
    @inline(__always)
    func draw(
        _ numbers: UnsafePointer<UInt32>, _ elements: UnsafePointer<UInt32>, into y: UnsafeMutablePointer<Float>,
        lanes: Int, columns: Int, stride: Int
    ) {
        let words = philoxBlocks(
            counter: (
                UnsafeRawPointer(numbers).loadUnaligned(as: SIMD16<UInt32>.self),
                UnsafeRawPointer(elements).loadUnaligned(as: SIMD16<UInt32>.self),
                SIMD16(repeating: iteration), SIMD16(repeating: purpose)
            ), key: key)
        let (first, second) = normals(words.0, words.1)
        store(first, y, 0, lanes)
        if columns > 1 { store(second, y, stride, lanes) }
        guard columns > 2 else { return }
        let (third, fourth) = normals(words.2, words.3)
        store(third, y, 2 * stride, lanes)
        if columns > 3 { store(fourth, y, 3 * stride, lanes) }
    }
}

/// ``Philox4x32`` of sixteen counters under one key.
@inline(__always)
private func philoxBlocks(
    counter: (SIMD16<UInt32>, SIMD16<UInt32>, SIMD16<UInt32>, SIMD16<UInt32>), key: (UInt32, UInt32)
) -> (SIMD16<UInt32>, SIMD16<UInt32>, SIMD16<UInt32>, SIMD16<UInt32>) {
    var (c0, c1, c2, c3) = counter
    var (k0, k1) = key
    for _ in 0..<10 {
        let high0 = facet_multiply_high(c0, 0xD251_1F53)
        let low0 = facet_multiply_low(c0, 0xD251_1F53)
        let high1 = facet_multiply_high(c2, 0xCD9E_8D57)
        let low1 = facet_multiply_low(c2, 0xCD9E_8D57)
        c0 = facet_xor(high1, c1, k0)
        c1 = low1
        c2 = facet_xor(high0, c3, k1)
        c3 = low0
        k0 &+= 0x9E37_79B9
        k1 &+= 0xBB67_AE85
    }
    return (c0, c1, c2, c3)
}

/// Two independent standard normal vectors from two words of each lane (Box and Muller 1958): the radius is
/// `sqrt(-2 ln u)`, `u` in (0, 1] from the first word; the direction an angle of +-pi/4 from the upper 24 bits of the
/// second word, mirrored at the diagonal and at the origin by its lowest two bits.
@inline(__always)
private func normals(_ first: SIMD16<UInt32>, _ second: SIMD16<UInt32>) -> (Vector, Vector) {
    let uniform = facet_fraction(first) + Vector(repeating: 0x1p-24)
    let radius = facet_sqrt(Vector(repeating: -2) * logarithm(uniform))
    let angle = (facet_fraction(second) - Vector(repeating: 0.5)) * Vector(repeating: Float.pi / 2)
    let (sine, cosine) = sineAndCosine(angle)
    let signed = facet_negate_by_bit1(second, radius)
    return (signed * facet_select_even(second, cosine, sine), signed * facet_select_even(second, sine, cosine))
}

/// `sin(x)` and `cos(x)` for |x| <= pi/4, by the polynomials of Cephes' `sinf` and `cosf`.
@inline(__always)
private func sineAndCosine(_ x: Vector) -> (Vector, Vector) {
    let square = x * x
    var s = Vector(repeating: -1.951_529_59e-4)
    s = s.multiplied(by: square, adding: Vector(repeating: 8.332_160_87e-3))
    s = s.multiplied(by: square, adding: Vector(repeating: -1.666_665_46e-1))
    var c = Vector(repeating: 2.443_315_71e-5)
    c = c.multiplied(by: square, adding: Vector(repeating: -1.388_731_63e-3))
    c = c.multiplied(by: square, adding: Vector(repeating: 4.166_664_57e-2))
    c = c.multiplied(by: square, adding: Vector(repeating: -0.5))
    return ((s * square).multiplied(by: x, adding: x), c.multiplied(by: square, adding: Vector(repeating: 1)))
}
