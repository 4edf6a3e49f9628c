/// What random numbers are drawn for. Streams of different purposes never share a counter.
public struct RandomPurpose: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    /// The word of the counter that stands for the purpose.
    public let rawValue: UInt32

    /// A purpose with a number of its own, which no other purpose may have.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Initial parameter values: `iteration` 0, `element` from the parameter's name.
    public static let initialization = RandomPurpose(rawValue: 1)
    /// Order of the samples of a logical shard: `iteration` = epoch, `element` = shard.
    public static let order = RandomPurpose(rawValue: 2)
    /// Negatives of a training sample: `iteration` = epoch, `element` = sample.
    public static let negatives = RandomPurpose(rawValue: 3)
    /// Dropout masks: `iteration` = step, `element` = sample.
    public static let dropout = RandomPurpose(rawValue: 4)
    /// The synthetic data set: `iteration` and `element` name the user or item that is generated.
    public static let synthesis = RandomPurpose(rawValue: 5)
    /// User and position of a slot of a batch: `iteration` = step, `element` = slot.
    public static let examples = RandomPurpose(rawValue: 16)
    /// First logits of dynamic routing: `iteration` = step, from 1, and `element` = sample; in scoring `iteration` = 0 and
    /// `element` = user.
    public static let routing = RandomPurpose(rawValue: 6)
    /// The interest that a training sample selects: `iteration` = step, `element` = sample.
    public static let selection = RandomPurpose(rawValue: 7)
    /// Items that a step, or a training sample, is compared with: `iteration` = step, `element` = 0 for those that the
    /// whole step shares, otherwise sample.
    public static let sampledNegatives = RandomPurpose(rawValue: 8)
    /// The users that are held out of train when a log is converted: `iteration` 0, `element` 0.
    public static let heldOutUsers = RandomPurpose(rawValue: 9)
    /// Negatives that a converted data set stores: `iteration` = 1 for dev and 2 for test, `element` = row.
    public static let storedNegatives = RandomPurpose(rawValue: 10)
    /// Options of a trial of a search: `iteration` = trial, `element` from the name of the option.
    public static let hyperparameters = RandomPurpose(rawValue: 17)
}

/// Random numbers named by (seed, purpose, iteration, element): a sequence that depends on nothing else.
///
///     var stream = RandomStream(seed: 0, purpose: .negatives, iteration: epoch, element: sample)
///     let item = 1 + stream.next(below: itemCount)
///
/// The seed is the key of ``Philox4x32``; the counter is (block, element, iteration, purpose), so two streams that differ
/// in any name never overlap.
public struct RandomStream: RandomNumberGenerator {
    @usableFromInline let key: (UInt32, UInt32)
    @usableFromInline let element: UInt32
    @usableFromInline let iteration: UInt32
    @usableFromInline let purpose: UInt32
    @usableFromInline var nextBlock: UInt32 = 0
    @usableFromInline var words: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
    @usableFromInline var unread = 0

    /// - Parameters:
    ///   - iteration: epoch or step.
    ///   - element: sample, item, user or shard.
    @inlinable
    public init(seed: UInt64, purpose: RandomPurpose, iteration: UInt32, element: UInt32) {
        key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        self.element = element
        self.iteration = iteration
        self.purpose = purpose.rawValue
    }

    /// The next 32 random bits.
    @inlinable
    public mutating func nextWord() -> UInt32 {
        if unread == 0 {
            words = Philox4x32.block(counter: (nextBlock, element, iteration, purpose), key: key)
            nextBlock &+= 1
            unread = 4
        }
        unread -= 1
        switch unread {
        case 3: return words.0
        case 2: return words.1
        case 1: return words.2
        default: return words.3
        }
    }

    /// Goes to the word that comes after `count` words of the beginning, read or not.
    public mutating func seek(toWord count: Int) {
        nextBlock = UInt32(truncatingIfNeeded: count / 4)
        unread = 0
        for _ in 0..<count % 4 { _ = nextWord() }
    }

    /// The next 64 random bits.
    @inlinable
    public mutating func next() -> UInt64 {
        let low = nextWord()
        return UInt64(nextWord()) << 32 | UInt64(low)
    }

    /// A number in `0..<bound`, each equally likely (multiplication with rejection: Lemire, "Fast random integer
    /// generation in an interval", 2019). `bound` must be positive.
    @inlinable
    public mutating func next(below bound: UInt32) -> UInt32 {
        var product = UInt64(nextWord()) &* UInt64(bound)
        var low = UInt32(truncatingIfNeeded: product)
        if low < bound {
            let threshold = (0 &- bound) % bound
            while low < threshold {
                product = UInt64(nextWord()) &* UInt64(bound)
                low = UInt32(truncatingIfNeeded: product)
            }
        }
        return UInt32(truncatingIfNeeded: product >> 32)
    }

    /// A number in [0, 1) with 24 random bits.
    @inlinable
    public mutating func nextUniform() -> Float {
        Float(nextWord() >> 8) * 0x1p-24
    }
}
