/// Texts of the numbers 1...count, one behind the other, so that to write one is to copy it.
struct IdTexts {
    private var bytes: [UInt8] = []
    /// `[count + 1]`
    private var offsets: [Int] = [0]
    /// Bytes of the longest one.
    private(set) var longest = 0

    init(_ count: Int, _ text: (Int32) -> String) {
        offsets.reserveCapacity(count + 1)
        for number in 0..<count {
            bytes.append(contentsOf: text(Int32(number + 1)).utf8)
            longest = max(longest, bytes.count - offsets[number])
            offsets.append(bytes.count)
        }
    }

    /// Calls `body` with what adds the text of a number to another text, which has room for it.
    @inline(__always)
    func withCopier<Result>(_ body: (Copier) -> Result) -> Result {
        bytes.withUnsafeBufferPointer { bytes in
            offsets.withUnsafeBufferPointer { offsets in body(Copier(bytes: bytes, offsets: offsets)) }
        }
    }

    struct Copier {
        let bytes: UnsafeBufferPointer<UInt8>
        let offsets: UnsafeBufferPointer<Int>

        @inline(__always)
        func add(_ number: Int32, to text: inout AnswerText) {
            text.add(UnsafeBufferPointer(rebasing: bytes[offsets[Int(number) - 1]..<offsets[Int(number)]]))
        }
    }
}
