extension Kernel {
    /// The first of some numbers that is not in `0..<bound`; nil where all are.
    ///
    /// - Parameters:
    ///   - numbers: every `stride`-th of them is looked at.
    ///   - count: how many are looked at.
    public static func firstOutside(
        _ numbers: UnsafePointer<Int32>, count: Int, stride: Int = 1, bound: Int
    ) -> Int32? {
        // Without a sign a negative number is a large one. The maximum is a loop that fills vectors.
        var largest: UInt32 = 0
        if stride == 1 {
            for index in 0..<max(count, 0) { largest = max(largest, UInt32(bitPattern: numbers[index])) }
        } else {
            for index in 0..<max(count, 0) { largest = max(largest, UInt32(bitPattern: numbers[index * stride])) }
        }
        guard count > 0, Int(largest) >= bound else { return nil }
        return (0..<count).lazy.map { numbers[$0 * stride] }.first { !(0..<bound).contains(Int($0)) }
    }

    /// How many of `count` numbers are `number`.
    public static func count(of number: Int32, in numbers: UnsafePointer<Int32>, count: Int) -> Int {
        // As wide as the numbers themselves, so that a vector counts as many as it compares.
        var found: Int32 = 0
        for index in 0..<count { found &+= numbers[index] == number ? 1 : 0 }
        return Int(found)
    }
}
