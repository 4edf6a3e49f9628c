internal import CVector

/// Standard normal numbers for packed sequences, named like those of ``RandomStream``.
extension Kernel {
    /// N(0, 1) numbers for every row of packed sequences, `y[column, row]`.
    ///
    /// A number depends on (seed, purpose, iteration, element of the sequence, site, row within its sequence, column)
    /// alone: a longer sequence keeps the numbers of its first rows. Four columns of a row are a block of
    /// ``Philox4x32``; sixteen blocks are computed at a time, whatever sequences they belong to.
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
        let stride = sequences.total
        let blocksPerRow = (columns + 3) / 4
        var batch = NormalBatch(streams)
        for sequence in 0..<sequences.count {
            let first = sequences.start(sequence)
            for row in 0..<sequences.length(sequence) {
                for block in 0..<blocksPerRow {
                    let number = site << 24 | UInt32(truncatingIfNeeded: row * blocksPerRow + block) & 0xFF_FFFF
                    batch.add(
                        number, elements[sequence], y + (4 * block * stride + first + row),
                        room: min(4, columns - 4 * block), stride: stride)
                }
            }
        }
        batch.finish(stride: stride)
    }
}

/// Up to sixteen blocks of four normal numbers, and where they go.
private struct NormalBatch {
    private let key: (UInt32, UInt32)
    private let iteration: UInt32
    private let purpose: UInt32
    private var numbers = SIMD16<UInt32>(repeating: 0)
    private var elements = SIMD16<UInt32>(repeating: 0)
    private var targets = SIMD16<UInt>(repeating: 0)
    private var rooms = SIMD16<UInt32>(repeating: 0)
    private var count = 0

    init(_ streams: RandomStreams) {
        key = streams.key
        iteration = streams.iteration
        purpose = streams.purpose.rawValue
    }

    @inline(__always)
    mutating func add(
        _ number: UInt32, _ element: UInt32, _ target: UnsafeMutablePointer<Float>, room: Int, stride: Int
    ) {
        numbers[count] = number
        elements[count] = element
        targets[count] = UInt(bitPattern: target)
        rooms[count] = UInt32(room)
        count += 1
        if count == SIMD16<UInt32>.scalarCount { finish(stride: stride) }
    }

    /// Computes the blocks that have been added and writes them.
    @inline(__always)
    mutating func finish(stride: Int) {
        let words = philoxBlocks(
            counter: (
                numbers, elements, SIMD16(repeating: iteration), SIMD16(repeating: purpose)
            ), key: key)
        let (n0, n1) = normals(words.0, words.1)
        let (n2, n3) = normals(words.2, words.3)
        for lane in 0..<count {
            let target = UnsafeMutablePointer<Float>(bitPattern: targets[lane])!
            let room = rooms[lane]
            target[0] = n0[lane]
            if room > 1 { target[stride] = n1[lane] }
            if room > 2 { target[2 * stride] = n2[lane] }
            if room > 3 { target[3 * stride] = n3[lane] }
        }
        count = 0
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
