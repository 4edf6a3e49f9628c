import Synchronization

/// What finds the ids of a ``NamedIds``: made at the first question, for all copies of it.
final class NameLookup: Sendable {
    private let reference = AtomicLazyReference<NameIndex>()

    func index(_ bytes: [UInt8], _ offsets: [Int64]) -> NameIndex {
        // Two threads that ask at once may both make one; the first to finish is kept.
        reference.load() ?? reference.storeIfNil(NameIndex(bytes, offsets))
    }
}

/// The slots of all ids.
final class NameIndex: Sendable {
    let slots: NameSlots
    /// The numbers of the first id that has come before, if there is one.
    let firstRepeat: (first: Int, second: Int)?

    init(_ bytes: [UInt8], _ offsets: [Int64]) {
        var slots = NameSlots(capacity: offsets.count - 1)
        var firstRepeat: (first: Int, second: Int)?
        bytes.withUnsafeBufferPointer { bytes in
            offsets.withUnsafeBufferPointer { offsets in
                let list = NameList(bytes, offsets)
                for number in 1..<max(1, offsets.count) {
                    let search = slots.search(for: list.name(number), in: list)
                    if search.number == 0 {
                        slots.put(number, search, start: list.start(number), length: list.name(number).count)
                    } else if firstRepeat == nil {
                        firstRepeat = (search.number, number)
                    }
                }
            }
        }
        self.slots = slots
        self.firstRepeat = firstRepeat
    }
}

/// Packed names to compare with.
struct NameList {
    private let bytes: UnsafeRawPointer?
    private let offsets: UnsafeBufferPointer<Int64>

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ offsets: UnsafeBufferPointer<Int64>) {
        self.bytes = UnsafeRawPointer(bytes.baseAddress)
        self.offsets = offsets
    }

    /// The packed bytes from an offset on.
    @inline(__always)
    func bytes(at start: Int) -> UnsafeRawPointer { bytes.unsafelyUnwrapped + start }

    /// Where a name begins.
    @inline(__always)
    func start(_ number: Int) -> Int { Int(offsets[number - 1]) }

    @inline(__always)
    func name(_ number: Int) -> UnsafeRawBufferPointer {
        let start = Int(offsets[number - 1])
        return UnsafeRawBufferPointer(start: bytes.map { $0 + start }, count: Int(offsets[number]) - start)
    }
}
