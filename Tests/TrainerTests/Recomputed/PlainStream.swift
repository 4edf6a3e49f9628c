/// Random numbers by their names, written down once more from the papers: Philox 4x32-10 (Salmon et al. 2011) and the
/// multiplication with rejection (Lemire 2019).
struct PlainStream {
    /// What is drawn: the numbers are part of what a training computes, and never change.
    enum Purpose: UInt32 {
        case order = 2
        case negatives = 3
        case examples = 16
    }

    private let seed: UInt64
    private let names: [UInt32]
    private var words: [UInt32] = []
    private var block: UInt32 = 0

    init(seed: UInt64, _ purpose: Purpose, iteration: Int, element: Int) {
        self.seed = seed
        names = [UInt32(element), UInt32(iteration), purpose.rawValue]
    }

    /// A number in `0..<bound`.
    mutating func next(below bound: Int) -> Int {
        let bound = UInt64(bound)
        while true {
            let product = UInt64(nextWord()) * bound
            // Of the 2^32 words, as many as make every result equally likely.
            if product % (1 << 32) >= (1 << 32) % bound { return Int(product >> 32) }
        }
    }

    private mutating func nextWord() -> UInt32 {
        if words.isEmpty {
            words = rounds([block] + names)
            block += 1
        }
        return words.removeFirst()
    }

    private func rounds(_ counter: [UInt32]) -> [UInt32] {
        var c = counter
        var key = [UInt32(seed % (1 << 32)), UInt32(seed >> 32)]
        for _ in 0..<10 {
            let (first, second) = (0xD251_1F53 * UInt64(c[0]), 0xCD9E_8D57 * UInt64(c[2]))
            c = [
                UInt32(second >> 32) ^ c[1] ^ key[0], UInt32(second % (1 << 32)),
                UInt32(first >> 32) ^ c[3] ^ key[1], UInt32(first % (1 << 32)),
            ]
            key = [key[0] &+ 0x9E37_79B9, key[1] &+ 0xBB67_AE85]
        }
        return c
    }
}
