/// Gives ids numbers while a data set is read: those that a vocabulary has for them, or new ones in the order in which
/// they come.
struct IdNumbering {
    /// What the ids are of.
    enum Noun: String {
        case user, item
    }

    /// Who says which ids there are.
    enum Authority {
        /// A trained model.
        case model
        /// The file `item_meta.csv`.
        case catalogue(String)
    }

    let noun: Noun
    /// nil where every id is welcome.
    let authority: Authority?
    /// How many ids may occur; nil where every id is welcome.
    let allowedCount: Int?
    /// What has the numbers; nil where they are given here.
    private let vocabulary: Vocabulary?
    /// The ids that occurred or may occur, and the number of each.
    private var ids: [Int64] = []
    private var numbers: [Int32] = []
    /// A hash table with open addressing: an index of ``ids`` counted from 1, 0 where there is none. A power of two in
    /// size, at most half full.
    private var slots: [Int32] = []
    private var shift: UInt64 = 64

    /// Numbers what comes.
    init(_ noun: Noun) {
        self.noun = noun
        authority = nil
        allowedCount = nil
        vocabulary = nil
        resize(toBits: 10)
    }

    /// - Parameters:
    ///   - vocabulary: has the numbers.
    ///   - allowed: the ids that may occur, some or all of those of `vocabulary`.
    init(_ noun: Noun, by vocabulary: Vocabulary, allowing allowed: Vocabulary? = nil, authority: Authority) {
        self.noun = noun
        self.authority = authority
        self.vocabulary = vocabulary
        let allowed = allowed ?? vocabulary
        allowedCount = allowed.count
        guard !vocabulary.isNumbered || !allowed.isNumbered else { return }
        // Text that is a whole number is that id; other text cannot occur among ids that are numbers.
        ids = allowed.wholeNumbers
        numbers = ids.map { vocabulary.number(of: $0) ?? 0 }
        var bits = 10
        while 1 << bits < 2 * ids.count { bits += 1 }
        resize(toBits: bits)
    }

    /// The number of an id, 1 or more; nil where it may not occur.
    @inline(__always)
    mutating func number(of id: Int64) -> Int32? {
        guard !slots.isEmpty else { return id >= 1 && id <= allowedCount ?? 0 ? Int32(id) : nil }
        var slot = home(of: id)
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if ids[index] == id { return numbers[index] }
            slot = (slot &+ 1) & (slots.count - 1)
        }
        return add(id, slot: slot)
    }

    @inline(never)
    private mutating func add(_ id: Int64, slot: Int) -> Int32? {
        guard vocabulary == nil, id >= 1, ids.count < Int(Int32.max) - 2 else { return nil }
        ids.append(id)
        let number = Int32(ids.count)
        numbers.append(number)
        slots[slot] = number
        if 2 * ids.count > slots.count { resize(toBits: 65 - Int(shift)) }
        return number
    }

    /// Multiplicative hashing: neighbours and multiples of a power of two are spread alike.
    @inline(__always)
    private func home(of id: Int64) -> Int { Int((UInt64(bitPattern: id) &* 0x9E37_79B9_7F4A_7C15) >> shift) }

    private mutating func resize(toBits bits: Int) {
        shift = UInt64(64 - bits)
        slots = [Int32](repeating: 0, count: 1 << bits)
        for (index, id) in ids.enumerated() {
            var slot = home(of: id)
            while slots[slot] != 0 { slot = (slot &+ 1) & (slots.count - 1) }
            slots[slot] = Int32(index + 1)
        }
    }

    /// Why an id of 1 or more has no number, and what to do.
    ///
    /// - Parameter name: of the column.
    func refusal(of id: Int64, _ name: String) -> (problem: String, recoverySuggestion: String) {
        let count = allowedCount ?? ids.count
        switch authority {
        case nil:
            return ("\(name) is \(id), after \(count) other \(noun)s", "filter the data set: numbers have 32 bits")
        case .model:
            return Self.unknown(noun, String(id), modelHas: count)
        case .catalogue(let file):
            return (
                "\(name) is \(id), which is not among the \(count) items of \(file)",
                "add the item to the catalogue, or remove the line"
            )
        }
    }

    /// That a model does not know an id, and what to do.
    static func unknown(
        _ noun: Noun, _ id: String, modelHas count: Int
    ) -> (problem: String, recoverySuggestion: String) {
        (
            "\(noun) \(id) is unknown to the model, which has \(count) \(noun)s",
            "use the data set that the model was trained on, or train a model on this one"
        )
    }

    /// The vocabulary of all that has come, and the number that it has for each that was given, which stands at the
    /// latter; nil where they are the same.
    func finished() -> (vocabulary: Vocabulary, renumbering: [Int32]?) {
        if let vocabulary { return (vocabulary, nil) }
        guard zip(ids, ids.dropFirst()).contains(where: { $0 > $1 }) else { return (Vocabulary(ascending: ids), nil) }
        let order = ids.indices.sorted { ids[$0] < ids[$1] }
        var renumbering = [Int32](repeating: 0, count: ids.count + 1)
        for (index, former) in order.enumerated() { renumbering[former + 1] = Int32(index + 1) }
        return (Vocabulary(ascending: order.map { ids[$0] }), renumbering)
    }
}

/// The ids that a trained model knows: what a data set for it must do with.
public struct KnownIds: Sendable {
    /// nil: any, for a model that knows no users.
    public var users: Vocabulary?
    /// nil: any.
    public var items: Vocabulary?

    /// Without arguments: any ids.
    public init(users: Vocabulary? = nil, items: Vocabulary? = nil) {
        self.users = users
        self.items = items
    }

    var userNumbering: IdNumbering { users.map { IdNumbering(.user, by: $0, authority: .model) } ?? IdNumbering(.user) }
    var itemNumbering: IdNumbering { items.map { IdNumbering(.item, by: $0, authority: .model) } ?? IdNumbering(.item) }
}
