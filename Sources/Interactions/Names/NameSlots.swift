/// A hash table of names with open addressing. It holds numbers and where each name lies; the names themselves lie
/// elsewhere (``NameList``).
///
/// The hash function has a random seed, so that no file can be made whose names all fall together. Nothing but time
/// depends on the seed.
struct NameSlots: Sendable {
    /// 16 bytes, so that a look-up touches one line of the cache here and one where the name lies.
    private struct Slot {
        /// 0 where there is none.
        var number: UInt32 = 0
        /// A part of the hash, so that hardly any other name is compared.
        var tag: UInt32 = 0
        /// Where the name begins, and its length in the lowest 16 bits; ``isLong`` for more.
        var span: UInt64 = 0

        static let isLong: UInt64 = 0xFFFF
    }

    /// A power of two in size, at most half full.
    private var slots: [Slot]
    private let seed: UInt64

    /// Where a name is, or belongs.
    struct SearchResult {
        fileprivate let slot: Int
        fileprivate let tag: UInt32
        /// 0 where it is not there.
        let number: Int
    }

    init(capacity: Int) {
        var bits = 10
        while 1 << bits < 2 * capacity { bits += 1 }
        slots = [Slot](repeating: Slot(), count: 1 << bits)
        seed = UInt64.random(in: .min ... .max)
    }

    /// The number of a name; nil where it is not there.
    @inline(__always)
    func number(of name: UnsafeRawBufferPointer, in list: NameList) -> Int32? {
        let number = search(for: name, in: list).number
        return number == 0 ? nil : Int32(truncatingIfNeeded: number)
    }

    @inline(__always)
    func search(for name: UnsafeRawBufferPointer, in list: NameList) -> SearchResult {
        let hash = Self.hash(name, seed)
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        return slots.withUnsafeBufferPointer { slots in
            var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while slots[slot].number != 0 {
                let entry = slots[slot]
                if entry.tag == tag {
                    if Self.isThere(entry, name, list) {
                        return SearchResult(slot: slot, tag: tag, number: Int(entry.number))
                    }
                }
                slot = (slot &+ 1) & (slots.count - 1)
            }
            return SearchResult(slot: slot, tag: tag, number: 0)
        }
    }

