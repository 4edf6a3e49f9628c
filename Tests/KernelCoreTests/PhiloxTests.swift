import KernelCore
import Testing

/// The known-answer vectors of Random123's `kat_vectors` for philox4x32-10.
@Suite struct PhiloxTests {
    @Test func `zero counter and key give the published words`() {
        let words = Philox4x32.block(counter: (0, 0, 0, 0), key: (0, 0))
        #expect(words == (0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
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
