import KernelCore

/// Changes bytes at random, by a seed that repeats every change.
package struct Mutator {
    private let fragments: [[UInt8]]
    package var stream: RandomStream

    /// - Parameters:
    ///   - fragments: what a part of the bytes may be replaced by.
    ///   - sample: the number of the change.
    package init(fragments: [String], sample: Int) {
        self.fragments = fragments.map { Array($0.utf8) }
        stream = RandomStream(seed: 1, purpose: .synthesis, iteration: 0, element: UInt32(truncatingIfNeeded: sample))
    }

    /// `bytes` with one to four changes.
    package mutating func changed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int.random(in: 0..<4, using: &stream) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let offset = Int.random(in: 0..<bytes.count, using: &stream)
        let end = min(bytes.count, offset + Int.random(in: 1..<20, using: &stream))
        switch Int.random(in: 0..<9, using: &stream) {
        case 0: bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &stream)
        case 1: bytes[offset] = .random(in: .min ... .max, using: &stream)
        case 2: bytes.removeSubrange(offset..<end)
        case 3: bytes.insert(contentsOf: bytes[offset..<end], at: Int.random(in: 0...bytes.count, using: &stream))
        case 4: bytes.removeSubrange(offset...)
        case 5: bytes[min(offset & 15, bytes.count - 1)] = .random(in: .min ... .max, using: &stream)
        case 6: bytes.insert(contentsOf: fragments.randomElement(using: &stream) ?? [], at: offset)
        case 7:
            let replaced = offset..<min(bytes.count, offset + 2)
            bytes.replaceSubrange(replaced, with: fragments.randomElement(using: &stream) ?? [])
        default:
            // Digits decide about sizes and offsets: change one of them.
            let digits = bytes.indices.filter { UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[$0] }
            if let digit = digits.randomElement(using: &stream) {
                bytes[digit] = .random(in: UInt8(ascii: "0")...UInt8(ascii: "9"), using: &stream)
            }
        }
    }
}
