/// Numbers for ids, in the order in which they come first: 1, 2, 3...
///
/// The ids lie one behind the other in one array of bytes. The table has open addressing; its slots hold ids of up to
/// seven bytes themselves, so that most look-ups of numbers touch one line of the cache.
package struct IdInterner: Sendable {
    /// A place of the table. `number` 0: free.
    private struct Slot {
        /// The bytes and the length of a short id, otherwise a hash with the highest bit set.
        var key: UInt64
        var number: Int32
    }

    /// How many ids there are.
    package private(set) var count = 0
    private var bytes: [UInt8] = []
    /// `[count + 1]`: where each id begins in `bytes`.
    private var starts: [Int] = [0]
    private var slots: [Slot]
    private var shift: UInt64

    package init() {
        slots = [Slot](repeating: Slot(key: 0, number: 0), count: 1 << 10)
        shift = 64 - 10
    }

    /// The number of an id, and whether it came for the first time. The caller looks at new ones, and makes sure that
    /// there are fewer than 2^31.
    @inline(__always)
    package mutating func number(of id: UnsafeRawBufferPointer) -> (number: Int32, isNew: Bool) {
        let key = IdInterner.key(of: id)
        let mask = slots.count - 1
        var place = IdInterner.home(of: key, shift)
        while true {
            let slot = slots[place]
            if slot.number == 0 { return (add(id, key: key, at: place), true) }
            if slot.key == key, id.count < 8 || isEqual(id, slot.number) { return (slot.number, false) }
            place = (place &+ 1) & mask
        }
    }

    /// The number of an id that came; nil for another one.
    package func existing(_ id: UnsafeRawBufferPointer) -> Int32? {
        let key = IdInterner.key(of: id)
        var place = IdInterner.home(of: key, shift)
        while slots[place].number != 0 {
            let slot = slots[place]
            if slot.key == key, id.count < 8 || isEqual(id, slot.number) { return slot.number }
            place = (place &+ 1) & (slots.count - 1)
        }
        return nil
    }

    /// Calls `body` with the bytes of an id.
    package func withBytes<Result>(of number: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let range = starts[Int(number) - 1]..<starts[Int(number)]
        return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// An id as text.
    package func text(of number: Int32) -> String { withBytes(of: number) { String(decoding: $0, as: UTF8.self) } }

    private func isEqual(_ id: UnsafeRawBufferPointer, _ number: Int32) -> Bool {
        withBytes(of: number) { own in own.count == id.count && own.elementsEqual(id) }
    }

    @inline(never)
    private mutating func add(_ id: UnsafeRawBufferPointer, key: UInt64, at place: Int) -> Int32 {
        bytes.append(contentsOf: id)
        starts.append(bytes.count)
        count += 1
        slots[place] = Slot(key: key, number: Int32(count))
        if 3 * count > 2 * slots.count { grow() }
        return Int32(count)
    }

    private mutating func grow() {
        let old = slots
        shift -= 1
        slots = [Slot](repeating: Slot(key: 0, number: 0), count: 2 * old.count)
        for slot in old where slot.number != 0 {
            var place = IdInterner.home(of: slot.key, shift)
            while slots[place].number != 0 { place = (place &+ 1) & (slots.count - 1) }
            slots[place] = slot
        }
    }

    /// Multiplicative hashing of the folded key.
    @inline(__always)
    private static func home(of key: UInt64, _ shift: UInt64) -> Int {
        Int(truncatingIfNeeded: ((key ^ key >> 32) &* 0x9E37_79B9_7F4A_7C15) >> shift)
    }

    @inline(__always)
    private static func key(of id: UnsafeRawBufferPointer) -> UInt64 {
        let count = id.count
        guard count < 8 else { return hash(id) | 1 << 63 }
        var word: UInt64 = 0
        if count >= 4 {
            // Two loads that may overlap.
            let first = UInt64(id.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
            let last = UInt64(id.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
            word = first | last << (8 * UInt64(count - 4))
        } else {
            for index in 0..<count { word |= UInt64(id[index]) << (8 * UInt64(index)) }
        }
        return word | UInt64(count) << 56
    }

    /// Words of eight bytes, the last one overlapping, folded by products of 128 bits.
    @inline(__always)
    private static func hash(_ id: UnsafeRawBufferPointer) -> UInt64 {
        var state = UInt64(truncatingIfNeeded: id.count) &* 0xA076_1D64_78BD_642F
        var offset = 0
        while offset + 8 < id.count {
            state = folded(state ^ id.loadUnaligned(fromByteOffset: offset, as: UInt64.self), 0xE703_7ED1_A0B4_28DB)
            offset += 8
        }
        let last = id.loadUnaligned(fromByteOffset: id.count - 8, as: UInt64.self)
        return folded(state ^ last, 0x8EBC_6AF0_9C88_C6E3)
    }

    @inline(__always)
    private static func folded(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
}
