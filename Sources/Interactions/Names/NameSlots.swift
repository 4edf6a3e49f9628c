import Glibc

/// A hash table of names with open addressing. It holds numbers; the names themselves lie elsewhere (``NameList``).
///
/// The hash function has a random seed, so that no file can be made whose names all fall together. Nothing but time
/// depends on the seed.
struct NameSlots: Sendable {
    /// 0 where there is none, otherwise the number, and above it 32 bits of the hash, so that hardly any other name is
    /// compared. A power of two in size, at most half full.
    private var slots: [UInt64]
    private let seed: UInt64

    /// Where a name is, or belongs.
    struct Place {
        fileprivate let slot: Int
        fileprivate let tag: UInt64
        /// 0 where it is not there.
        let number: Int
    }

    init(capacity: Int) {
        var bits = 10
        while 1 << bits < 2 * capacity { bits += 1 }
        slots = [UInt64](repeating: 0, count: 1 << bits)
        seed = UInt64.random(in: .min ... .max)
    }

    /// The number of a name; nil where it is not there.
    @inline(__always)
    func number(of name: UnsafeRawBufferPointer, in list: NameList) -> Int32? {
        let number = place(of: name, in: list).number
        return number == 0 ? nil : Int32(truncatingIfNeeded: number)
    }

    @inline(__always)
    func place(of name: UnsafeRawBufferPointer, in list: NameList) -> Place {
        let hash = Self.hash(name, seed)
        let tag = hash & 0xFFFF_FFFF_0000_0000
        return slots.withUnsafeBufferPointer { slots in
            var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while slots[slot] != 0 {
                if slots[slot] & 0xFFFF_FFFF_0000_0000 == tag {
                    let number = Int(slots[slot] & 0xFFFF_FFFF)
                    let other = list.name(number)
                    if other.count == name.count,
                        name.isEmpty || memcmp(other.baseAddress!, name.baseAddress!, name.count) == 0
                    {
                        return Place(slot: slot, tag: tag, number: number)
                    }
                }
                slot = (slot &+ 1) & (slots.count - 1)
            }
            return Place(slot: slot, tag: tag, number: 0)
        }
    }

    /// Puts a number where its name belongs; there must be room.
    @inline(__always)
    mutating func put(_ number: Int, _ place: Place) { slots[place.slot] = place.tag | UInt64(number) }

    /// Whether another name would make more than half of it full.
    @inline(__always)
    func isFull(count: Int) -> Bool { 2 * (count + 1) > slots.count }

    /// Eight bytes at a time, each multiplied into the state, of which the two halves of the product are mixed.
    @inline(__always)
    private static func hash(_ name: UnsafeRawBufferPointer, _ seed: UInt64) -> UInt64 {
        var state = seed
        var place = 0
        while place + 8 <= name.count {
            state = mixed(state ^ name.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            place += 8
        }
        var last: UInt64 = 0
        while place < name.count {
            last = last << 8 | UInt64(name[place])
            place += 1
        }
        return mixed(mixed(state ^ last) ^ UInt64(name.count))
    }

    @inline(__always)
    private static func mixed(_ word: UInt64) -> UInt64 {
        let (high, low) = word.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return (high ^ low) &+ 0xD6E8_FEB8_6659_FD93
    }
}
