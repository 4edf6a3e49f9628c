extension SHA256 {
    /// Bytes per block.
    static let blockSize = 64

    /// Room for one block inside the value.
    struct InlineBlock: Sendable {
        private var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)

        func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
            Swift.withUnsafeBytes(of: words, body)
        }

        mutating func withUnsafeMutableBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
            Swift.withUnsafeMutableBytes(of: &words, body)
        }
    }

    /// The first 32 bits of the fractional parts of the square roots of the first 8 primes (FIPS 180-4, 5.3.3).
    static let initialState: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]

    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
    private static let roundConstants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]

    /// Works whole blocks into the state (FIPS 180-4, 6.2.2).
    static func compress(_ blocks: UnsafeRawBufferPointer, into state: inout [UInt32]) {
        guard !blocks.isEmpty else { return }
        state.withUnsafeMutableBufferPointer { state in
            roundConstants.withUnsafeBufferPointer { constants in
                withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 16) { window in
                    let state = state.baseAddress!
                    let constants = constants.baseAddress!
                    let window = window.baseAddress!
                    for start in stride(from: 0, to: blocks.count, by: blockSize) {
                        compress(blocks.baseAddress! + start, state, constants, window)
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func compress(
        _ block: UnsafeRawPointer, _ state: UnsafeMutablePointer<UInt32>, _ constants: UnsafePointer<UInt32>,
        _ window: UnsafeMutablePointer<UInt32>
    ) {
        var working = WorkingVariables(state)
        for index in 0..<16 {
            window[index] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
        }
        working.eightRounds(constants, window)
        working.eightRounds(constants + 8, window + 8)
        for first in stride(from: 16, to: 64, by: 16) {
            // The window holds the sixteen words before; the indices are constants once this is unrolled.
            schedule(0, window)
            schedule(8, window)
            working.eightRounds(constants + first, window)
            working.eightRounds(constants + first + 8, window + 8)
        }
        working.add(to: state)
    }

    /// Eight words of the message schedule, in the place of those sixteen before.
    @inline(__always)
    private static func schedule(_ first: Int, _ window: UnsafeMutablePointer<UInt32>) {
        word(first, window)
        word(first + 1, window)
        word(first + 2, window)
        word(first + 3, window)
        word(first + 4, window)
        word(first + 5, window)
        word(first + 6, window)
        word(first + 7, window)
    }

    @inline(__always)
    private static func word(_ index: Int, _ window: UnsafeMutablePointer<UInt32>) {
        let (near, far) = (window[(index + 14) & 15], window[(index + 1) & 15])
        let sigma1 = rotate(near, 17) ^ rotate(near, 19) ^ near &>> 10
        let sigma0 = rotate(far, 7) ^ rotate(far, 18) ^ far &>> 3
        window[index] = window[index] &+ sigma1 &+ window[(index + 9) & 15] &+ sigma0
    }

    @inline(__always)
    fileprivate static func rotate(_ value: UInt32, _ distance: UInt32) -> UInt32 {
        value &>> distance | value &<< (32 - distance)
    }
}

/// The eight working variables of FIPS 180-4, 6.2.2.
private struct WorkingVariables {
    var (a, b, c, d, e, f, g, h): (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)

    @inline(__always)
    init(_ state: UnsafePointer<UInt32>) {
        (a, b, c, d, e, f, g, h) = (
            state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]
        )
    }

    @inline(__always)
    func add(to state: UnsafeMutablePointer<UInt32>) {
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
        state[5] &+= f
        state[6] &+= g
        state[7] &+= h
    }

    /// The variables change their roles instead of their places: no moves between rounds.
    @inline(__always)
    mutating func eightRounds(_ constants: UnsafePointer<UInt32>, _ words: UnsafePointer<UInt32>) {
        Self.round(a, b, c, &d, e, f, g, &h, constants[0] &+ words[0])
        Self.round(h, a, b, &c, d, e, f, &g, constants[1] &+ words[1])
        Self.round(g, h, a, &b, c, d, e, &f, constants[2] &+ words[2])
        Self.round(f, g, h, &a, b, c, d, &e, constants[3] &+ words[3])
        Self.round(e, f, g, &h, a, b, c, &d, constants[4] &+ words[4])
        Self.round(d, e, f, &g, h, a, b, &c, constants[5] &+ words[5])
        Self.round(c, d, e, &f, g, h, a, &b, constants[6] &+ words[6])
        Self.round(b, c, d, &e, f, g, h, &a, constants[7] &+ words[7])
    }

    @inline(__always)
    private static func round(
        _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
        _ h: inout UInt32, _ summand: UInt32
    ) {
        // Sums that do not wait for the round before come first.
        let choice = g ^ (e & (f ^ g))
        let majority = (a & b) &+ (c & (a ^ b))
        let sigma0 = SHA256.rotate(a, 2) ^ SHA256.rotate(a, 13) ^ SHA256.rotate(a, 22)
        let sigma1 = SHA256.rotate(e, 6) ^ SHA256.rotate(e, 11) ^ SHA256.rotate(e, 25)
        let sum = (h &+ summand) &+ choice &+ sigma1
        d = d &+ sum
        h = sum &+ (majority &+ sigma0)
    }
}
