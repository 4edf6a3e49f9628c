/// Selects the rows with the largest scores of each of several users, out of many that are offered one after another.
///
/// As in ``BestRows`` the row with the smaller number is better where two have the same score, and a score that is not a
/// number counts as infinite; the order of the offers does not matter. Here an offer costs the same whatever number of
/// rows is kept: rows are collected beyond that number, and now and then the worse half goes.
public struct RowSelection {
    /// Rows that are kept of each user, at least 1.
    public let size: Int
    /// Rows that there is room for, of each user.
    private let capacity: Int
    /// `[users, capacity]`, as ``key(_:score:)`` makes them.
    private let keys: UnsafeMutablePointer<UInt64>
    /// `[users]`: rows that were collected.
    private let counts: UnsafeMutablePointer<Int>
    /// The number that each row is known by; nil: its own.
    private let numbers: UnsafePointer<Int32>?
    /// `[users]`: a row with a score below it is not among the best.
    let thresholds: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - numbers: the number that each row is known by, from 0, which decides between equal scores and is what
    ///     ``row(_:ofUser:)`` tells; as long as the selection is used. nil: the row's own.
    ///   - arena: has the memory of the selection until it is reset.
    public init(users: Int, size: Int, numbers: UnsafePointer<Int32>? = nil, in arena: Arena) {
        self.numbers = numbers
        self.size = size
        capacity = 2 * size + RankingPanel.width
        keys = arena.allocate(count: users * capacity)
        counts = arena.allocateZeroed(count: users)
        thresholds = arena.allocate(count: users)
        thresholds.update(repeating: -.infinity, count: users)
    }

    /// Collects a row that was not offered before.
    ///
    /// - Complexity: constant on average.
    @inline(__always)
    public func offer(_ row: Int32, score: Float, user: Int) {
        let own = keys + user * capacity
        own[counts[user]] = Self.key(numbers.map { $0[Int(row)] } ?? row, score: score)
        counts[user] += 1
        makeRoom(user)
    }

    /// Collects rows of a panel: those whose bits are set.
    ///
    /// - Parameters:
    ///   - start: the first row of the panel.
    ///   - scores: of the rows of the panel.
    @inline(__always)
    func offer(_ start: Int, _ scores: UnsafePointer<Float>, where bits: UInt32, user: Int) {
        guard bits != 0 else { return }
        let own = keys + user * capacity
        var count = counts[user]
        var bits = bits
        repeat {
            let row = bits.trailingZeroBitCount
            let number = numbers.map { $0[start + row] } ?? Int32(truncatingIfNeeded: start + row)
            own[count] = Self.key(number, score: scores[row])
            count += 1
            bits &= bits - 1
        } while bits != 0
        counts[user] = count
        makeRoom(user)
    }

    /// Makes room for a panel.
    @inline(__always)
    private func makeRoom(_ user: Int) {
        if counts[user] > capacity - RankingPanel.width { shrink(user) }
    }

    /// Ends the selection of a user: sorts the rows, the best one first.
    ///
    /// - Returns: how many there are, at most ``size``; ``row(_:ofUser:)`` and ``score(_:ofUser:)`` tell them.
    public func finish(_ user: Int) -> Int {
        if counts[user] > size { shrink(user) }
        var own = UnsafeMutableBufferPointer(start: keys + user * capacity, count: counts[user])
        own.sort(by: >)
        return counts[user]
    }

    /// The row of a rank, from 0, of a user that is finished: its number.
    public func row(_ rank: Int, ofUser user: Int) -> Int32 {
        Int32(truncatingIfNeeded: Self.rowMask - keys[user * capacity + rank] & Self.rowMask)
    }

    /// Its score.
    public func score(_ rank: Int, ofUser user: Int) -> Float { Self.score(of: keys[user * capacity + rank]) }

    private static let sign: UInt32 = 1 << 31
    /// Rows have 31 bits.
    private static let rowMask: UInt64 = 1 << 31 - 1

    /// A number that is larger the better a row is: the score as a number without sign, then the row.
    @inline(__always)
    private static func key(_ row: Int32, score: Float) -> UInt64 {
        // The zero with a sign is the same score as the one without.
        let bits = (score.isNaN ? Float.infinity : score + 0).bitPattern
        let ordered = bits & sign != 0 ? ~bits : bits | sign
        return UInt64(ordered) << 31 | (rowMask - UInt64(UInt32(bitPattern: row)))
    }

    private static func score(of key: UInt64) -> Float {
        let bits = UInt32(truncatingIfNeeded: key >> 31)
        return Float(bitPattern: bits & sign != 0 ? bits ^ sign : ~bits)
    }

    /// Leaves the best rows, in any order.
    @inline(never)
    private func shrink(_ user: Int) {
        let own = keys + user * capacity
        Self.partition(own, count: counts[user], best: size)
        counts[user] = size
        var worst = own[0]
        for index in 1..<max(size, 1) { worst = min(worst, own[index]) }
        thresholds[user] = Self.score(of: worst)
    }

    /// Moves the `best` largest keys to the front (quickselect; keys are all different).
    ///
    /// Every key is moved, whether it must be or not: what cannot be foretold would cost more than the moves.
    private static func partition(_ keys: UnsafeMutablePointer<UInt64>, count: Int, best: Int) {
        var lower = 0
        var upper = count - 1
        while lower < upper {
            let middle = (lower + upper) / 2
            if keys[lower] < keys[middle] { swap(keys, lower, middle) }
            if keys[lower] < keys[upper] { swap(keys, lower, upper) }
            // The one between the others goes to the end.
            if keys[middle] > keys[upper] { swap(keys, middle, upper) }
            let pivot = keys[upper]
            var border = lower
            for index in lower..<upper {
                let key = keys[index]
                keys[index] = keys[border]
                keys[border] = key
                // 1 where the key is larger: keys have 63 bits.
                border += Int(truncatingIfNeeded: (pivot &- key) >> 63)
            }
            swap(keys, border, upper)
            if border >= best {
                upper = border - 1
            } else if border + 1 < best {
                lower = border + 1
            } else {
                return
            }
        }
    }

    @inline(__always)
    private static func swap(_ keys: UnsafeMutablePointer<UInt64>, _ one: Int, _ other: Int) {
        let key = keys[one]
        keys[one] = keys[other]
        keys[other] = key
    }
}
