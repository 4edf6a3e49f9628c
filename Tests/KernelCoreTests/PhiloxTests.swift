import KernelCore
import Testing

/// The known-answer vectors of Random123's `kat_vectors` for philox4x32-10.
@Suite struct PhiloxTests {
    @Test func `zero counter and key give the published words`() {
        let words = Philox4x32.block(counter: (0, 0, 0, 0), key: (0, 0))
        #expect(words == (0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
    }

    @Test func `a stream that seeks goes on as one that has read all words before`() {
        func stream() -> RandomStream { RandomStream(seed: 3, purpose: .initialization, iteration: 0, element: 5) }
        var read = stream()
        let words = (0..<40).map { _ in read.nextWord() }
        for position in [0, 1, 3, 4, 7, 38] {
            var other = stream()
            _ = other.nextWord()
            other.seek(toWord: position)
            #expect((position..<40).map { _ in other.nextWord() } == Array(words[position...]))
        }
    }

    @Test func `all ones give the published words`() {
        let ones = UInt32.max
        let words = Philox4x32.block(counter: (ones, ones, ones, ones), key: (ones, ones))
        #expect(words == (0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
    }

    @Test func `digits of pi give the published words`() {
        let words = Philox4x32.block(
            counter: (0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), key: (0xA409_3822, 0x299F_31D0))
        #expect(words == (0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
    }

    @Test(arguments: [1, 4, 13, 16, 50, 64, 128])
    func `dropout draws four columns by a block, named by site, row and sample`(columns: Int) {
        let rows: [(sample: UInt32, row: Int)] = [(7, 0), (7, 1), (900_000, 0), (3, 0xFF_FFFF / ((columns + 3) / 4))]
        let x = [Float](repeating: 3, count: rows.count * columns)
        for rate in [0.1, 0.5, 0.9] as [Float] {
            let streams = RandomStreams(seed: 1 << 40 | 5, purpose: .dropout, iteration: 12)
            var y = x
            var kept = [UInt16](repeating: 0, count: Kernel.dropoutWordCount(rows: rows.count, columns: columns))
            Kernel.dropout(
                MatrixView(x, columns: columns), rate: rate, streams: streams, site: 2, kept: &kept, into: &y
            ) { rows[$0] }
            let threshold = UInt32((Double(rate) * 0x1p32).rounded())
            let expected = rows.flatMap { sample, row in
                (0..<columns).map { column -> Float in
                    let number = UInt32(truncatingIfNeeded: row * ((columns + 3) / 4) + column / 4) & 0xFF_FFFF
                    let words = Philox4x32.block(
                        counter: (2 << 24 | number, sample, 12, RandomPurpose.dropout.rawValue), key: (5, 1 << 8))
                    let word = [words.0, words.1, words.2, words.3][column % 4]
                    return word >= threshold ? 3 * (1 / (1 - rate)) : 0
                }
            }
            #expect(y == expected)
            // The way back passes where the way there did, added to what is there or not.
            var dx = [Float](repeating: 1, count: x.count)
            for before in [1, 0] as [Float] {
                dx.withUnsafeMutableBufferPointer {
                    Kernel.dropoutBackward(
                        dy: MatrixView(x, columns: columns), rate: rate, kept: kept,
                        dx: GradientSum($0.baseAddress!, hasTerms: before > 0))
                }
                #expect(zip(dx, expected).allSatisfy { abs($0 - $1 - before) < 1e-5 })
            }
        }
    }

    @Test func `bounded numbers are uniform over the interval`() {
        var stream = RandomStream(seed: 7, purpose: .negatives, iteration: 3, element: 11)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<100_000 { counts[Int(stream.next(below: 10))] += 1 }
        // Five standard deviations of a binomial count with p = 0.1.
        #expect(counts.allSatisfy { abs($0 - 10_000) < 475 })
    }

    @Test func `streams of different names differ and of the same name agree`() {
        func first(_ seed: UInt64, _ iteration: UInt32, _ element: UInt32) -> UInt64 {
            var stream = RandomStream(seed: seed, purpose: .order, iteration: iteration, element: element)
            return stream.next()
        }
        #expect(first(1, 2, 3) == first(1, 2, 3))
        #expect(Set([first(1, 2, 3), first(2, 2, 3), first(1, 3, 3), first(1, 2, 4)]).count == 4)
    }
}