    /// The numbers of many names, of those that are found in the first slot where they may be; 0 for all others.
    ///
    /// In three passes, each with loads that do not wait for each other: memory is slow, but can be asked for many things at
    /// a time.
    /// - Parameter numbers: what is not 0 stays.
    func findFirst(
        _ names: UnsafeBufferPointer<UnsafeRawBufferPointer>, in list: NameList,
        _ numbers: UnsafeMutableBufferPointer<Int32>
    ) {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: names.count) { hashes in
            slots.withUnsafeBufferPointer { slots in
                let mask = slots.count - 1
                for index in names.indices { hashes[index] = Self.hash(names[index], seed) }
                for index in names.indices where numbers[index] == 0 {
                    let entry = slots[Int(truncatingIfNeeded: hashes[index]) & mask]
                    let isLikely = entry.tag == UInt32(truncatingIfNeeded: hashes[index] >> 32)
                    // Below 0 until the name itself has been looked at.
                    numbers[index] = isLikely ? -Int32(truncatingIfNeeded: entry.number) : 0
                }
                for index in names.indices where numbers[index] < 0 {
                    let entry = slots[Int(truncatingIfNeeded: hashes[index]) & mask]
                    numbers[index] = Self.isThere(entry, names[index], list) ? -numbers[index] : 0
                }
            }
        }
    }

    @inline(__always)
    private static func isThere(_ entry: Slot, _ name: UnsafeRawBufferPointer, _ list: NameList) -> Bool {
        let length = entry.span & Slot.isLong
        guard length < Slot.isLong else { return list.name(Int(entry.number)).elementsEqual(name) }
        guard length == UInt64(name.count) else { return false }
        return length == 0 || areEqual(name, list.bytes(at: Int(truncatingIfNeeded: entry.span >> 16)))
    }

    /// Puts a number where its name belongs; there must be room.
    ///
    /// - Parameters:
    ///   - start: where the name begins in the packed bytes.
    ///   - length: of the name.
    @inline(__always)
    mutating func put(_ number: Int, _ search: SearchResult, start: Int, length: Int) {
        slots[search.slot] = Slot(
            number: UInt32(truncatingIfNeeded: number), tag: search.tag,
            span: UInt64(truncatingIfNeeded: start) << 16 | min(UInt64(length), Slot.isLong))
    }

    /// Whether another name would make more than half of it full.
    @inline(__always)
    func isFull(count: Int) -> Bool { 2 * (count + 1) > slots.count }

    /// Whether as many bytes from `other` on are those of a name.
    @inline(__always)
    private static func areEqual(_ name: UnsafeRawBufferPointer, _ other: UnsafeRawPointer) -> Bool {
        let count = name.count
        guard count >= 8 else { return name.word == UnsafeRawBufferPointer(start: other, count: count).word }
        var offset = 0
        while offset + 8 < count {
            guard
                name.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    == other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            else { return false }
            offset += 8
        }
        return name.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            == other.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    }

    /// Eight bytes at a time, the last ones perhaps once more, each multiplied into the state, of which the two halves of
    /// the product are mixed.
    @inline(__always)
    private static func hash(_ name: UnsafeRawBufferPointer, _ seed: UInt64) -> UInt64 {
        var state = seed ^ UInt64(truncatingIfNeeded: name.count)
        var last: UInt64
        if name.count >= 8 {
            var offset = 0
            while offset + 8 < name.count {
                state = mixed(state ^ name.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset += 8
            }
            last = name.loadUnaligned(fromByteOffset: name.count - 8, as: UInt64.self)
        } else {
            last = name.word
        }
        return mixed(mixed(state ^ last))
    }

    @inline(__always)
    private static func mixed(_ word: UInt64) -> UInt64 {
        let (high, low) = word.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return (high ^ low) &+ 0xD6E8_FEB8_6659_FD93
    }
}

extension UnsafeRawBufferPointer {
    /// At most eight bytes as one word, the first one in its lowest byte; zeros above the last one.
    @inline(__always)
    var word: UInt64 {
        let count = UInt64(truncatingIfNeeded: count)
        switch count {
        case 8...: return loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        case 4...:
            // Two loads that may overlap.
            let first = UInt64(loadUnaligned(fromByteOffset: 0, as: UInt32.self))
            let last = UInt64(loadUnaligned(fromByteOffset: self.count - 4, as: UInt32.self))
            return first | last << (8 * (count - 4))
        case 1...:
            let middle = UInt64(self[self.count / 2]) << (8 * (count / 2))
            return UInt64(self[0]) | middle | UInt64(self[self.count - 1]) << (8 * (count - 1))
        default: return 0
        }
    }

    /// The number that one to eight digits without a leading zero are; nil for anything else.
    @inline(__always)
    var shortNumber: Int? {
        let count = count
        guard count &- 1 < 8, self[0] != 0x30 else { return nil }
        // Zeros in front of the digits, in the lower bytes.
        let free = UInt64(truncatingIfNeeded: 8 - count) * 8
        let zeros: UInt64 = 0x3030_3030_3030_3030
        let digits = free == 0 ? word : word << free | zeros >> (64 - free)
        // Every byte is 0x30...0x39, also six more.
        let high: UInt64 = 0xF0F0_F0F0_F0F0_F0F0
        guard digits & high == zeros, (digits &+ 0x0606_0606_0606_0606) & high == zeros else { return nil }
        // Pairs of digits, of pairs, of fours.
        var value = ((digits & 0x0F0F_0F0F_0F0F_0F0F) &* 2_561) >> 8
        value = ((value & 0x00FF_00FF_00FF_00FF) &* 6_553_601) >> 16
        value = ((value & 0x0000_FFFF_0000_FFFF) &* 42_949_672_960_001) >> 32
        return Int(truncatingIfNeeded: value)
    }
}
